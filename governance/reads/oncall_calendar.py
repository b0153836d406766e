"""One person's shifts as a calendar that others read (iCalendar, RFC 5545)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from governance.models import CalendarLink
from governance.reads import oncall, people
from portal.models import User

BACK, AHEAD = timedelta(days=14), timedelta(days=92)


def reader(digest: str) -> User | None:
    """Whose calendar has the secret with this SHA-256; nobody inactive."""
    found = CalendarLink.objects.select_related("person").filter(digest=digest, person__is_active=True).first()
    return found.person if found else None


def calendar(person: User, *, at: datetime) -> bytes:
    """The shifts of `person` from two weeks ago to three months ahead. Times are UTC, so no zone can be missed."""
    import icalendar

    folk = people.facts(at - BACK)
    lines = [oncall.stretches(item, folk, at - BACK, at + AHEAD) for item in folk.schedules.values()]
    book = icalendar.Calendar()
    book.add("prodid", f"-//{settings.SITE_NAME}//on call//EN")
    book.add("version", "2.0")
    with translation.override(person.locale or settings.LANGUAGE_CODE):
        book.add("x-wr-calname", _("On call"))
        book.add("refresh-interval", timedelta(hours=1), parameters={"value": "DURATION"})
        for item in sorted(oncall.own(lines, person.pk), key=lambda shift: shift.from_at):
            event = icalendar.Event()
            event.add("uid", f"{item.schedule}-{item.from_at:%Y%m%dT%H%M%S}")
            event.add("dtstamp", at)
            event.add("dtstart", item.from_at)
            event.add("dtend", item.until_at)
            event.add("summary", _("On call: %(schedule)s") % {"schedule": item.title})
            event.add("url", settings.SITE_URL + reverse("governance:oncall"))
            book.add_component(event)
    made: bytes = book.to_ical()
    return made
