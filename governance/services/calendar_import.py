"""Times of a calendar file become absences of whoever reads it in, or overrides of a schedule; again means changed.

What an event has become is remembered by its UID, so that reading a newer file changes, ends and adds, and doubles
nothing. Looking first is the same with `dry`: everything is done and taken back.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents.facts import PeopleFacts
from governance.models import ImportedEvent, Override, Schedule
from governance.reads import people
from governance.rules import calendars
from governance.rules import oncall as rules
from governance.services import handovers, oncall
from portal import access, audit, secrets
from portal.errors import DomainError
from portal.models import Absence, User
from portal.services import absences
from portal.services import people as members

AHEAD = timedelta(days=366)
NEW, CHANGED, SAME, ENDED, REFUSED = "new", "changed", "same", "ended", "refused"


class NothingChosen(DomainError):
    """Nothing of the calendar was chosen, or nothing of it lies ahead."""


class _OnlyLooked(Exception):
    """Takes everything back."""


@dataclass(frozen=True)
class Line:
    """One time of the calendar and what becomes of it: new, changed, same, ended or refused (`why`)."""

    id: str
    title: str
    from_at: datetime
    until_at: datetime
    fate: str
    person: User | None = None
    why: str = ""


@dataclass
class Result:
    """What was done, or would be; `problems` are what could not be read."""

    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def count(self, *fates: str) -> int:
        return sum(line.fate in fates for line in self.lines)


@dataclass
class _Import:
    """One reading; `prefix` says where it goes, `known` are earlier ones by event and time."""

    at: datetime
    done: audit.Action
    prefix: str
    found: calendars.Found
    chosen: Collection[str] | None
    result: Result = field(default_factory=Result)
    known: dict[tuple[str, str], ImportedEvent] = field(default_factory=dict)


def line_id(stretch: calendars.Stretch) -> str:
    """By which a time is chosen on the page."""
    return secrets.digest(f"{stretch.uid}|{stretch.occurrence}")[:16]


def to_absences(
    *,
    found: calendars.Found,
    chosen: Collection[str] | None,
    cover: User | None,
    by: User,
    at: datetime,
    dry: bool = False,
) -> Result:
    """`by` is away at the `chosen` times (ids of lines; None: all), `cover` stands in.

    Times that cannot be are left out with the reason. Raises NothingChosen.
    """
    with _reading(f"absences:{by.pk}", found, chosen, by=by, at=at, dry=dry) as work:
        members.lock(*filter(None, (by, cover)))  # NOTE: in one order, as whoever adds one absence does
        _run(work, partial(_place_absence, work, by, cover), partial(_end_absence, work, by))
        absences.follow(by, at=at)
        work.done.record(verb="absence.calendar_read", target=by, data={"times": len(work.result.lines)})
    return work.result


def to_overrides(
    *,
    schedule: Schedule,
    found: calendars.Found,
    chosen: Collection[str] | None,
    person: User | None,
    by: User,
    at: datetime,
    dry: bool = False,
) -> Result:
    """At the `chosen` times whoever an event names answers for `schedule`, else `person`.

    Everybody whose shifts change is told once. Raises NothingChosen, access.Refused.
    """
    with _reading(f"overrides:{schedule.pk}", found, chosen, by=by, at=at, dry=dry) as work:
        named, person = _held(found, person)
        locked = oncall.locked(schedule)
        access.require(by, "change", locked)
        before = people.facts(at)
        _run(work, partial(_place_override, work, locked, named, person, by), partial(_end_override, work))
        _tell(locked, before, people.facts(at), by, at)
        handovers.replan([locked.pk], at=at)
        work.done.record(verb="oncall.calendar_read", target=locked, data={"times": len(work.result.lines)})
    return work.result


@contextmanager
def _reading(
    prefix: str, found: calendars.Found, chosen: Collection[str] | None, *, by: User, at: datetime, dry: bool
) -> Iterator[_Import]:
    """The block is one action, all of which is taken back at its end when it was `dry`."""
    with suppress(_OnlyLooked), audit.action(actor=by, reason="read from a calendar", at=at) as done:
        yield _Import(at, done, prefix, found, chosen)
        if dry:
            raise _OnlyLooked


def _place_absence(
    work: _Import, by: User, cover: User | None, stretch: calendars.Stretch, row: ImportedEvent | None
) -> tuple[str, User | None]:
    """What becomes of one time, and who stands in. Raises DomainError."""
    times: dict[str, Any] = {"starts_at": stretch.from_at, "ends_at": stretch.until_at, "cover": cover}
    known = Absence.objects.filter(user=by, starts_at=stretch.from_at, ends_at=stretch.until_at)
    absence = row.absence if row else known.first()
    if absence is None:
        fate, absence = NEW, absences.add(user=by, by=by, at=work.at, follows=False, **times)
    else:
        has_begun = absence.starts_at <= work.at and stretch.from_at <= work.at
        ends_alike = (absence.ends_at, absence.cover_id) == (stretch.until_at, cover and cover.pk)
        fate = SAME if ends_alike and (has_begun or absence.starts_at == stretch.from_at) else CHANGED
        if fate == CHANGED:
            absences.change(absence=absence, by=by, at=work.at, follows=False, **times)
    _remember(work, stretch, row, absence=absence)
    return fate, cover


def _end_absence(work: _Import, by: User, row: ImportedEvent) -> None:
    if row.absence is not None:
        absences.cancel(absence=row.absence, by=by, at=work.at, follows=False)


def _place_override(
    work: _Import,
    schedule: Schedule,
    named: Mapping[str, User],
    person: User | None,
    by: User,
    stretch: calendars.Stretch,
    row: ImportedEvent | None,
) -> tuple[str, User | None]:
    """What becomes of one time, and who answers. Raises DomainError."""
    who = next((named[email] for email in stretch.emails if email in named), person)
    if who is None:
        raise oncall.BadOverride(_("It names nobody who is known here. Say who answers then."))
    from_at = oncall.judge(schedule, who, stretch.from_at, stretch.until_at, stretch.title, work.at)
    override = row.override if row else None
    if override is None:
        override = Override(schedule=schedule, by=by)
    elif override.from_at <= work.at:
        from_at = override.from_at
        if override.person_id != who.pk:
            raise oncall.BadOverride(_("It has begun with somebody else. Take that back first."))
    values = {"person": who, "from_at": from_at, "until_at": stretch.until_at, "why": stretch.title}
    is_same = row is not None and all(getattr(override, name) == value for name, value in values.items())
    if not is_same:
        for name, value in values.items():
            setattr(override, name, value)
        override.save()
    _remember(work, stretch, row, override=override)
    return NEW if row is None else SAME if is_same else CHANGED, who


def _end_override(work: _Import, row: ImportedEvent) -> None:
    override = row.override
    if override is not None and override.from_at < work.at:
        override.until_at = work.at
        override.save(update_fields=["until_at"])
    elif override is not None:
        override.delete()


def _run(
    work: _Import,
    place: Callable[[calendars.Stretch, ImportedEvent | None], tuple[str, User | None]],
    end: Callable[[ImportedEvent], None],
) -> None:
    """End what is no longer in the calendar, then place each chosen time, those that are refused once more."""
    wanted = [item for item in work.found.stretches if work.chosen is None or line_id(item) in work.chosen]
    digests = {_digest(work, uid): uid for uid in work.found.uids}
    rows = ImportedEvent.objects.filter(uid__in=list(digests)).select_related("absence__user", "override__person")
    work.known = {(digests[row.uid], row.occurrence): row for row in rows}
    _drop(work, end)
    if not wanted and not work.result.lines:
        raise NothingChosen(_("Nothing of this calendar lies ahead, or nothing was chosen."))
    left = wanted
    for last in (False, True):
        again = []
        for stretch in left:
            try:
                with work.done.savepoint():
                    fate, person = place(stretch, work.known.get((stretch.uid, stretch.occurrence)))
            except DomainError as error:
                again.append(stretch)
                if last:
                    work.result.lines.append(_line(stretch, REFUSED, why=str(error)))
                continue
            work.result.lines.append(_line(stretch, fate, person))
        left = again
    work.result.lines.sort(key=lambda line: (line.from_at, line.id))
    work.result.problems += list(work.found.problems)


def _drop(work: _Import, end: Callable[[ImportedEvent], None]) -> None:
    """End what an event has become whose time is not in the calendar any more; nothing where the calendar was cut."""
    if len(work.found.stretches) >= calendars.MAX_STRETCHES:
        return
    present = {(item.uid, item.occurrence) for item in work.found.stretches}
    for key, row in list(work.known.items()):
        title, from_at, until_at = _placed(row)
        if key in present or until_at <= work.at:
            continue
        end(row)
        del work.known[key]
        stretch = calendars.Stretch(key[0], key[1], title or _("Not in the calendar any more"), from_at, until_at)
        work.result.lines.append(_line(stretch, ENDED))


def _placed(row: ImportedEvent) -> tuple[str, datetime, datetime]:
    if row.override is not None:
        return row.override.why, row.override.from_at, row.override.until_at
    assert row.absence is not None
    return "", row.absence.starts_at, row.absence.ends_at


def _remember(work: _Import, stretch: calendars.Stretch, row: ImportedEvent | None, **placed: Any) -> None:
    if row is None:
        row = ImportedEvent(uid=_digest(work, stretch.uid), occurrence=stretch.occurrence, read_at=work.at, **placed)
        row.save(force_insert=True)


def _digest(work: _Import, uid: str) -> str:
    return secrets.digest(f"{work.prefix}:{uid}")


def _line(stretch: calendars.Stretch, fate: str, person: User | None = None, why: str = "") -> Line:
    return Line(line_id(stretch), stretch.title, stretch.from_at, stretch.until_at, fate, person, why)


def _held(found: calendars.Found, person: User | None) -> tuple[Mapping[str, User], User | None]:
    """Active people by the addresses that the calendar names, and `person`.

    Locked before their schedule, as leaving does: until the end nobody of them can leave.
    """
    emails = {email for item in found.stretches for email in item.emails}
    named = list(User.objects.active().filter(email__in=emails)) if emails else []
    held = {user.pk: user for user in members.lock(*named, *filter(None, [person]))}
    return {user.email.lower(): held[user.pk] for user in named}, person and held[person.pk]


def _tell(schedule: Schedule, before: PeopleFacts, after: PeopleFacts, by: User, at: datetime) -> None:
    """One message to each whose shifts have changed, with when the first change begins and the last one ends."""
    old, new = (_mine(folk, schedule.pk, at) for folk in (before, after))
    for person in sorted(set(old) | set(new), key=str):
        changed = old.get(person, set()) ^ new.get(person, set())
        if changed and person != by.pk:
            first, last = min(start for start, _end in changed), max(end for _start, end in changed)
            part = Override(schedule=schedule, from_at=first, until_at=last, why=_("read from a calendar"), by=by)
            oncall.tell("plan", part, {person}, at, f"{schedule.pk}:{at.isoformat()}")


def _mine(folk: PeopleFacts, schedule: UUID, at: datetime) -> dict[UUID, set[tuple[datetime, datetime]]]:
    found: dict[UUID, set[tuple[datetime, datetime]]] = {}
    shifts: Iterable[rules.Shift] = ()
    if schedule in folk.schedules:
        shifts = rules.shifts(folk.schedules[schedule], folk, at, at + AHEAD)
    for shift in shifts:
        if shift.person is not None:
            found.setdefault(shift.person, set()).add((shift.from_at, shift.until_at))
    return found
