"""Charts as the server draws them: places in a box, which templates turn into SVG with classes instead of colors.

Everything is in units of the box. A chart has at most two lines, bars begin at zero, and what a line or a bar means
stands beside it. No chart knows what it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10

WIDE, HIGH = 420, 200
LEFT, RIGHT, TOP, BOTTOM = 24.0, 342.0, 14.0, 174.0
LABELS = 4  # names below the axis at most
STEPS = 4  # lines of the grid at most
APART = 14.0  # between two labels at the right
BESIDE = 8.0  # from the end of a line to the words beside it
LETTER = 9.5  # the widest on average, on a phone, where words are larger than the rest
SMALLEST = 0.001  # step of the grid


@dataclass(frozen=True)
class Grid:
    y: float
    label: str

    @property
    def label_y(self) -> float:
        return self.y + 4


@dataclass(frozen=True)
class Mark:
    """A word at a place; `anchor` is that of SVG text."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Line:
    """Runs of `points` ("x,y x,y") between gaps, the last place, and the words beside it."""

    runs: list[str]
    last: tuple[float, float] | None
    label: Mark | None


@dataclass(frozen=True)
class Lines:
    grid: list[Grid]
    lines: list[Line]
    names: list[Mark]
    goal: Mark | None
    right: float = RIGHT

    @property
    def back_to_front(self) -> list[Line]:
        """The first line is the subject and drawn last, over what it is compared with."""
        return self.lines[::-1]


@dataclass(frozen=True)
class Part:
    """One part of a bar; `key` names its class."""

    key: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Stack:
    parts: list[Part]
    alarm: Mark | None


@dataclass(frozen=True)
class Stacks:
    grid: list[Grid]
    stacks: list[Stack]
    names: list[Mark]
    right: float = float(WIDE)


@dataclass(frozen=True)
class Bar:
    """A row: its name, the bar, and the words at its end."""

    name: str
    y: float
    width: float
    count: str
    share: str
    tone: str = ""

    @property
    def base(self) -> float:
        """Where its words stand."""
        return self.y + 15

    @property
    def end(self) -> float:
        return BAR_LEFT + self.width + 8

    @property
    def beyond(self) -> float:
        """Where its share stands, beside the count."""
        return self.end + 9 * len(self.count) + 8


@dataclass(frozen=True)
class Bars:
    bars: list[Bar]
    height: float


def top(values: Sequence[float]) -> tuple[float, float]:
    """(the value at the upper edge, the step of the grid): round numbers that hold all `values`."""
    most = max((value for value in values if value > 0), default=1.0)
    rough = max(most / STEPS, SMALLEST)
    power = 10 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power * STEPS >= most)
    step = max(step, 1.0) if all(float(value).is_integer() for value in values) else step
    return max(1, ceil(most / step - 1e-9)) * step, step


def number(value: float) -> str:
    """`value` without needless digits: two significant ones below ten."""
    rounded = round(float(value), 1)
    return f"{rounded:.0f}" if value >= 10 or rounded.is_integer() else f"{rounded:.1f}"


def _grid(edge: float, step: float) -> list[Grid]:
    return [Grid(_y(index * step, edge), number(index * step)) for index in range(round(edge / step) + 1)]


def _y(value: float, edge: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / edge, 1)


def _names(names: Sequence[str], places: Sequence[float]) -> list[Mark]:
    """At most a few of `names`, evenly, the last one always; none covers another (the first begins at its place)."""
    last = len(names) - 1
    every = max(1, ceil(len(names) / LABELS))
    if last > 0:
        apart = (places[last] - places[0]) / last
        every = max(every, ceil(1.5 * LETTER * max(map(len, names)) / apart))
    shown = [index for index in range(0, len(names), every) if last - index >= every or index == last]
    if last >= 0 and last not in shown:
        shown.append(last)
    return [Mark(places[index], HIGH - 6, names[index], "start" if index == 0 else "middle") for index in shown]


def lines(
    names: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    goal: tuple[str, float] | None = None,
) -> Lines:
    """Up to two `series` (word, a value for each name; None is a gap) over `names`, and a dashed `goal`."""
    values = [value for _word, row in series for value in row if value is not None]
    edge, step = top([*values, *([goal[1]] if goal else [])])
    span, right = max(1, len(names) - 1), _right(series)
    places = [round(LEFT + (right - LEFT) * index / span, 1) for index in range(len(names))]
    drawn = [_line(word, row, places, edge) for word, row in series]
    labels = _apart([line.label for line in drawn])
    drawn = [Line(line.runs, line.last, label) for line, label in zip(drawn, labels, strict=True)]
    mark = Mark(right + 6, _y(goal[1], edge) + 4, goal[0], "start") if goal else None
    return Lines(_grid(edge, step), drawn, _names(names, places), mark, right)


def _right(series: Sequence[tuple[str, Sequence[float | None]]]) -> float:
    """Where lines end, so that the words beside the longest stay in the box."""
    words = [_beside(word, newest) for word, row in series if (newest := _newest(row)) is not None]
    longest = max(map(len, words), default=0)
    return max(WIDE / 2, min(RIGHT, WIDE - BESIDE - LETTER * longest))


def _newest(row: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(row) if value is not None), None)


def _beside(word: str, newest: float) -> str:
    return f"{number(newest)} {word}"


def _line(word: str, row: Sequence[float | None], places: Sequence[float], edge: float) -> Line:
    runs: list[str] = []
    run: list[str] = []
    last: tuple[float, float] | None = None
    for place, value in zip(places, row, strict=True):
        if value is None:
            runs, run = [*runs, " ".join(run)] if run else runs, []
            continue
        last = place, _y(value, edge)
        run.append(f"{last[0]},{last[1]}")
    if run:
        runs.append(" ".join(run))
    newest = _newest(row)
    label = Mark(last[0] + BESIDE, last[1] + 4, _beside(word, newest), "start") if last and newest is not None else None
    return Line(runs, last, label)


def _apart(labels: Sequence[Mark | None]) -> list[Mark | None]:
    """The same labels, moved so far that none covers another."""
    order = sorted((label.y, index) for index, label in enumerate(labels) if label is not None)
    found, least = list(labels), float("-inf")
    for y, index in order:
        label = labels[index]
        assert label is not None
        least = max(y, least + APART)
        found[index] = Mark(label.x, least, label.text, label.anchor)
    return found


def stacks(
    names: Sequence[str], parts: Sequence[tuple[str, Sequence[int]]], *, alarm: tuple[str, str] | None = None
) -> Stacks:
    """A bar for each name, of `parts` (key, a count for each name) from the bottom up.

    `alarm` (key, word) puts a word above each bar that has some of that part.
    """
    totals = [sum(row[index] for _key, row in parts) for index in range(len(names))]
    edge, step = top(totals)
    slot = (WIDE - LEFT) / max(1, len(names))
    width = round(min(20.0, slot * 0.7), 1)
    found, places = [], []
    for index in range(len(names)):
        x = round(LEFT + slot * index + (slot - width) / 2, 1)
        places.append(round(x + width / 2, 1))
        found.append(_stack(index, x, width, parts, edge, totals[index], alarm))
    return Stacks(_grid(edge, step), found, _names(names, places))


def _stack(
    index: int,
    x: float,
    width: float,
    parts: Sequence[tuple[str, Sequence[int]]],
    edge: float,
    total: int,
    alarm: tuple[str, str] | None,
) -> Stack:
    below, drawn = 0, []
    for key, row in parts:
        if count := row[index]:
            high, low = _y(below + count, edge), _y(below, edge)
            tall = round(max(0.5, low - high - 1), 1)
            drawn.append(Part(key, x, round(min(high, low - tall), 1), width, tall))
            below += count
    warns = alarm is not None and any(key == alarm[0] and row[index] for key, row in parts)
    mark = Mark(round(x + width / 2, 1), _y(total, edge) - 5, alarm[1]) if alarm is not None and warns else None
    return Stack(drawn, mark)


BAR_LEFT, BAR_LONGEST, BAR_ROW = 176.0, 160.0, 36.0


def bars(rows: Sequence[tuple[str, int, str]]) -> Bars:
    """Rows (name, count, tone) below each other, with their share of all."""
    most, total = max((count for _name, count, _tone in rows), default=0), sum(count for _name, count, _tone in rows)
    found = [
        Bar(
            name,
            10 + BAR_ROW * index,
            round(max(3.0 if count else 0.0, BAR_LONGEST * count / most if most else 0.0), 1),
            str(count),
            f"{round(100 * count / total) if total else 0} %",
            tone,
        )
        for index, (name, count, tone) in enumerate(rows)
    ]
    return Bars(found, 10 + BAR_ROW * len(rows) - 6)


def shared(drawn: Bars, shares: Sequence[str]) -> Bars:
    """The same with `shares` in words, where the rows are not parts of one whole."""
    return Bars([replace(bar, share=share) for bar, share in zip(drawn.bars, shares, strict=True)], drawn.height)


SPARK_WIDE, SPARK_HIGH, SPARK_EDGE = 104, 28, 4.0


def spark(values: Sequence[float | None]) -> Line:
    """A small line without axis."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    span, places, runs, last = (high - low) or 1.0, max(1, len(values) - 1), [], None
    for index, value in enumerate(values):
        if value is None:
            continue
        x = round(2 + (SPARK_WIDE - 8) * index / places, 1)
        y = round(SPARK_HIGH - SPARK_EDGE - (SPARK_HIGH - 2 * SPARK_EDGE) * (value - low) / span, 1)
        last = x, y
        runs.append(f"{x},{y}")
    return Line([" ".join(runs)] if runs else [], last, None)
