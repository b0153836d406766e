"""Reads calendars that others wrote (iCalendar, RFC 5545): what is in a file, as plain stretches of time.

Nothing is fetched. Bounds: `MAX_BYTES`, `MAX_EVENTS` in a file, `MAX_STRETCHES` in all; a series is read day by day
inside the interval that is asked for, so that no rule, however written, can keep anybody waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from governance.documents.sentences import Sentence
from governance.documents.sentences import Sentence as _
from governance.rules import local_time, recurrence

MAX_BYTES = 512 * 1024
MAX_EVENTS = 1000
MAX_STRETCHES = 300
UID_LENGTH = 500

TOO_LARGE = _("This file is larger than %(kilobytes)s KB. Export a shorter time.")
NO_CALENDAR = _("This is not a calendar file. It begins with BEGIN:VCALENDAR and ends with END:VCALENDAR.")
TOO_MANY = _("There are more than %(count)s entries in this file. Export a shorter time.")
NOTHING = _("This calendar has no entries.")
CUT = _("Only the first %(count)s times are read. Export a shorter time.")
NO_START = _("“%(title)s” does not say when it begins.")
NO_LENGTH = _("“%(title)s” has no length.")
NO_ZONE = _("“%(title)s” uses the time zone “%(zone)s”, which nobody here knows.")
NO_RULE = _("“%(title)s” repeats in a way that cannot be read here (%(rule)s). Only its first time is taken.")
BROKEN = _("“%(title)s” is damaged and was left out.")
UNNAMED = _("Without a title")


class NotACalendar(ValueError):
    """`args[0]` is the sentence that says why."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One time of an event. `occurrence` tells those of a series apart and is "" for a single one; `emails` are the
    people it names; `whole_days`: it says days and no times.
    """

    uid: str
    occurrence: str
    title: str
    from_at: datetime
    until_at: datetime
    emails: tuple[str, ...] = ()
    whole_days: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a calendar says of an interval, in order of time. `uids` are all events of it, those that are cancelled
    or lie outside too; `problems` say what could not be read.
    """

    stretches: tuple[Stretch, ...]
    uids: frozenset[str]
    problems: tuple[Sentence, ...] = ()


@dataclass(slots=True)
class _Reader:
    zone: str
    from_at: datetime
    until_at: datetime
    found: list[Stretch] = field(default_factory=list)
    problems: list[Sentence] = field(default_factory=list)


def read(text: bytes, *, zone: str, from_at: datetime, until_at: datetime) -> Found:
    """What happens in [from_at, until_at). Days and times without a zone are those of `zone`.

    Raises NotACalendar.
    """
    events = _events(text)
    reader, series = _Reader(zone, from_at, until_at), _series(events)
    for (uid, _moved), event in events.items():
        if str(event.get("status", "")).upper() == "CANCELLED":
            continue
        title = str(event.get("summary") or "").strip()[:200] or UNNAMED
        try:
            _event(reader, uid, event, title, series.get(uid, frozenset()))
        except (ValueError, TypeError, AttributeError, OverflowError):  # whatever others have written
            reader.problems.append(BROKEN % {"title": title})
    reader.found.sort(key=lambda item: (item.from_at, item.uid))
    if len(reader.found) > MAX_STRETCHES:
        reader.problems.append(CUT % {"count": MAX_STRETCHES})
    uids = frozenset(uid for uid, _moved in events)
    return Found(tuple(reader.found[:MAX_STRETCHES]), uids, tuple(dict.fromkeys(reader.problems)))


def _events(text: bytes) -> dict[tuple[str, str], Any]:
    """The events by UID and the time of a series that they replace ("" for the series itself); the newest wins."""
    import icalendar

    if len(text) > MAX_BYTES:
        raise NotACalendar(TOO_LARGE % {"kilobytes": MAX_BYTES // 1024})
    try:
        books = icalendar.Calendar.from_ical(text.decode("utf-8-sig", "replace").strip(), multiple=True)
        found = [event for book in books for event in book.walk("VEVENT")]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise NotACalendar(NO_CALENDAR) from error
    if not any(book.name == "VCALENDAR" for book in books):
        raise NotACalendar(NO_CALENDAR)
    if len(found) > MAX_EVENTS:
        raise NotACalendar(TOO_MANY % {"count": MAX_EVENTS})
    if not found:
        raise NotACalendar(NOTHING)
    kept: dict[tuple[str, str], Any] = {}
    for event in sorted(found, key=_sequence):
        kept[_uid(event), _moved_from(event)] = event
    return kept


def _dt(event: Any, name: str) -> Any:
    """The value of a date, a time or a length; None where it is missing or damaged."""
    try:
        return getattr(event.get(name), "dt", None)
    except ValueError:
        return None


def _sequence(event: Any) -> int:
    try:
        return int(event.get("sequence", 0))
    except (ValueError, TypeError):
        return 0


def _uid(event: Any) -> str:
    """Its UID; one without is known by its title and its beginning."""
    start = event.get("dtstart")
    return str(event.get("uid") or f"{event.get('summary', '')}{start and start.to_ical()!r}")[:UID_LENGTH]


def _moved_from(event: Any) -> str:
    when = _dt(event, "recurrence-id")
    return _name(when) if isinstance(when, date) else ""


def _name(when: date) -> str:
    """A time of a series by its planned beginning: UTC where it has a zone."""
    if isinstance(when, datetime):
        return (when.astimezone(UTC) if when.tzinfo else when).strftime("%Y%m%dT%H%M%S")
    return when.strftime("%Y%m%d")


def _series(events: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """UID -> which of its times are said apart."""
    found: dict[str, set[str]] = {}
    for uid, moved in events:
        if moved:
            found.setdefault(uid, set()).add(moved)
    return {uid: frozenset(names) for uid, names in found.items()}


def _event(reader: _Reader, uid: str, event: Any, title: str, moved: frozenset[str]) -> None:
    start = _dt(event, "dtstart")
    if not isinstance(start, date):
        reader.problems.append(NO_START % {"title": title})
        return
    unknown = _unknown_zone(event)
    if unknown:
        reader.problems.append(NO_ZONE % {"title": title, "zone": unknown})
        return
    days, length = _length(event, start)
    if days * 86_400 + length.total_seconds() <= 0:
        reader.problems.append(NO_LENGTH % {"title": title})
        return
    said, emails = _moved_from(event), _emails(event)
    for begin in _beginnings(reader, event, start, title) if not said else [start]:
        name = said or (_name(begin) if event.get("rrule") or event.get("rdate") else "")
        if not said and name and name in moved:
            continue
        from_at, until_at = _instant(begin, reader.zone), _end(begin, days, length, reader.zone)
        if from_at < reader.until_at and until_at > reader.from_at and from_at < until_at:
            whole = not isinstance(start, datetime)
            reader.found.append(Stretch(uid, name, title, from_at, until_at, emails, whole))


def _length(event: Any, start: date) -> tuple[int, timedelta]:
    """Days by the calendar, and time; without an end a day is a day and a time is nothing."""
    end, lasts = _dt(event, "dtend"), _dt(event, "duration")
    if isinstance(end, datetime) and isinstance(start, datetime):
        if (end.tzinfo is None) != (start.tzinfo is None):
            end = end.replace(tzinfo=start.tzinfo)
        return 0, end - start if end.tzinfo is None else end.astimezone(UTC) - start.astimezone(UTC)
    if isinstance(end, date) and not isinstance(end, datetime) and not isinstance(start, datetime):
        return (end - start).days, timedelta()
    if isinstance(lasts, timedelta):
        return (0, lasts) if isinstance(start, datetime) else (lasts.days, timedelta())
    return (0, timedelta()) if isinstance(start, datetime) else (1, timedelta())


def _instant(when: date, zone: str) -> datetime:
    """The first instant of a day, a time with its own zone, or one of the wall clock of `zone`; in UTC."""
    if not isinstance(when, datetime):
        return local_time.instant(zone, when.toordinal(), time(0))
    if when.tzinfo is None:
        return local_time.instant(zone, when.toordinal(), when.time())
    return when.astimezone(UTC)


def _end(begin: date, days: int, length: timedelta, zone: str) -> datetime:
    if not isinstance(begin, datetime):
        return _instant(begin + timedelta(days=days), zone)
    return _instant(begin, zone) + length


def _beginnings(reader: _Reader, event: Any, start: date, title: str) -> Iterator[date]:
    """When it begins: once, or as its rule, its further dates and its exceptions say, near the interval."""
    rule = event.get("rrule")
    if rule is None and event.get("rdate") is None:
        yield start
        return
    without = {_name(when) for when in _dates(event.get("exdate"))}
    found: dict[str, date] = {}
    if rule is not None:
        first = local_time.day(reader.zone, reader.from_at) - 40  # a time of a series may last a month
        last = local_time.day(reader.zone, reader.until_at) + 1
        try:
            whole = recurrence.parse(rule if isinstance(rule, dict) else {}, start)
            found = {_name(when): when for when in recurrence.dates(whole, start, first, last)}
        except recurrence.NotReadable:
            text = rule.to_ical().decode() if hasattr(rule, "to_ical") else str(rule)
            reader.problems.append(NO_RULE % {"title": title, "rule": text[:80]})
            found = {_name(start): start}
    else:
        found = {_name(start): start}
    for when in _dates(event.get("rdate")):
        if isinstance(when, datetime) == isinstance(start, datetime):
            found[_name(when)] = when
    yield from (when for name, when in found.items() if name not in without)


def _dates(lists: Any) -> Iterator[date]:
    for item in lists if isinstance(lists, list) else [lists]:
        for one in getattr(item, "dts", ()):
            if isinstance(one.dt, date):
                yield one.dt


def _unknown_zone(event: Any) -> str:
    """The name of a zone that is not known; such times were read without any."""
    for name in ("dtstart", "dtend"):
        value = event.get(name)
        zone = str(getattr(value, "params", {}).get("TZID", "")) if value is not None else ""
        when = getattr(value, "dt", None)
        if zone and isinstance(when, datetime) and not isinstance(when.tzinfo, tzinfo):
            return zone[:64]
    return ""


def _emails(event: Any) -> tuple[str, ...]:
    """Whom it names: those invited, then who invites, then addresses in the title."""
    named = event.get("attendee", [])
    people = [*(named if isinstance(named, list) else [named]), event.get("organizer", "")]
    found = [str(person).lower().removeprefix("mailto:").strip() for person in people]
    words = str(event.get("summary", "")).lower().replace("<", " ").replace(">", " ").split()
    found += [word.strip("(),;:[]") for word in words if "@" in word]
    return tuple(dict.fromkeys(address for address in found if "@" in address))
