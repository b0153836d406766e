"""Instants of a zone's wall clock. A day is its proleptic ordinal (``date.toordinal``)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@cache
def named(zone: str) -> ZoneInfo:
    """The zone with the IANA name `zone`; UTC for a name that nobody knows."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def day(zone: str, at: datetime) -> int:
    """The day that the calendar of `zone` shows at `at`."""
    return at.astimezone(named(zone)).toordinal()


@lru_cache(maxsize=65_536)
def instant(zone: str, ordinal: int, clock: time) -> datetime:
    """When the wall clock of `zone` first shows `clock` of that day or a later time, in UTC.

    So a time inside a gap is the first valid instant after it, and one inside a fold happens once, the first time.
    """
    wall = datetime.combine(date.fromordinal(ordinal), clock.replace(microsecond=0, tzinfo=None, fold=0))
    found = wall.replace(tzinfo=named(zone))
    before, after = found.utcoffset() or timedelta(), found.replace(fold=1).utcoffset() or timedelta()
    at = (wall - before).replace(tzinfo=UTC)
    return at if before >= after else _end_of_gap(zone, (wall - after).replace(tzinfo=UTC), at)


def _end_of_gap(zone: str, low: datetime, high: datetime) -> datetime:
    """The second in (low, high] at which the offset of `zone` changes."""
    tz, second = named(zone), timedelta(seconds=1)
    before = low.astimezone(tz).utcoffset()
    while high - low > second:
        middle = low + (high - low) // second // 2 * second
        if middle.astimezone(tz).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
