"""On which days an event of a calendar happens again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.rules import recurrence

WEEKDAYS = st.lists(st.sampled_from(recurrence.DAYS), unique=True, max_size=3)
FREQUENCIES = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY}


@st.composite
def rules(draw) -> dict[str, list]:
    frequency = draw(st.sampled_from(list(FREQUENCIES)))
    found: dict[str, list] = {"FREQ": [frequency], "INTERVAL": [draw(st.integers(1, 4))]}
    days = draw(WEEKDAYS)
    if days and frequency == "MONTHLY" and draw(st.booleans()):
        days = [f"{draw(st.sampled_from([1, 2, -1]))}{day}" for day in days]
    if days:
        found["BYDAY"] = days
    elif frequency in ("MONTHLY", "YEARLY") and draw(st.booleans()):
        found["BYMONTHDAY"] = draw(st.lists(st.sampled_from([1, 15, 28, 31, -1]), unique=True, min_size=1, max_size=2))
    if draw(st.booleans()):
        found["BYMONTH"] = draw(st.lists(st.integers(1, 12), unique=True, min_size=1, max_size=3))
    if frequency == "WEEKLY" and draw(st.booleans()):
        found["WKST"] = [draw(st.sampled_from(recurrence.DAYS))]
    if draw(st.booleans()):
        found["COUNT"] = [draw(st.integers(1, 20))]
    return found


@given(rules(), st.dates(date(2024, 1, 1), date(2026, 6, 1)))
@settings(max_examples=settings().max_examples * 3)
def test_a_series_has_the_days_that_dateutil_finds(parts: dict[str, list], start: date) -> None:
    """An independent reading of the same rule, over two years."""
    text = ";".join(f"{name}={','.join(map(str, values))}" for name, values in parts.items())
    end = start + timedelta(days=730)
    begin = datetime.combine(start, datetime.min.time())
    expected = [
        when.date()
        for when in rrule.rrulestr(f"RRULE:{text}", dtstart=begin).between(
            begin, datetime.combine(end, datetime.min.time()), inc=True
        )
    ]
    rule = recurrence.parse(parts, start)
    assert list(recurrence.dates(rule, start, start.toordinal(), end.toordinal())) == expected, text


def days(text: str, start: date, end: date, first: date | None = None, **values: Any) -> list[date]:
    """The times of the rule `text` up to the day `end`."""
    parts: dict[str, Any] = dict(part.split("=") for part in text.split(";"))
    parts = {name: value.split(",") for name, value in parts.items()} | values
    return list(recurrence.dates(recurrence.parse(parts, start), start, (first or start).toordinal(), end.toordinal()))


NEW_YEAR = date(2026, 1, 1)  # a Thursday


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"FREQ": "HOURLY"},
        {"FREQ": "DAILY", "BYSETPOS": "1"},
        {"FREQ": "DAILY", "INTERVAL": "0"},
        {"FREQ": "DAILY", "INTERVAL": "often"},
        {"FREQ": "DAILY", "COUNT": "-1"},
        {"FREQ": "WEEKLY", "BYMONTHDAY": ["1"]},
        {"FREQ": "WEEKLY", "BYDAY": ["2MO"]},
        {"FREQ": "DAILY", "BYDAY": ["-1FR"]},
        {"FREQ": "YEARLY", "BYDAY": ["2MO"]},
        {"FREQ": "WEEKLY", "BYDAY": ["XX"]},
        {"FREQ": "WEEKLY", "WKST": "XX"},
        {"FREQ": "DAILY", "UNTIL": "20260101"},
    ],
)
def test_a_rule_that_is_not_known_or_contradicts_itself_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(recurrence.NotReadable):
        recurrence.parse(parts, NEW_YEAR)


def test_a_rule_that_names_no_day_means_that_of_the_first_time() -> None:
    assert days("FREQ=WEEKLY", NEW_YEAR, date(2026, 1, 20)) == [date(2026, 1, day) for day in (1, 8, 15)]
    assert days("FREQ=MONTHLY", NEW_YEAR, date(2026, 3, 31)) == [date(2026, month, 1) for month in (1, 2, 3)]
    assert days("FREQ=YEARLY", NEW_YEAR, date(2028, 2, 1)) == [date(year, 1, 1) for year in (2026, 2027, 2028)]
    assert days("FREQ=MONTHLY", date(2026, 1, 31), date(2026, 5, 31)) == [
        date(2026, 1, 31),
        date(2026, 3, 31),
        date(2026, 5, 31),
    ]


def test_names_of_parts_may_be_written_small_and_values_alone() -> None:
    rule = recurrence.parse({"freq": "weekly", "byday": "fr", "interval": 2}, NEW_YEAR)
    assert (rule.frequency, rule.interval, rule.by_day) == ("WEEKLY", 2, ((4, 0),))


@pytest.mark.parametrize(
    ("until", "last"),
    [
        (date(2026, 1, 3), 3),
        (datetime(2026, 1, 3, 9), 3),
        (datetime(2026, 1, 3, 8, 59), 2),
        (datetime(2026, 1, 3, 8, tzinfo=UTC), 3),
        (datetime(2026, 1, 3, 7, 59, tzinfo=UTC), 2),
    ],
)
def test_the_last_time_is_the_one_at_which_the_rule_ends(until: date, last: int) -> None:
    """Nine in the morning in Berlin is eight in UTC; a day includes all of its times."""
    start = datetime(2026, 1, 1, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    found = days("FREQ=DAILY", start, date(2026, 1, 10), UNTIL=[until])
    assert [when.day for when in found] == list(range(1, last + 1))
    assert all(isinstance(when, datetime) and when.timetz() == start.timetz() for when in found)


def test_whole_days_end_on_the_day_of_the_end_whatever_its_hour() -> None:
    assert len(days("FREQ=DAILY", NEW_YEAR, date(2026, 1, 10), UNTIL=[datetime(2026, 1, 3)])) == 3


def test_times_are_counted_for_20_years_and_no_longer() -> None:
    end = date.fromordinal(NEW_YEAR.toordinal() + recurrence.LONGEST)
    assert days("FREQ=DAILY;COUNT=2", NEW_YEAR, end) == [NEW_YEAR, date(2026, 1, 2)]
    with pytest.raises(recurrence.NotReadable):
        days("FREQ=DAILY;COUNT=2", NEW_YEAR, end + timedelta(days=1))
    assert days("FREQ=YEARLY", NEW_YEAR, date(2060, 1, 1), date(2060, 1, 1)) == [date(2060, 1, 1)]


@given(rules(), st.dates(date(2024, 1, 1), date(2026, 6, 1)), st.integers(0, 400), st.integers(0, 400))
def test_a_window_shows_of_a_series_what_the_whole_series_has_there(parts, start, skipped, length) -> None:
    rule, begin = recurrence.parse(parts, start), start.toordinal()
    every = list(recurrence.dates(rule, start, begin, begin + 800))
    shown = list(recurrence.dates(rule, start, begin + skipped, begin + skipped + length))
    assert shown == [when for when in every if begin + skipped <= when.toordinal() <= begin + skipped + length]
