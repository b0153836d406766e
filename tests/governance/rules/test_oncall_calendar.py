"""Who is on call: against a naive calendar and a walked one, minute by minute."""

from __future__ import annotations

import random
from bisect import bisect_right
from datetime import datetime, time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.facts import AbsenceFacts, LayerFacts, OverrideFacts, PeopleFacts, ScheduleFacts, Window
from governance.rules import oncall
from tests.governance.rules.schedules import (
    ANNA,
    BORIS,
    CHIARA,
    DAY,
    DEEP,
    DMITRI,
    ELENA,
    EVERY_DAY,
    MINUTE,
    PEOPLE,
    SPAN,
    ZONES,
    Wall,
    folk,
    interval,
    layer,
    schedule,
    wall,
    worlds,
)

# The naive calendar: what a wall clock shows that is never put back, minute by minute


def naive_layer(layer: LayerFacts, shown: datetime) -> UUID | None:
    """Whom a layer names when the wall says `shown`."""
    start = datetime.combine(layer.starts_on, layer.handover)
    if shown < start:
        return None
    if layer.ends_on is not None and shown >= datetime.combine(layer.ends_on + DAY, layer.handover):
        return None
    if layer.windows and not any(naive_window(window, shown) for window in layer.windows):
        return None
    days = layer.every
    if layer.rotation == "weekly":
        days *= 7
        while start.weekday() != layer.weekday:
            start -= DAY
    return layer.people[(shown - start) // (days * DAY) % len(layer.people)] if layer.people else None


def naive_window(window: Window, shown: datetime) -> bool:
    clock = shown.time()
    if window.from_time < window.to_time:
        return shown.weekday() in window.weekdays and window.from_time <= clock < window.to_time
    evening = shown.weekday() in window.weekdays and clock >= window.from_time
    return evening or ((shown - DAY).weekday() in window.weekdays and clock < window.to_time)


def naive_stand_in(person: UUID | None, people: PeopleFacts, at: datetime, asked: tuple[UUID, ...] = ()):
    if person is None or person in asked or not people.people[person].active:
        return None
    for absence in people.people[person].absences:
        if absence.from_at <= at < absence.until_at:
            return naive_stand_in(absence.cover, people, at, (*asked, person))
    return person


def naive(schedule: ScheduleFacts, people: PeopleFacts, at: datetime, shown: datetime) -> UUID | None:
    """Who is on call at `at`, when the wall clock has shown `shown`."""
    overrides = [override for override in schedule.overrides if override.from_at <= at < override.until_at]
    if overrides:
        return naive_stand_in(overrides[-1].person, people, at)
    named = [person for person in (naive_layer(layer, shown) for layer in schedule.layers) if person is not None]
    return naive_stand_in(named[-1], people, at) if named else None


def looked_at(clock: Wall, shifts: list[oncall.Shift], seed: int, count: int) -> set[int]:
    """Minutes around every change that the rules see, and as many again by chance."""
    first, last = 3 * 24 * 60, (SPAN + 2) * 24 * 60
    near = {round((shift.from_at - clock.start) / MINUTE) + step for shift in shifts for step in (-1, 0, 1)}
    return {minute for minute in near if first <= minute < last} | set(
        random.Random(seed).sample(range(first, last), count)
    )


def same_as_naive(clock: Wall, planned: ScheduleFacts, people: PeopleFacts, minutes, shifts: list[oncall.Shift]):
    """The shifts say of each of `minutes` what the naive calendar says."""
    starts = [shift.from_at for shift in shifts]
    for minute in minutes:
        at = clock.at(minute)
        expected = naive(planned, people, at, clock.shown[minute])
        shift = shifts[bisect_right(starts, at) - 1]
        assert shift.person == expected, (at, clock.shown[minute])
        if minute % 7 == 0:
            assert oncall.standing(planned, people, at).sentence == shift.sentence


@DEEP
@given(worlds(), st.integers(0, 1000))
def test_random_schedules_agree_with_a_naive_calendar(world, seed):
    clock, planned, people = world
    shifts = oncall.shifts(planned, people, *interval(clock))
    same_as_naive(clock, planned, people, looked_at(clock, shifts, seed, 100), shifts)


# Every minute, by a calendar that is walked and never asked where something may change

FIRST, LAST = 3 * 24 * 60, (SPAN + 3) * 24 * 60
NIGHTS = Window(EVERY_DAY, time(22, 15), time(2, 15))
OFFICE = Window(frozenset(range(5)), time(2, 30), time(17))
KINDS = {
    "daily": {"rotation": "daily", "handover": time(2, 30)},
    "weekly": {"rotation": "weekly", "handover": time(0), "weekday": 6},
    "custom": {"rotation": "custom", "every": 5, "handover": time(1, 45)},
}


def walked_layer(layer: LayerFacts, shown: list[datetime], open_at: list[bool]) -> list[UUID | None]:
    """Whom the layer names at each minute: the turn goes on when the wall shows the next hand-over or a later time."""
    step = layer.every * (7 if layer.rotation == "weekly" else 1) * DAY
    begin = datetime.combine(layer.starts_on, layer.handover)
    end = datetime.combine(layer.ends_on + DAY, layer.handover) if layer.ends_on else datetime.max
    handover = begin
    while layer.rotation == "weekly" and handover.weekday() != layer.weekday:
        handover -= DAY
    turn, handover, found = 0, handover + step, []
    for at, is_open in zip(shown, open_at, strict=True):
        while at >= handover:
            turn, handover = turn + 1, handover + step
        found.append(layer.people[turn % len(layer.people)] if is_open and begin <= at < end else None)
    return found


def opened(layer: LayerFacts, shown: list[datetime]) -> list[bool]:
    if not layer.windows:
        return [True] * len(shown)
    monday = datetime(2026, 1, 5)
    week = [any(naive_window(one, monday + n * MINUTE) for one in layer.windows) for n in range(7 * 24 * 60)]
    return [week[at.weekday() * 1440 + at.hour * 60 + at.minute] for at in shown]


def walked(clock: Wall, planned: ScheduleFacts, people: PeopleFacts) -> list[UUID | None]:
    """Who is on call at each minute of the 60 days."""
    shown = clock.shown[FIRST:LAST]
    found: list[UUID | None] = [None] * len(shown)
    for one in planned.layers:
        named = walked_layer(one, shown, opened(one, shown))
        found = [new or old for new, old in zip(named, found, strict=True)]
    for override in planned.overrides:
        begin, end = (round((at - clock.first) / MINUTE) for at in (override.from_at, override.until_at))
        found[begin:end] = [override.person] * len(found[begin:end])
    away = {person.id for person in people.people.values() if person.absences or not person.active}
    return [
        naive_stand_in(person, people, clock.at(FIRST + number)) if person in away else person
        for number, person in enumerate(found)
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_60_days_in_20_zones_agrees_with_a_walked_calendar(zone):
    """Daily, weekly and custom hand-overs inside the change of the clocks, nights and office hours above them,
    overrides and absences with and without cover across the change.
    """
    first, clock = ZONES[zone], wall(zone, ZONES[zone])
    change = clock.at(clock.changes[0] if clock.changes else FIRST + 30 * 24 * 60)
    nights = layer(DMITRI, ELENA, key="nights", handover=time(0), starts_on=first, weekday=6, windows=(NIGHTS,))
    office = layer(CHIARA, BORIS, key="office", rotation="daily", every=2, handover=time(2, 15), windows=(OFFICE,))
    overrides = (
        OverrideFacts(clock.first + 20 * DAY, clock.first + 22 * DAY, ELENA),
        OverrideFacts(change - 90 * MINUTE, change + 90 * MINUTE, DMITRI),
        OverrideFacts(change + DAY, change + DAY + 50 * MINUTE, None),
    )
    people = folk(
        boris=[AbsenceFacts(clock.first + 10 * DAY, clock.first + 31 * DAY, DMITRI)],
        elena=[AbsenceFacts(clock.first + 21 * DAY, clock.first + 40 * DAY)],
        dmitri=[AbsenceFacts(change - 20 * MINUTE, change + 20 * MINUTE, BORIS)],
    )
    seen = set()
    for kind, values in KINDS.items():
        base = layer(
            ANNA, BORIS, CHIARA, key=kind, **{"starts_on": first - 5 * DAY, "ends_on": first + 57 * DAY} | values
        )
        over = (nights,) if kind == "daily" else (nights, office) if kind == "weekly" else ()
        planned = schedule(base, *over, zone=zone, overrides=overrides)
        expected = walked(clock, planned, people)
        for shift in oncall.shifts(planned, people, *interval(clock)):
            begin, end = ((at - clock.first) / MINUTE for at in (shift.from_at, shift.until_at))
            assert begin == int(begin) and end == int(end)
            assert set(expected[int(begin) : int(end)]) == {shift.person}, (kind, shift)
        seen |= set(expected)
    assert seen == {None, *PEOPLE}


def test_the_walked_calendar_agrees_with_the_naive_one():
    """Two ways to say the same, so that neither is wrong alone."""
    zone = "Africa/Casablanca"
    clock, people = wall(zone, ZONES[zone]), folk()
    planned = schedule(
        layer(ANNA, BORIS, rotation="daily", handover=time(2, 30)), layer(ELENA, windows=(NIGHTS,)), zone=zone
    )
    expected = walked(clock, planned, people)
    for minute in range(FIRST, LAST, 7):
        assert expected[minute - FIRST] == naive(planned, people, clock.at(minute), clock.shown[minute])


def test_the_zones_hold_the_changes_that_they_are_there_for():
    changes = {zone: len(wall(zone, first).changes) for zone, first in ZONES.items()}
    assert changes == dict.fromkeys(ZONES, 1) | {
        "Africa/Casablanca": 2,
        **dict.fromkeys(["UTC", "Asia/Kolkata", "Asia/Kathmandu"], 0),
    }
