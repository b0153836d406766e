"""Months and quarters that are reported, and whose weeks are whose."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.rules import periods
from governance.rules.periods import Period

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("day", "kinds", "begins"),
    [
        (date(2026, 3, 1), ["month"], date(2026, 2, 1)),
        (date(2026, 4, 1), ["month", "quarter"], date(2026, 3, 1)),
        (date(2026, 1, 15), ["month", "quarter"], date(2025, 12, 1)),
    ],
)
def test_what_has_ended(day: date, kinds: list[str], begins: date) -> None:
    found = periods.ended(day)
    assert [period.kind for period in found] == kinds and found[0].begins == begins
    assert all(period.ends == day.replace(day=1) for period in found)


@given(DAYS)
def test_each_week_belongs_to_exactly_one_month_and_one_quarter(day: date) -> None:
    month = Period("month", day.replace(day=1), periods.next_month(day))
    following = Period("month", month.ends, periods.shifted(month.ends, 1))
    both = month.weeks + following.weeks
    assert all(week.weekday() == 0 and month.begins <= week < month.ends for week in month.weeks)
    assert [later - week for week, later in zip(both, both[1:], strict=False)] == [timedelta(days=7)] * (len(both) - 1)
    assert following.before == month


@given(DAYS)
def test_next_month_is_after_today_and_within_a_month(day: date) -> None:
    found = periods.next_month(day)
    assert found.day == 1 and timedelta() < found - day <= timedelta(days=31)


def test_a_day_begins_where_the_portal_is_at_home() -> None:
    assert periods.moment(date(2026, 7, 1), "Europe/Berlin") == datetime(2026, 6, 30, 22, tzinfo=UTC)
