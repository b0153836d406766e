"""Who is on call: against a naive calendar, minute by minute, and as properties of what is answered."""

from __future__ import annotations

import random
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.documents.facts import (
    AbsenceFacts,
    LayerFacts,
    OverrideFacts,
    PeopleFacts,
    PersonFacts,
    ScheduleFacts,
    Window,
)
from governance.rules import local_time, oncall

PEOPLE = tuple(UUID(int=number + 1) for number in range(5))
ANNA, BORIS, CHIARA, DMITRI, ELENA = PEOPLE
NAMES = dict(zip(PEOPLE, ("Anna", "Boris", "Chiara", "Dmitri", "Elena"), strict=True))
EVERY_DAY = frozenset(range(7))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SPAN = 60

# 20 zones, each with the first of 60 days; all those that have one hold a change of the clocks.
ZONES = {
    "Europe/Berlin": date(2026, 3, 1),
    "America/Chicago": date(2026, 10, 1),
    "Australia/Lord_Howe": date(2026, 3, 10),  # half an hour
    "Africa/Casablanca": date(2026, 2, 1),  # twice, around Ramadan
    "UTC": date(2026, 1, 1),
    "Asia/Kolkata": date(2026, 1, 1),
    "Asia/Kathmandu": date(2026, 1, 1),
    "Pacific/Chatham": date(2026, 9, 1),  # 02:45
    "America/St_Johns": date(2010, 10, 1),  # the fold begins a minute past midnight
    "Europe/London": date(2026, 10, 1),
    "America/Sao_Paulo": date(2018, 10, 20),  # the gap is at midnight
    "Asia/Beirut": date(2026, 10, 1),  # the fold ends at midnight
    "America/Havana": date(2026, 3, 1),  # the gap is at midnight
    "America/Asuncion": date(2024, 3, 1),  # the fold ends at midnight
    "Pacific/Apia": date(2011, 12, 1),  # without 30 December
    "Africa/Cairo": date(2026, 4, 1),
    "Asia/Tehran": date(2022, 3, 1),
    "Europe/Dublin": date(2026, 3, 1),
    "Antarctica/Troll": date(2026, 3, 1),  # two hours
    "Pacific/Auckland": date(2026, 9, 1),
}


def folk(**absences: list[AbsenceFacts]) -> PeopleFacts:
    """Five people; `absences` by name."""
    return PeopleFacts(
        {
            person: PersonFacts(person, name, absences=tuple(absences.get(name.lower(), ())))
            for person, name in NAMES.items()
        }
    )


def layer(*people: UUID, key: str = "first", **changed) -> LayerFacts:
    values = {
        "rotation": "weekly",
        "every": 1,
        "handover": time(8),
        "weekday": 0,
        "starts_on": date(2026, 1, 5),
        **changed,
    }
    return LayerFacts(key, people, **values)


def schedule(*layers: LayerFacts, zone: str = "Europe/Berlin", overrides: tuple[OverrideFacts, ...] = ()):
    return ScheduleFacts(UUID(int=99), "Payments", zone, layers, overrides, "payments")


def local(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def berlin(*when: int) -> datetime:
    return local("Europe/Berlin", *when)


# The naive calendar: what a wall clock shows that is never put back, minute by minute


class Wall:
    """The minutes from three days before `first` on, the latest time that the wall clock has shown by each (that is
    what once and first mean in a fold), and the `changes` of the clock.
    """

    def __init__(self, zone: str, first: date) -> None:
        tz = ZoneInfo(zone)
        self.first = datetime(first.year, first.month, first.day, tzinfo=tz).astimezone(UTC)
        self.start = self.first - 3 * DAY
        self.shown: list[datetime] = []
        self.changes: list[int] = []
        latest = before = datetime.min
        for number in range((SPAN + 3) * 24 * 60):
            shown = (self.start + number * MINUTE).astimezone(tz).replace(tzinfo=None)
            if number and shown - before != MINUTE:
                self.changes.append(number)
            latest, before = max(latest, shown), shown
            self.shown.append(latest)

    def at(self, minute: int) -> datetime:
        return self.start + minute * MINUTE


wall = cache(Wall)


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


# Schedules by chance

CLOCKS = [time(0), time(0, 30), time(1, 30), time(2), time(2, 15), time(2, 30), time(2, 45), time(3), time(8), time(23)]


@st.composite
def windows(draw) -> tuple[Window, ...]:
    some = st.builds(
        Window,
        st.frozensets(st.sampled_from(range(7)), min_size=1),
        st.sampled_from(CLOCKS),
        st.sampled_from([*CLOCKS, time(18)]),
    )
    return tuple(draw(st.lists(some, max_size=2)))


@st.composite
def layers(draw, first: date) -> tuple[LayerFacts, ...]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        starts_on = first + draw(st.integers(-40, 50)) * DAY
        ends_on = draw(st.none() | st.integers(0, 60))
        found.append(
            LayerFacts(
                f"layer-{number}",
                tuple(draw(st.lists(st.sampled_from(PEOPLE), max_size=4))),
                draw(st.sampled_from(["daily", "weekly", "custom"])),
                draw(st.integers(1, 3)),
                draw(st.sampled_from(CLOCKS)),
                draw(st.integers(0, 6)),
                starts_on,
                None if ends_on is None else starts_on + ends_on * DAY,
                draw(windows()),
            )
        )
    return tuple(found)


@st.composite
def stretches(draw, first: datetime) -> tuple[datetime, datetime]:
    """Whole minutes within the 60 days."""
    begin = first + draw(st.integers(0, SPAN * 24 * 60 - 2)) * MINUTE
    return begin, begin + draw(st.integers(1, 10 * 24 * 60)) * MINUTE


@st.composite
def worlds(draw) -> tuple[Wall, ScheduleFacts, PeopleFacts]:
    zone = draw(st.sampled_from(list(ZONES)))
    clock = wall(zone, ZONES[zone])
    whom = st.none() | st.sampled_from(PEOPLE)
    overrides = [OverrideFacts(*draw(stretches(clock.first)), draw(whom)) for _ in range(draw(st.integers(0, 3)))]
    people = {}
    for person, name in NAMES.items():
        count = draw(st.sampled_from([0, 0, 1, 2]))
        away = tuple(AbsenceFacts(*draw(stretches(clock.first)), draw(whom)) for _ in range(count))
        people[person] = PersonFacts(person, name, draw(st.sampled_from([True] * 9 + [False])), away)
    planned = schedule(*draw(layers(ZONES[zone])), zone=zone, overrides=tuple(overrides))
    return clock, planned, PeopleFacts(people)


def interval(clock: Wall) -> tuple[datetime, datetime]:
    return clock.first, clock.first + SPAN * DAY


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


DEEP = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


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
    for layer in planned.layers:
        named = walked_layer(layer, shown, opened(layer, shown))
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


@DEEP
@given(worlds(), st.data())
def test_shifts_cover_the_interval_without_a_seam_and_neighbors_differ(world, data):
    clock, planned, people = world
    from_at, until_at = data.draw(stretches(clock.first))
    shifts = oncall.shifts(planned, people, from_at, until_at)
    assert (shifts[0].from_at, shifts[-1].until_at) == (from_at, until_at)
    for one, other in pairwise(shifts):
        assert one.from_at < one.until_at == other.from_at < other.until_at
        assert (one.person, one.layer, one.via, one.sentence) != (other.person, other.layer, other.via, other.sentence)
    assert oncall.gaps(planned, people, from_at, until_at) == [shift for shift in shifts if shift.person is None]
    for shift in shifts:
        assert shift.sentence and (shift.via == "nobody") == (shift.person is None)
        assert shift.person is None or people.people[shift.person].active
    assert set(oncall.roster(planned, people, from_at).people) == {
        shift.person for shift in oncall.shifts(planned, people, from_at, from_at + 7 * DAY)
    } - {None}


@DEEP
@given(worlds(), st.integers(0, SPAN * 24 * 60 - 1))
def test_who_is_on_duty_agrees_with_the_shifts(world, minute):
    clock, planned, people = world
    at = clock.first + minute * MINUTE
    duty = oncall.on_duty(planned, people, at)
    around = oncall.shifts(planned, people, at - 366 * DAY, at + 366 * DAY)
    index = next(index for index, shift in enumerate(around) if shift.from_at <= at < shift.until_at)
    shift = around[index]
    if duty is None:
        assert shift.person is None
    else:
        for name in ("person", "from_at", "until_at", "layer", "via", "sentence", "asked"):
            assert getattr(duty, name) == getattr(shift, name)
    then = oncall.following(planned, people, at)
    assert then == next((oncall._duty(later) for later in around[index + 1 :] if later.person is not None), None)


def test_an_empty_interval_has_no_shifts():
    at = berlin(2026, 3, 2, 9)
    assert oncall.shifts(schedule(layer(ANNA)), folk(), at, at) == []


WEEKS = schedule(layer(ANNA, BORIS))


def test_a_week_begins_at_the_hand_over_of_its_weekday():
    duty = oncall.on_duty(WEEKS, folk(), berlin(2026, 1, 14, 12))
    assert (duty.person, duty.layer, duty.via) == (BORIS, "first", "layer")
    assert (duty.from_at, duty.until_at) == (berlin(2026, 1, 12, 8), berlin(2026, 1, 19, 8))
    assert duty.sentence == "Boris, on call in Payments."
    then = oncall.following(WEEKS, folk(), berlin(2026, 1, 14, 12))
    assert (then.person, then.from_at, then.until_at) == (ANNA, berlin(2026, 1, 19, 8), berlin(2026, 1, 26, 8))


def test_a_week_of_the_hand_over_to_summer_time_is_an_hour_shorter():
    duty = oncall.on_duty(WEEKS, folk(), berlin(2026, 3, 29, 12))
    assert duty.until_at - duty.from_at == timedelta(days=7, hours=-1)
    assert (duty.from_at, duty.until_at) == (berlin(2026, 3, 23, 8), berlin(2026, 3, 30, 8))


def test_a_hand_over_in_a_gap_is_the_first_valid_instant_after_it():
    nightly = schedule(layer(ANNA, BORIS, rotation="daily", handover=time(2, 30)))
    duty = oncall.on_duty(nightly, folk(), berlin(2026, 3, 29, 12))
    assert duty.from_at == datetime(2026, 3, 29, 1, tzinfo=UTC) == berlin(2026, 3, 29, 3)


def test_a_hand_over_in_a_fold_happens_once_the_first_time():
    nightly = schedule(layer(ANNA, BORIS, rotation="daily", handover=time(2, 30)))
    duty = oncall.on_duty(nightly, folk(), berlin(2026, 10, 25, 12))
    assert duty.from_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert duty.until_at - duty.from_at == timedelta(hours=25)


def test_a_fold_over_midnight_does_not_bring_yesterday_back():
    """St. John's put its clocks back at 00:01 on 7 November 2010, to 23:01 of the day before."""
    midnight = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    sundays = Window(frozenset({6}), time(0), time(0))
    daily = layer(BORIS, ANNA, rotation="daily", handover=time(0), starts_on=date(2010, 11, 6), windows=(sundays,))
    late = layer(CHIARA, key="late", handover=time(0), starts_on=date(2010, 11, 7), windows=(sundays,))
    for layers, expected in (((daily,), ANNA), ((daily, late), CHIARA)):
        planned = schedule(*layers, zone="America/St_Johns")
        assert oncall.standing(planned, folk(), midnight + 30 * MINUTE).person.id == expected
        duty = oncall.on_duty(planned, folk(), midnight + 30 * MINUTE)
        assert (duty.person, duty.from_at) == (expected, midnight)
        assert duty.until_at == midnight + timedelta(hours=25)


def test_two_weeks_and_five_days_are_counted_by_the_calendar():
    fortnight = schedule(layer(ANNA, BORIS, every=2))
    assert oncall.on_duty(fortnight, folk(), berlin(2026, 1, 26, 12)).person == BORIS
    five = schedule(layer(ANNA, BORIS, rotation="custom", every=5))
    duty = oncall.on_duty(five, folk(), berlin(2026, 3, 29, 12))
    assert (duty.from_at, duty.until_at) == (berlin(2026, 3, 26, 8), berlin(2026, 3, 31, 8))


def test_a_layer_holds_from_its_first_to_its_last_day():
    planned = schedule(layer(ANNA, starts_on=date(2026, 1, 7), ends_on=date(2026, 1, 9)))
    shifts = oncall.shifts(planned, folk(), berlin(2026, 1, 5), berlin(2026, 1, 15))
    assert [(shift.person, shift.from_at) for shift in shifts] == [
        (None, berlin(2026, 1, 5)),
        (ANNA, berlin(2026, 1, 7, 8)),
        (None, berlin(2026, 1, 10, 8)),
    ]
    assert shifts[0].sentence == "Nobody is planned for Payments."


def test_a_later_layer_wins_while_its_window_is_open():
    office = Window(frozenset(range(5)), time(9), time(17))
    planned = schedule(layer(ANNA), layer(BORIS, key="office", windows=(office,)))
    monday = [oncall.on_duty(planned, folk(), berlin(2026, 3, 2, hour)).person for hour in (8, 9, 16, 17)]
    assert monday == [ANNA, BORIS, BORIS, ANNA]
    assert oncall.on_duty(planned, folk(), berlin(2026, 3, 1, 12)).person == ANNA


def test_a_window_may_pass_midnight_or_last_the_whole_day():
    night = Window(frozenset({4}), time(22), time(6))
    planned = schedule(layer(ANNA, windows=(night,)))
    assert oncall.on_duty(planned, folk(), berlin(2026, 3, 7, 5, 59)).from_at == berlin(2026, 3, 6, 22)
    assert oncall.on_duty(planned, folk(), berlin(2026, 3, 7, 6)) is None
    whole = schedule(layer(ANNA, windows=(Window(frozenset({6}), time(0), time(0)),)))
    duty = oncall.on_duty(whole, folk(), berlin(2026, 3, 29, 12))
    assert duty.until_at - duty.from_at == timedelta(hours=23)


def test_the_latest_override_beats_the_layers_and_may_name_nobody():
    begin, end = berlin(2026, 3, 2), berlin(2026, 3, 4)
    planned = schedule(
        layer(ANNA),
        overrides=(OverrideFacts(begin, end, BORIS), OverrideFacts(begin + DAY, end, None)),
    )
    duty = oncall.on_duty(planned, folk(), begin)
    assert (duty.person, duty.via, duty.layer, duty.until_at) == (BORIS, "override", "", begin + DAY)
    assert duty.sentence == "Boris, on call in Payments by an override."
    (gap,) = oncall.gaps(planned, folk(), begin, end)
    assert gap.sentence == "Payments has nobody on call, by an override."
    assert oncall.following(planned, folk(), begin + DAY).person == ANNA


def test_the_cover_of_whoever_is_away_takes_the_duty():
    begin, end = berlin(2026, 3, 3), berlin(2026, 3, 4)
    people = folk(anna=[AbsenceFacts(begin, end, BORIS)])
    duty = oncall.on_duty(schedule(layer(ANNA)), people, begin)
    assert (duty.person, duty.asked, duty.via, duty.from_at, duty.until_at) == (BORIS, ANNA, "cover", begin, end)
    assert duty.sentence == "Boris, covering for Anna, on call in Payments."


def test_a_cover_who_leaves_too_is_covered_from_then_on():
    begin, middle, end = berlin(2026, 3, 3), berlin(2026, 3, 4, 9, 30), berlin(2026, 3, 5)
    people = folk(anna=[AbsenceFacts(begin, end, BORIS)], boris=[AbsenceFacts(middle, end + DAY, CHIARA)])
    shifts = oncall.shifts(schedule(layer(ANNA)), people, begin, end)
    assert [(shift.person, shift.from_at) for shift in shifts] == [(BORIS, begin), (CHIARA, middle)]


def test_without_a_cover_there_is_a_gap_even_over_another_layer():
    begin, end = berlin(2026, 3, 3), berlin(2026, 3, 4)
    people = folk(anna=[AbsenceFacts(begin, end)])
    (gap,) = oncall.gaps(schedule(layer(BORIS), layer(ANNA, key="second")), people, begin - DAY, end + DAY)
    assert (gap.from_at, gap.until_at, gap.asked, gap.layer) == (begin, end, ANNA, "second")
    assert gap.sentence == "Anna is away and nobody covers."


def test_a_layer_without_people_leaves_the_duty_to_the_earlier_one():
    assert oncall.on_duty(schedule(layer(ANNA), layer(key="empty")), folk(), berlin(2026, 3, 3)).person == ANNA


def test_somebody_alone_is_on_duty_without_hand_overs():
    alone = schedule(layer(ANNA, ANNA, rotation="daily"))
    duty = oncall.on_duty(alone, folk(), berlin(2026, 3, 3))
    assert duty.from_at == berlin(2026, 1, 5, 8)
    assert duty.until_at == berlin(2026, 3, 3) + 366 * DAY
    assert oncall.following(alone, folk(), berlin(2026, 3, 3)) is None


def test_a_zone_that_nobody_knows_counts_as_utc():
    planned = schedule(layer(ANNA, BORIS), zone="Nowhere/Land")
    assert oncall.on_duty(planned, folk(), berlin(2026, 3, 3)).from_at == datetime(2026, 3, 2, 8, tzinfo=UTC)


@given(
    st.sampled_from(list(ZONES)),
    st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(microsecond=0)),
)
@settings(deadline=None)
def test_an_instant_is_the_first_at_which_the_wall_shows_the_time_or_a_later_one(zone, wanted):
    at = local_time.instant(zone, wanted.toordinal(), wanted.time())
    before = (at - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert before < wanted <= at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
