"""The next date of somebody whom nothing needs now: their own shift, else the next change on call."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.reads import oncall, people
from portal import context_processors, moments
from portal.models import User
from portal.reads.home import Ahead

REACH = timedelta(days=8)  # a week's turn ends within it


def ahead(user: User, *, at: datetime) -> Ahead | None:
    """Until when `user` is on call, else from when, else who is next anywhere; None for whoever only reports.

    As many queries as `people.facts`, none for whoever only reports.
    """
    if context_processors.only_reports(user):
        return None
    folk = people.facts(at)
    lines = [oncall.stretches(schedule, folk, at, at + REACH) for schedule in folk.schedules.values()]
    mine = min(oncall.own(lines, user.pk), key=lambda item: item.from_at, default=None)
    coming = (item for line in lines for item in line if item.person is not None and item.from_at > at)
    found = mine or min(coming, key=lambda item: item.from_at, default=None)
    if found is None:
        return None
    is_on = mine is not None and mine.from_at <= at
    time = found.until_at if is_on else found.from_at
    if is_on and time >= at + REACH:
        return None  # nobody else within reach, so this is no date
    words = {"schedule": found.title, "name": found.name, "time": moments.in_words(time)}
    if is_on:
        sentence = _("You are on call for %(schedule)s until %(time)s.") % words
    elif mine is not None:
        sentence = _("You are on call for %(schedule)s from %(time)s.") % words
    else:
        sentence = _("Next change on call: %(name)s answers for %(schedule)s from %(time)s.") % words
    return Ahead(url=reverse("governance:oncall"), button=_("See who is on call"), sentence=sentence, at=time)
