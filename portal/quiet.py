"""Quiet hours: routine news wait until a person's day begins; urgent ones never do (P6).

Both ends are local wall clock in the person's zone and may span midnight. A time that a clock change leaves out
is the first instant after it, one that comes twice is the first (DESIGN section 7).
"""

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

MINUTE = timedelta(minutes=1)


class Sleeper(Protocol):
    """Who may have quiet hours: both ends or none."""

    time_zone: str
    quiet_from: time | None
    quiet_until: time | None


def zone(person: Sleeper) -> ZoneInfo:
    """The person's time zone, else the portal's."""
    try:
        return ZoneInfo(person.time_zone or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def until(person: Sleeper, at: datetime) -> datetime | None:
    """When the quiet hours end in which `at` lies (UTC), or None when news may go out now."""
    begin, end = person.quiet_from, person.quiet_until
    if begin is None or end is None:
        return None
    place = zone(person)
    today = at.astimezone(place).date()
    for day in (today - timedelta(days=1), today):
        over = day if begin < end else day + timedelta(days=1)
        found = first_instant(datetime.combine(over, end), place)
        if first_instant(datetime.combine(day, begin), place) <= at < found:
            return found
    return None


def first_instant(wall: datetime, zone: tzinfo) -> datetime:
    """When clocks of `zone` first show `wall` (without a zone) or a later time, in UTC; clocks change at full minutes.

    Raises OverflowError at the ends of the calendar.
    """
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    at, offset = at.replace(second=0, microsecond=0), at.astimezone(zone).utcoffset()
    while (at - MINUTE).astimezone(zone).utcoffset() == offset:
        at -= MINUTE
    return at
