"""When an audience is told next."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from governance.documents.communication import Cadence
from governance.rules import cadence

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROWS = st.lists(
    st.tuples(st.integers(0, 300), st.none() | st.integers(5, 120)),
    min_size=0,
    max_size=4,
    unique_by=lambda row: row[0],
)


def rows(*pairs: tuple[int, int | None]) -> list[Cadence]:
    return [
        Cadence(key=f"r{after}", title="x", audience="a", after_minutes=after, every_minutes=every)
        for after, every in sorted(pairs, key=lambda pair: pair[0])
    ]


def minutes(found: list[Cadence], told: int | None) -> int | None:
    at = cadence.due(found, BEGAN, None if told is None else BEGAN + timedelta(minutes=told))
    return None if at is None else int((at - BEGAN).total_seconds() // 60)


def test_the_first_update_is_due_when_the_first_row_begins() -> None:
    assert minutes(rows((10, 30)), None) == 10
    assert minutes(rows(), None) is None


def test_every_half_hour_becomes_every_two_hours() -> None:
    plan = rows((0, 30), (240, 120))
    assert minutes(plan, 200) == 230
    assert minutes(plan, 230) == 350  # 260 would be in the time of the slower row
    assert minutes(plan, 350) == 470


def test_a_faster_row_takes_over_when_it_begins() -> None:
    assert minutes(rows((0, 120), (60, 15)), 10) == 60
    assert minutes(rows((0, 120), (60, 15)), 55) == 70


def test_once_is_once() -> None:
    assert minutes(rows((0, None)), 0) is None
    assert minutes(rows((0, None), (60, None)), 0) == 60
    assert minutes(rows((0, None), (60, None)), 61) is None


@given(ROWS, st.integers(0, 400))
def test_whoever_tells_on_time_is_asked_as_often_as_the_rows_say(
    pairs: list[tuple[int, int | None]], until: int
) -> None:
    """Against a walk minute by minute over a day on which everybody answers at once."""
    plan, asked, told = rows(*pairs), [], None
    while (at := minutes(plan, told)) is not None and at <= until:
        asked.append(at)
        told = at
    expected, last = [], None
    for minute in range(until + 1):
        begun = [row for row in plan if row.after_minutes <= minute]
        if not begun:
            continue
        row = begun[-1]
        is_new = last is None or (row.every_minutes is None and last < row.after_minutes)
        if is_new or (row.every_minutes is not None and last is not None and minute - last >= row.every_minutes):
            expected.append(minute)
            last = minute
    assert asked == expected


def test_an_update_is_late_some_minutes_after_it_is_due() -> None:
    assert [minutes for minutes in range(8) if cadence.is_late(BEGAN, BEGAN + timedelta(minutes=minutes))] == [5, 6, 7]
