"""Turns of an on-call schedule, and the hand-overs between them."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from governance.documents.facts import AbsenceFacts, OverrideFacts, Window
from governance.rules import handovers, oncall
from governance.rules.handovers import PAUSE, Handover, Turn
from tests.governance.rules.schedules import (
    ANNA,
    BORIS,
    CHIARA,
    DAY,
    DEEP,
    berlin,
    folk,
    interval,
    layer,
    schedule,
    stretches,
    worlds,
)

HOUR = timedelta(hours=1)
OFFICE = Window(frozenset(range(5)), time(8), time(17))
MONDAYS = [berlin(2026, 3, day, 8) for day in (2, 9, 16)]


def between(planned, first=MONDAYS[0] + HOUR, last=MONDAYS[2] - HOUR, people=None) -> list[Turn]:
    return handovers.turns(planned, people or folk(), first, last)


def test_a_turn_names_whom_it_relieves_and_who_relieves_it() -> None:
    first, second = between(schedule(layer(ANNA, BORIS)))
    assert (first.person, second.person) == (ANNA, BORIS)
    assert (first.until_at, first.after, first.after_at, first.ends) == (MONDAYS[1], BORIS, MONDAYS[1], True)
    assert (second.from_at, second.before, second.begins) == (MONDAYS[1], ANNA, True)


def test_the_ends_of_what_was_looked_at_are_no_hand_overs() -> None:
    [only] = between(schedule(layer(ANNA)))
    assert (only.begins, only.ends, only.before, only.after) == (False, False, None, None)
    assert handovers.handovers([only]) == []


def test_nights_and_weekends_without_anybody_do_not_end_a_turn() -> None:
    office = schedule(layer(ANNA, BORIS, windows=(OFFICE,)))
    first, second = between(office)
    assert (first.from_at, first.until_at) == (MONDAYS[0], berlin(2026, 3, 6, 17))
    assert (second.from_at, second.until_at) == (MONDAYS[1], berlin(2026, 3, 13, 17))
    assert (first.after_at, second.before) == (MONDAYS[1], ANNA)
    for pause, count in ((PAUSE, 1), (PAUSE + HOUR, 2)):
        closed = OverrideFacts(MONDAYS[1], MONDAYS[1] + pause, None)
        found = between(schedule(layer(ANNA), overrides=(closed,)))
        assert [turn.person for turn in found] == [ANNA] * count, pause


def test_after_a_long_pause_nobody_is_relieved_but_one_still_knows_who_follows() -> None:
    closed = OverrideFacts(MONDAYS[1], MONDAYS[1] + PAUSE + HOUR, None)
    first, second = between(schedule(layer(ANNA, BORIS), overrides=(closed,)))
    assert (first.after, first.after_at) == (BORIS, MONDAYS[1] + PAUSE + HOUR)
    assert (second.person, second.before, second.begins) == (BORIS, None, True)


def test_who_steps_in_makes_two_turns_of_one() -> None:
    override = OverrideFacts(MONDAYS[0] + DAY, MONDAYS[0] + 2 * DAY, CHIARA)
    found = between(schedule(layer(ANNA), overrides=(override,)), last=MONDAYS[1])
    assert [(turn.person, turn.before, turn.after) for turn in found] == [
        (ANNA, None, CHIARA),
        (CHIARA, ANNA, ANNA),
        (ANNA, CHIARA, None),
    ]


def test_a_cover_has_the_turn_of_whoever_is_away() -> None:
    away = folk(anna=[AbsenceFacts(MONDAYS[0], MONDAYS[1], BORIS)])
    assert [turn.person for turn in between(schedule(layer(ANNA, BORIS)), people=away)] == [BORIS]


def test_a_turn_holds_from_its_first_instant_to_before_its_last() -> None:
    turn = Turn(ANNA, MONDAYS[0], MONDAYS[1])
    assert [turn.holds(at) for at in (MONDAYS[0] - HOUR, MONDAYS[0], MONDAYS[1] - HOUR, MONDAYS[1])] == [
        False,
        True,
        True,
        False,
    ]


def test_who_goes_is_told_of_before_who_comes_at_the_same_time() -> None:
    first, second = between(schedule(layer(ANNA, BORIS)))
    assert handovers.handovers([second, first])[1:3] == [
        Handover("off", ANNA, MONDAYS[1], first),
        Handover("on", BORIS, MONDAYS[1], second),
    ]


def test_the_next_hand_over_is_the_first_that_is_not_due_to_be_told() -> None:
    found = between(schedule(layer(ANNA, BORIS)), last=MONDAYS[2] + DAY)
    assert handovers.following(found, MONDAYS[1] - DAY - HOUR, DAY) == MONDAYS[1] - DAY
    assert handovers.following(found, MONDAYS[1] - DAY, DAY) == MONDAYS[2] - DAY
    assert handovers.following([], MONDAYS[1], DAY) is None


def test_one_looks_further_ahead_where_no_hand_over_is_near_but_not_for_ever() -> None:
    for weeks, seen in ((1, True), (4, True), (6, False)):
        planned = schedule(layer(ANNA, BORIS, every=weeks, starts_on=date(2026, 3, 2)))
        found = handovers.ahead(planned, folk(), MONDAYS[0], DAY)
        assert (handovers.following(found, MONDAYS[0], DAY) is not None) == seen, weeks
        assert found[0].person == ANNA


# Of any schedule


@DEEP
@given(worlds(), st.data())
def test_turns_are_exactly_the_shifts_of_people_without_their_pauses(world, data) -> None:
    clock, planned, people = world
    first, last = data.draw(stretches(clock.first))
    found = handovers.turns(planned, people, first, last)
    shifts = [shift for shift in oncall.shifts(planned, people, first, last) if shift.person is not None]
    for shift in shifts:
        [turn] = [turn for turn in found if turn.from_at <= shift.from_at and shift.until_at <= turn.until_at]
        assert turn.person == shift.person
    for turn in found:
        assert any(shift.person == turn.person for shift in oncall.shifts(planned, people, turn.from_at, turn.until_at))
        assert turn.from_at < last and turn.until_at > first
    for one, other in pairwise(found):
        assert one.until_at <= other.from_at and (one.after, one.after_at) == (other.person, other.from_at)
        near = other.from_at - one.until_at <= PAUSE
        assert other.before == (one.person if near else None)
        assert not (near and one.person == other.person)


@DEEP
@given(worlds())
def test_hand_overs_are_real_changes_in_their_order(world) -> None:
    clock, planned, people = world
    found = handovers.handovers(handovers.turns(planned, people, *interval(clock)))
    assert [item.at for item in found] == sorted(item.at for item in found)
    for item in found:
        before, after = (oncall.on_duty(planned, people, item.at - step) for step in (timedelta(seconds=1), 0 * HOUR))
        comes, goes = (duty.person if duty else None for duty in (after, before))
        assert (comes, goes).index(item.person) == (0 if item.side == "on" else 1)
