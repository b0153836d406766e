"""The on-call shifts of a person who leaves, and which of them nobody has then."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.documents.facts import PeopleFacts, ScheduleFacts
from governance.models import Schedule
from governance.reads import people
from governance.reads.holdings import without
from governance.rules import oncall as rules
from governance.rules.oncall import Shift
from portal.models import User
from portal.reads import holdings
from portal.reads.holdings import Gap, Holding

AHEAD = timedelta(days=28)


def held(person: User, *, at: datetime, viewer: User | None = None) -> list[Holding]:
    """A row for each schedule that counts on `person`, with the shifts of the next four weeks; five queries."""
    folk, owners = people.facts(at), holdings.Owners(person)
    asked = _asked(person.pk, folk)
    concerned = [item for item in folk.schedules.values() if not asked.isdisjoint(_named(item))]
    teams = dict(Schedule.objects.filter(pk__in=[item.id for item in concerned]).values_list("pk", "team_id"))
    found = []
    for schedule in sorted(concerned, key=lambda item: item.name):
        row = _row(schedule, person, folk, owners.of(teams.get(schedule.id)), at)
        if row is not None:
            found.append(row)
    return found


def _asked(person: UUID, folk: PeopleFacts) -> set[UUID]:
    """The person and everybody whom they cover, now or later."""
    covered = (one.id for one in folk.people.values() if any(item.cover == person for item in one.absences))
    return {person, *covered}


def _named(schedule: ScheduleFacts) -> set[UUID]:
    inside = {person for layer in schedule.layers for person in layer.people}
    return inside | {item.person for item in schedule.overrides if item.person is not None}


def _row(
    schedule: ScheduleFacts, person: User, folk: PeopleFacts, owners: tuple[User, ...], at: datetime
) -> Holding | None:
    until, gone = at + AHEAD, without(folk, person.pk)
    mine = [shift for shift in rules.shifts(schedule, folk, at, until) if shift.person == person.pk]
    if not mine and person.pk not in _named(schedule):
        return None
    count = ngettext("%(count)d shift in four weeks", "%(count)d shifts in four weeks", len(mine))
    url = reverse("admin:governance_schedule_change", args=[schedule.id])
    where, title = count % {"count": len(mine)}, _("On-call shifts")
    if not mine:
        return Holding(title, schedule.name, where, _("Later turns have nobody; the schedule shows them."), url)
    left = [shift for shift in rules.gaps(schedule, gone, at, until) if _meets(shift, mine)]
    if not left:
        return Holding(title, schedule.name, where, _("Others answer then."), url)
    gap = Gap(holdings.SHIFT, schedule.name, _span(left, schedule), owners)
    after = _("Nobody answers %(when)s: %(owners)s is told.") % {"when": gap.where, "owners": gap.names}
    return Holding(title, schedule.name, where, after, url, gap)


def _meets(shift: Shift, others: Iterable[Shift]) -> bool:
    return any(shift.from_at < other.until_at and other.from_at < shift.until_at for other in others)


def _span(left: list[Shift], schedule: ScheduleFacts) -> str:
    """The first gap in the schedule's own time, and how many follow."""
    zone = ZoneInfo(schedule.zone)
    first, more = left[0], len(left) - 1
    span = f"{first.from_at.astimezone(zone):%Y-%m-%d %H:%M} – {first.until_at.astimezone(zone):%Y-%m-%d %H:%M}"
    said = {"span": f"{span} ({schedule.zone})", "count": more}
    if not more:
        return said["span"]  # type: ignore[return-value]
    return ngettext("%(span)s and %(count)d more time", "%(span)s and %(count)d more times", more) % said
