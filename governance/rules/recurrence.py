"""On which days an event of a calendar happens again (the RRULE of RFC 5545, as calendar programs write it).

A day is looked at alone: it either fits the rule or not, so that a rule costs no more than the days that are asked
for. What counts times (COUNT) is counted from the beginning, over 20 years at most.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

LONGEST = 20 * 366  # days over which times are counted
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST"}


class NotReadable(ValueError):
    """The rule uses what is not known here, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`by_day` are weekdays (0 = Monday) with which of the month (0: each, -1: the last)."""

    frequency: str
    interval: int
    count: int
    until: date | None
    by_day: tuple[tuple[int, int], ...]
    by_month_day: tuple[int, ...]
    by_month: tuple[int, ...]
    week_start: int


def parse(parts: Mapping[str, Any], start: date) -> Rule:
    """The rule of an event that begins at `start`. Raises NotReadable."""
    known = {str(name).upper(): value if isinstance(value, list) else [value] for name, value in parts.items()}
    frequency = str(known.get("FREQ", [""])[0]).upper()
    if frequency not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY") or set(known) - KNOWN:
        raise NotReadable(frequency)
    try:
        interval, count = int(known.get("INTERVAL", [1])[0]), int(known.get("COUNT", [0])[0])
        month_days = tuple(int(value) for value in known.get("BYMONTHDAY", []))
        months = tuple(int(value) for value in known.get("BYMONTH", []))
        days = tuple(_weekday(str(value)) for value in known.get("BYDAY", []))
        week_start = DAYS.index(str(known.get("WKST", ["MO"])[0]).upper())
    except (ValueError, TypeError) as error:
        raise NotReadable(frequency) from error
    if interval < 1 or count < 0 or (frequency == "WEEKLY" and month_days):
        raise NotReadable(frequency)
    if any(number for _day, number in days) and (
        frequency in ("DAILY", "WEEKLY") or (frequency == "YEARLY" and not months)
    ):
        raise NotReadable(frequency)
    if not days and not month_days:
        if frequency == "WEEKLY":
            days = ((start.weekday(), 0),)
        elif frequency != "DAILY":
            month_days = (start.day,)
            months = months or ((start.month,) if frequency == "YEARLY" else ())
    return Rule(frequency, interval, count, _until(known, start), days, month_days, months, week_start)


def dates(rule: Rule, start: date, first: int, last: int) -> Iterator[date]:
    """The times of `rule` from `start` on, on the days `first` to `last` (ordinals); each is like `start`."""
    begin = start.toordinal()
    if rule.count and last - begin > LONGEST:
        raise NotReadable("COUNT")
    count = 0
    for ordinal in range(begin if rule.count else max(begin, first), last + 1):
        day = date.fromordinal(ordinal)
        if not fits(rule, start, day):
            continue
        when = _like(start, day)
        if rule.until is not None and _later(when, rule.until):
            return
        count += 1
        if rule.count and count > rule.count:
            return
        if ordinal >= first:
            yield when


def fits(rule: Rule, start: date, day: date) -> bool:
    """`day`, not before that of `start`, is one of the rule."""
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_month_day and not _on_month_day(rule, day):
        return False
    if rule.by_day and not any(_on_weekday(rule, day, weekday, number) for weekday, number in rule.by_day):
        return False
    return _periods(rule, start, day) % rule.interval == 0


def _periods(rule: Rule, start: date, day: date) -> int:
    """How many days, weeks, months or years after that of `start` the one of `day` is."""
    begin = start.toordinal()
    if rule.frequency == "DAILY":
        return day.toordinal() - begin
    if rule.frequency == "WEEKLY":
        back = (start.weekday() - rule.week_start) % 7
        return (day.toordinal() - (begin - back)) // 7
    if rule.frequency == "MONTHLY":
        return (day.year - start.year) * 12 + day.month - start.month
    return day.year - start.year


def _on_month_day(rule: Rule, day: date) -> bool:
    size = monthrange(day.year, day.month)[1]
    return day.day in rule.by_month_day or day.day - size - 1 in rule.by_month_day


def _on_weekday(rule: Rule, day: date, weekday: int, number: int) -> bool:
    if day.weekday() != weekday:
        return False
    if not number:
        return True
    size = monthrange(day.year, day.month)[1]
    return number == (day.day - 1) // 7 + 1 if number > 0 else -number == (size - day.day) // 7 + 1


def _weekday(text: str) -> tuple[int, int]:
    number = text[:-2]
    return DAYS.index(text[-2:].upper()), int(number) if number not in ("", "+") else 0


def _until(known: Mapping[str, list[Any]], start: date) -> date | None:
    found = known.get("UNTIL", [None])[0]
    if found is None:
        return None
    if not isinstance(found, date):
        raise NotReadable("UNTIL")
    return found


def _like(start: date, day: date) -> date:
    return datetime.combine(day, start.time(), tzinfo=start.tzinfo) if isinstance(start, datetime) else day


def _later(when: date, until: date) -> bool:
    if not isinstance(until, datetime):
        return when.toordinal() > until.toordinal()
    if not isinstance(when, datetime):
        return when.toordinal() > until.toordinal()
    if until.tzinfo is not None and when.tzinfo is not None:
        return when.astimezone(UTC) > until.astimezone(UTC)
    return when.replace(tzinfo=None) > until.replace(tzinfo=None)
