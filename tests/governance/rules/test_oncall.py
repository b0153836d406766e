"""Who is on call, at one time and over a stretch: turns, windows, overrides, absences, and what always holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from governance.documents.facts import AbsenceFacts, OverrideFacts, Window
from governance.rules import oncall
from tests.governance.rules.schedules import (
    ANNA,
    BORIS,
    CHIARA,
    DAY,
    DEEP,
    MINUTE,
    SPAN,
    berlin,
    folk,
    layer,
    schedule,
    stretches,
    worlds,
)

WEEKS = schedule(layer(ANNA, BORIS))


def test_an_empty_interval_has_no_shifts():
    at = berlin(2026, 3, 2, 9)
    assert oncall.shifts(schedule(layer(ANNA)), folk(), at, at) == []


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


# Of every schedule


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
