"""On which days an event of a calendar happens again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

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
@settings(max_examples=300, deadline=None)
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
