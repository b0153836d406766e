"""Meetings: never before their time, never twice, and at the same hour of the wall clock on every day (D63, D64)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.communication import Audience, Cadence, Communication, Meeting
from governance.rules import meetings

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VIENNA = "Europe/Vienna"
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from([VIENNA, "UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])


def huddle(after: int = 60, every: int | None = 120) -> Meeting:
    return Meeting(key="huddle", title="Huddle", occasion="huddle", after_minutes=after, every_minutes=every)


def daily(at: str = "09:30", after: int = 0) -> Meeting:
    return Meeting(key="daily", title="Daily", occasion="daily", at=at, after_minutes=after)


def minutes(found: datetime | None) -> float | None:
    return None if found is None else (found - BEGAN) / timedelta(minutes=1)


def test_a_huddle_is_after_its_minutes_and_then_every_so_many() -> None:
    assert minutes(meetings.due(huddle(), BEGAN, None, BEGAN, "UTC")) == 60
    held = BEGAN + timedelta(minutes=60)
    assert minutes(meetings.due(huddle(), BEGAN, held, held, "UTC")) == 180
    assert meetings.due(huddle(every=None), BEGAN, held, held, "UTC") is None


def test_a_meeting_that_should_have_been_is_at_once_and_only_once() -> None:
    late = BEGAN + timedelta(minutes=500)
    assert meetings.due(huddle(), BEGAN, None, late, "UTC") == late
    assert meetings.due(huddle(), BEGAN, late, late, "UTC") == late + timedelta(minutes=120)


def test_a_wrap_up_is_once_after_the_end() -> None:
    wrap = Meeting(key="wrap", title="Wrap-up", occasion="wrap_up", after_minutes=30)
    assert minutes(meetings.due(wrap, BEGAN, None, BEGAN, "UTC")) == 30
    assert meetings.due(wrap, BEGAN, BEGAN, BEGAN, "UTC") is None


@given(began=moments, passed=st.integers(0, 100_000), after=st.integers(0, 5000), every=st.integers(1, 5000))
def test_huddles_are_never_before_their_time_and_keep_their_distance(
    began: datetime, passed: int, after: int, every: int
) -> None:
    at = began + timedelta(minutes=passed)
    first = meetings.due(huddle(after, every), began, None, at, "UTC")
    assert first is not None and first >= at and first >= began + timedelta(minutes=after)
    second = meetings.due(huddle(after, every), began, first, first, "UTC")
    assert second == first + timedelta(minutes=every)


@given(
    began=moments,
    zone=zones,
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    after=st.integers(0, 3000),
    late=st.integers(0, 1500),
)
def test_a_daily_update_is_once_a_day_at_its_hour(
    began: datetime, zone: str, hour: int, minute: int, after: int, late: int
) -> None:
    meeting = daily(f"{hour:02}:{minute:02}", after)
    first = meetings.due(meeting, began, None, began, zone)
    assert first is not None and first >= began + timedelta(minutes=after)
    assert first - began <= timedelta(minutes=after, days=2)
    fired = first + timedelta(minutes=late)  # the clock may have been away
    second = meetings.due(meeting, began, first, fired, zone)
    assert second is not None and second > first and second >= fired
    assert (local := second.astimezone(ZoneInfo(zone))) and local.date() > first.astimezone(ZoneInfo(zone)).date()
    assert (local.hour, local.minute) >= (hour, minute)


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        ((2026, 3, 29), "02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # the hour that is left out
        ((2026, 3, 29), "09:30", datetime(2026, 3, 29, 7, 30, tzinfo=UTC)),
        ((2026, 10, 25), "02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the hour that comes twice
        ((2026, 10, 25), "09:30", datetime(2026, 10, 25, 8, 30, tzinfo=UTC)),
    ],
)
def test_days_on_which_the_clocks_change(day: tuple[int, int, int], clock: str, expected: datetime) -> None:
    began = datetime(*day, tzinfo=ZoneInfo(VIENNA)).astimezone(UTC)
    found = meetings.due(daily(clock), began, None, began, VIENNA)
    assert found == expected
    following = meetings.due(daily(clock), began, found, found, VIENNA)
    assert following is not None and following.astimezone(ZoneInfo(VIENNA)).day == day[2] + 1


def test_a_daily_update_without_a_time_is_never() -> None:
    assert meetings.due(daily(""), BEGAN, None, BEGAN, "UTC") is None


def plan(*cadence: Cadence, audiences: tuple[Audience, ...] = ()) -> Communication:
    return Communication(title="Plan", cadence=cadence, audiences=audiences, meetings=(huddle(), daily()))


def test_only_what_is_bad_enough_asks_for_a_meeting() -> None:
    assert [item.key for item in meetings.wanted(plan(), "sev2", ("huddle",))] == ["huddle"]
    assert meetings.wanted(plan(), "sev3", ("huddle", "daily", "wrap_up")) == []


def audience(key: str, **more: object) -> Audience:
    return Audience.model_validate({"key": key, "title": key.capitalize(), **more})


def test_every_audience_reads_on_the_page_of_its_class() -> None:
    assert meetings.page_of(audience("a", data_class="public", channels=("status_page",))) == "public"
    assert meetings.page_of(audience("a", data_class="public", channels=("email",))) == "partners"
    assert meetings.page_of(audience("a")) == "internal"
    assert meetings.page_of(audience("a", data_class="confidential")) == "executives"
    assert meetings.page_of(audience("a", data_class="restricted")) == "executives"
    assert meetings.page_of(audience("a", data_class="confidential", detail="technical")) is None


def test_leadership_joins_when_the_plan_tells_it_first() -> None:
    rows = [
        Cadence(key="one", title="SEV1", audience="leadership", severity="sev1", after_minutes=0),
        Cadence(key="day", title="After a day", audience="leadership", severity="any", after_minutes=1440),
    ]
    board = audience("board", data_class="confidential")
    named = plan(*rows, audiences=(audience("leadership"), board))
    assert meetings.leadership_joins(named, "sev1", BEGAN) == BEGAN
    assert minutes(meetings.leadership_joins(named, "sev3", BEGAN)) == 1440
    assert meetings.leadership_joins(plan(audiences=(board,)), "sev1", BEGAN) is None
    assert [item.key for item in meetings.leaders(plan(audiences=(board, audience("x"))))] == ["board"]
