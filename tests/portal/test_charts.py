"""Charts stay in their box, say their values, and leave gaps where nothing is known."""

from hypothesis import given
from hypothesis import strategies as st

from portal import charts

VALUES = st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=60)
COUNTS = st.integers(0, 10_000)


def places(line: charts.Line) -> list[tuple[float, float]]:
    pairs = [point.split(",") for run in line.runs for point in run.split(" ")]
    return [(float(x), float(y)) for x, y in pairs]


@given(VALUES, st.none() | st.floats(0.1, 1e6))
def test_lines_stay_in_the_box_and_show_every_known_value(values: list[float | None], goal: float | None) -> None:
    names = [str(index) for index in range(len(values))]
    found = charts.lines(names, [("usual", values)], goal=("goal", goal) if goal else None)
    drawn = places(found.lines[0])
    assert len(drawn) == sum(value is not None for value in values)
    assert all(charts.LEFT <= x <= charts.RIGHT and charts.TOP <= y <= charts.BOTTOM for x, y in drawn)
    assert len(found.names) <= charts.LABELS + 1
    assert found.names[-1].text == names[-1]
    assert len(found.grid) <= charts.STEPS + 1


@given(VALUES, st.text("gewöhnlich", min_size=1, max_size=12))
def test_the_words_beside_a_line_stay_in_the_box(values: list[float | None], word: str) -> None:
    found = charts.lines([""] * len(values), [(word, values)])
    label = found.lines[0].label
    assert label is None or label.x + charts.LETTER * len(label.text) <= charts.WIDE


@given(st.integers(1, 60), st.text("28. Sep", min_size=1, max_size=8))
def test_the_names_below_never_cover_each_other(count: int, name: str) -> None:
    found = charts.lines([name] * count, [("usual", [1.0] * count)])
    width, end = charts.LETTER * len(name), float("-inf")
    for mark in found.names:
        begin = mark.x if mark.anchor == "start" else mark.x - width / 2
        assert begin >= end - 0.5
        end = begin + width


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=20))
def test_a_larger_value_is_not_lower(values: list[float]) -> None:
    found = charts.lines([""] * len(values), [("", values)])
    order = sorted(zip(values, places(found.lines[0]), strict=True))
    heights = [y for _value, (_x, y) in order]
    assert heights == sorted(heights, reverse=True)


def test_a_gap_parts_a_line() -> None:
    found = charts.lines(["a", "b", "c", "d"], [("usual", [1, None, 2, 3])])
    assert [len(run.split(" ")) for run in found.lines[0].runs] == [1, 2]
    assert found.lines[0].label is not None and found.lines[0].label.text == "3 usual"


@given(st.floats(0, 100), st.floats(0, 100))
def test_labels_never_cover_each_other(one: float, other: float) -> None:
    found = charts.lines(["a"], [("usual", [one]), ("slowest", [other])])
    first, second = (line.label for line in found.lines)
    assert first is not None and second is not None and abs(first.y - second.y) >= charts.APART - 0.1


def test_nothing_known_draws_no_line() -> None:
    found = charts.lines(["a", "b"], [("usual", [None, None])])
    assert found.lines[0].runs == [] and found.lines[0].label is None
    assert charts.spark([None]).runs == [] and charts.spark([]).last is None


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=30))
def test_stacks_begin_at_zero_and_are_as_high_as_their_sum(rows: list[tuple[int, int]]) -> None:
    parts = [("sev4", [row[0] for row in rows]), ("sev1", [row[1] for row in rows])]
    found = charts.stacks([""] * len(rows), parts, alarm=("sev1", "SEV1"))
    for row, stack in zip(rows, found.stacks, strict=True):
        assert len(stack.parts) == sum(count > 0 for count in row)
        assert (stack.alarm is not None) == (row[1] > 0)
        for part in stack.parts:
            assert part.y >= charts.TOP - 0.1 and part.y + part.height <= charts.BOTTOM + 0.1


def test_bars_share_their_sum() -> None:
    found = charts.bars([("one", 141, ""), ("two", 31, ""), ("none", 0, "bad")])
    assert [(bar.count, bar.share) for bar in found.bars] == [("141", "82 %"), ("31", "18 %"), ("0", "0 %")]
    assert found.bars[0].width == charts.BAR_LONGEST and found.bars[2].width == 0
    assert charts.bars([]).bars == []


@given(st.floats(0, 1e7))
def test_numbers_are_short(value: float) -> None:
    assert len(charts.number(value)) <= 8 and abs(float(charts.number(value)) - value) <= max(0.5, value * 0.06)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
def test_words_of_a_bar_stand_beside_it_and_shares_may_be_of_something_else(counts: list[int]) -> None:
    drawn = charts.bars([("Level", count, "") for count in counts])
    told = charts.shared(drawn, [f"{number} %" for number in range(len(counts))])
    assert [bar.share for bar in told.bars] == [f"{number} %" for number in range(len(counts))]
    for bar in told.bars:
        assert charts.BAR_LEFT + bar.width < bar.end < bar.beyond and bar.y < bar.base < bar.y + charts.BAR_ROW
