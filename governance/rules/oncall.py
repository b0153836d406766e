"""Who is on call by a schedule: layers that rotate by the local calendar, overrides, absences with cover (P1).

Hand-overs and windows follow the wall clock of the schedule's zone (see ``local_time.instant``), never a count of
seconds. An override beats every layer, a later layer an earlier one. Whoever is named and away is replaced by
their cover; without one it is a gap, also where an earlier layer would name somebody: that person did not expect it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from governance.documents.facts import LayerFacts, PeopleFacts, PersonFacts, RosterFacts, ScheduleFacts, Window
from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _
from governance.rules import local_time, stand_ins

Via = Literal["layer", "override", "cover", "nobody"]

ON_CALL = _("on call in %(schedule)s")
BY_OVERRIDE = _("on call in %(schedule)s by an override")
NOT_PLANNED = _("Nobody is planned for %(schedule)s.")
ON_PURPOSE = _("%(schedule)s has nobody on call, by an override.")
REACHES = tuple(timedelta(days=days) for days in (8, 45, 366))
"""How far the ends of a duty are looked for, a wider look only where a narrow one does not show them."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is on call at one instant, or why nobody is. `asked` is whom the schedule names, another one for a cover."""

    person: PersonFacts | None
    layer: str
    via: Via
    sentence: Sentence
    asked: UUID | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """`person` is on call in [from_at, until_at). `layer` is "" for an override."""

    person: UUID
    from_at: datetime
    until_at: datetime
    layer: str
    via: Via
    sentence: Sentence
    asked: UUID


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of a schedule in which nothing changes; `person` None is a gap, which `sentence` explains."""

    from_at: datetime
    until_at: datetime
    person: UUID | None
    layer: str
    via: Via
    sentence: Sentence
    asked: UUID | None = None


def standing(schedule: ScheduleFacts, people: PeopleFacts, at: datetime) -> Standing:
    """Who is on call at `at`, without asking since when."""
    said = {"schedule": schedule.name}
    for override in reversed(schedule.overrides):
        if override.from_at <= at < override.until_at:
            if override.person is None:
                return Standing(None, "", "nobody", ON_PURPOSE % said)
            return _stands(override.person, "", "override", BY_OVERRIDE % said, people, at)
    for layer in reversed(schedule.layers):
        if layer.people and _holds(layer, schedule.zone, at):
            asked = layer.people[_turn(layer, schedule.zone, at) % len(layer.people)]
            return _stands(asked, layer.key, "layer", ON_CALL % said, people, at)
    return Standing(None, "", "nobody", NOT_PLANNED % said)


def _stands(asked: UUID, layer: str, via: Via, how: Sentence, people: PeopleFacts, at: datetime) -> Standing:
    answer = stand_ins.find(asked, how, people, at)
    if answer.person is None:
        via = "nobody"
    elif answer.covers:
        via = "cover"
    return Standing(answer.person, layer, via, answer.sentence, asked)


def on_duty(schedule: ScheduleFacts, people: PeopleFacts, at: datetime) -> Duty | None:
    """Who is on call at `at`, since when and until when (both at most 366 days away); None = nobody."""
    if standing(schedule, people, at).person is None:
        return None
    for reach in REACHES:
        first, last = at - reach, at + reach
        shift = next(item for item in shifts(schedule, people, first, last) if item.from_at <= at < item.until_at)
        if first < shift.from_at and shift.until_at < last:
            break
    return _duty(shift)


def following(schedule: ScheduleFacts, people: PeopleFacts, at: datetime) -> Duty | None:
    """The next duty after the one at `at`, or after the gap at `at`; None when there is none within 366 days."""
    for reach in REACHES:
        last = at + reach
        later = shifts(schedule, people, at, last)[1:]
        duty = next((_duty(shift) for shift in later if shift.person is not None), None)
        if duty is not None and duty.until_at < last:
            break
    return duty


def _duty(shift: Shift) -> Duty | None:
    if shift.person is None or shift.asked is None:
        return None
    return Duty(shift.person, shift.from_at, shift.until_at, shift.layer, shift.via, shift.sentence, shift.asked)


def shifts(schedule: ScheduleFacts, people: PeopleFacts, from_at: datetime, until_at: datetime) -> list[Shift]:
    """Seamless cover of [from_at, until_at), in order; neighbours differ in person, layer, via or reason."""
    points = {at for at in _changes(schedule, people, from_at, until_at) if from_at < at < until_at}
    found: list[Shift] = []
    if from_at >= until_at:
        return found
    starts = [from_at, *sorted(points)]
    for start, end in zip(starts, [*starts[1:], until_at], strict=True):
        now = standing(schedule, people, start)
        person = now.person.id if now.person is not None else None
        shift = Shift(start, end, person, now.layer, now.via, now.sentence, now.asked)
        if found and _same(found[-1], shift):
            start = found.pop().from_at
            shift = Shift(start, end, person, now.layer, now.via, now.sentence, now.asked)
        found.append(shift)
    return found


def _same(one: Shift, other: Shift) -> bool:
    """Nothing changes from `one` to `other`."""
    return (one.person, one.layer, one.via, one.asked, one.sentence) == (
        other.person,
        other.layer,
        other.via,
        other.asked,
        other.sentence,
    )


def gaps(schedule: ScheduleFacts, people: PeopleFacts, from_at: datetime, until_at: datetime) -> list[Shift]:
    """The shifts of [from_at, until_at) that nobody has."""
    return [shift for shift in shifts(schedule, people, from_at, until_at) if shift.person is None]


def roster(schedule: ScheduleFacts, people: PeopleFacts, at: datetime) -> RosterFacts:
    """Who is on call within the seven days from `at`, for the checks of documents."""
    named = (shift.person for shift in shifts(schedule, people, at, at + WEEK))
    return RosterFacts(
        schedule.id, schedule.name, tuple(dict.fromkeys(person for person in named if person)), schedule.key
    )


# Layers


def _step(layer: LayerFacts) -> int:
    """The days of one turn."""
    return max(1, layer.every) * (7 if layer.rotation == "weekly" else 1)


def _first(layer: LayerFacts) -> int:
    """The day of the first turn's hand-over."""
    start = layer.starts_on.toordinal()
    return start - (layer.starts_on.weekday() - layer.weekday) % 7 if layer.rotation == "weekly" else start


def _turn(layer: LayerFacts, zone: str, at: datetime) -> int:
    """The number of the turn at `at`, counted from 0."""
    first, step = _first(layer), _step(layer)
    turn = (local_time.day(zone, at) - first) // step
    if local_time.instant(zone, first + turn * step, layer.handover) > at:
        return turn - 1
    # a fold over midnight shows yesterday again, after today's hand-over
    return turn + 1 if local_time.instant(zone, first + (turn + 1) * step, layer.handover) <= at else turn


def _holds(layer: LayerFacts, zone: str, at: datetime) -> bool:
    """The layer is in force at `at` and, if it has windows, one is open."""
    today = local_time.day(zone, at)
    if not _reached(layer, zone, layer.starts_on.toordinal(), at, today):
        return False
    if layer.ends_on is not None and _reached(layer, zone, layer.ends_on.toordinal() + 1, at, today):
        return False
    if not layer.windows:
        return True
    return any(start <= at < end for start, end in _openings(layer, zone, range(today - 1, today + 2)))


def _reached(layer: LayerFacts, zone: str, ordinal: int, at: datetime, today: int) -> bool:
    """The hand-over time of a day has come; days that are far from `today` need no clock."""
    if abs(ordinal - today) > 1:
        return ordinal < today
    return local_time.instant(zone, ordinal, layer.handover) <= at


def _openings(layer: LayerFacts, zone: str, days: Iterable[int]) -> Iterator[tuple[datetime, datetime]]:
    """When the windows of `layer` that begin on `days` are open."""
    for ordinal in days:
        for window in layer.windows:
            if (ordinal - 1) % 7 in window.weekdays:
                yield _opening(window, zone, ordinal)


def _opening(window: Window, zone: str, ordinal: int) -> tuple[datetime, datetime]:
    last = ordinal if window.from_time < window.to_time else ordinal + 1
    return local_time.instant(zone, ordinal, window.from_time), local_time.instant(zone, last, window.to_time)


# Where something may change


def _changes(schedule: ScheduleFacts, people: PeopleFacts, from_at: datetime, until_at: datetime) -> Iterator[datetime]:
    """Every instant of [from_at, until_at) at which something may change, and some outside of it."""
    for layer in schedule.layers:
        yield from _layer_changes(layer, schedule.zone, from_at, until_at)
    for override in schedule.overrides:
        yield from (override.from_at, override.until_at)
    for person in everybody(schedule, people):
        for absence in person.absences:
            yield from (absence.from_at, absence.until_at)


def _layer_changes(layer: LayerFacts, zone: str, from_at: datetime, until_at: datetime) -> Iterator[datetime]:
    days = range(local_time.day(zone, from_at) - 1, local_time.day(zone, until_at) + 2)
    ends_on = layer.ends_on.toordinal() + 1 if layer.ends_on is not None else 0
    for edge in (layer.starts_on.toordinal(), ends_on):
        if edge in days:
            yield local_time.instant(zone, edge, layer.handover)
    if len(set(layer.people)) > 1:
        step = _step(layer)
        for ordinal in range(days.start + (_first(layer) - days.start) % step, days.stop, step):
            yield local_time.instant(zone, ordinal, layer.handover)
    for opening in _openings(layer, zone, days):
        yield from opening


def everybody(schedule: ScheduleFacts, people: PeopleFacts) -> Iterator[PersonFacts]:
    """All whom the schedule may name, and all who may cover for them."""
    waiting = [person for layer in schedule.layers for person in layer.people]
    waiting += [override.person for override in schedule.overrides if override.person is not None]
    seen: set[UUID] = set()
    while waiting:
        id = waiting.pop()
        if id not in seen and id in people.people:
            seen.add(id)
            yield people.people[id]
            waiting += [absence.cover for absence in people.people[id].absences if absence.cover is not None]
