"""The steps of a scenario as a decision tree: where each box stands, and the same as an outline for readers of text.

Each step appears once, below what leads to it. What only one option of a gate leads to stands inside that option; where
ways meet again, the step stands below the gate (its nearest dominator), and the ways say "goes on with 9". So no
line ever crosses a box, however the steps refer to each other. Pixels are whole numbers; the same steps always give the
same tree.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from governance.documents import ways
from governance.documents.playbook import GateOption, Step
from governance.documents.ways import LAST, Way

WIDTH = 720
INDENT = 36
DEEPEST = 8
"""Deeper branches are not moved further to the right; their numbers still say where they belong."""
BOX, OPTION, CHIP = 400, 360, 340
PAD, LINE, GAP = 12, 18, 16
"""Pixels: inside a box, a line of text, between boxes."""
SMALL = 16
"""Pixels: a line of smaller text."""
TEXT, NOTE = 8, 7
"""Pixels of an average character, in text and in smaller text; rather too many than too few."""

Kind = Literal["open", "close", "step", "/step", "options", "/options", "option", "/option", "jump", "end", "lost"]
Note = Callable[[GateOption], str]


@dataclass(slots=True)
class Item:
    """One piece of the outline, in reading order. `open` and `close` are lists of steps, `/x` ends what `x` began.

    A `step` has its number (from 1, in reading order); a `jump` the number and step that it goes on with, `end` is
    the end of the scenario, `lost` a way to nowhere. `x, y, w, h` are those of its box in the drawing (0 = none).
    """

    kind: Kind
    depth: int = 0
    number: int = 0
    step: Step | None = None
    option: GateOption | None = None
    note: str = ""
    place: int = -1
    is_reached: bool = True
    x: int = 0
    y: int = 0
    w: int = 0
    h: int = 0
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in a box: where it begins and on which base line; `look` is label, strong or note."""

    x: int
    y: int
    text: str
    look: str = ""


@dataclass(slots=True)
class Tree:
    """The outline and its drawing: `boxes` in reading order, `wires` as points of polylines."""

    items: list[Item] = field(default_factory=list)
    wires: list[str] = field(default_factory=list)
    width: int = WIDTH
    height: int = 0

    @property
    def boxes(self) -> list[Item]:
        return [item for item in self.items if item.h]

    @property
    def steps(self) -> list[Item]:
        return [item for item in self.items if item.kind == "step"]


def tree(steps: Sequence[Step], *, note: Note = lambda option: "") -> Tree:
    """The decision tree of `steps`; `note` says in words what a gate's option needs."""
    found = Tree(_Outline(steps, note).items())
    _Drawing(found).draw()
    return found


class _Outline:
    """Puts the steps in reading order, without recursion: a scenario may nest gates as deep as it has steps."""

    def __init__(self, steps: Sequence[Step], note: Note) -> None:
        self.steps, self.note = steps, note
        self.ways = ways.ways(steps)
        self.above = ways.dominators(self.ways)
        self.below: dict[int, list[int]] = {}
        for place, above in enumerate(self.above):
            if above is not None:
                self.below.setdefault(above, []).append(place)
        self.span = self._spans()
        self.entries = self._entries()

    def items(self) -> list[Item]:
        found: list[Item] = []
        waiting = [Item("close"), *reversed(self._lost()), *self._begin()]
        while waiting:
            item = waiting.pop()
            found.append(item)
            if item.kind == "step":
                waiting += reversed(self._after(item))
        numbers: dict[int, int] = {}
        for item in found:
            if item.kind == "step":
                numbers[item.place] = item.number = len(numbers) + 1
        for item in found:
            if item.kind == "jump":
                item.number, item.step = numbers[item.place], self.steps[item.place]
        return found

    def _begin(self) -> list[Item]:
        """The last of these comes first."""
        first = [self._step(0, 0)] if self.steps else []
        return [*first, Item("open")]

    def _lost(self) -> list[Item]:
        """What nothing leads to stands at the end, so that nobody overlooks it."""
        reached = ways.reached(self.ways)
        places = [place for place in range(len(self.steps)) if place not in reached]
        return [Item("step", 0, step=self.steps[place], place=place, is_reached=False) for place in places]

    def _step(self, place: int, depth: int) -> Item:
        return Item("step", depth, step=self.steps[place], place=place)

    def _after(self, item: Item) -> list[Item]:
        """What follows `item` up to the next step on the same level."""
        place, depth = item.place, item.depth
        if not item.is_reached:
            return [Item("/step", depth)]
        if self.steps[place].does != "gate":
            (way,) = self.ways[place]
            inside = self._inside(place, way)
            if inside is not None:
                return [Item("/step", depth), self._step(inside, depth)]
            return [self._onward(way, depth), Item("/step", depth)]
        found, taken = [Item("options", depth)], set[int]()
        for way in self.ways[place]:
            option = self.steps[place].options[way.option or 0]
            found.append(Item("option", depth + 1, option=option, note=self.note(option), place=place))
            inside = self._inside(place, way)
            if inside is not None and self.entries[inside] == 1:
                taken.add(inside)
                found += [Item("open", depth + 1), self._step(inside, depth + 1), Item("close", depth + 1)]
            else:
                found.append(self._onward(way, depth + 1))
            found.append(Item("/option", depth + 1))
        found += [Item("/options", depth), Item("/step", depth)]
        return found + [self._step(to, depth) for to in self.below.get(place, ()) if to not in taken]

    def _inside(self, place: int, way: Way) -> int | None:
        """The step that the way leads to when it stands right below `place`, not before it or after a meeting."""
        if way.to is None or way.to == LAST or self.above[way.to] != place:
            return None
        return way.to

    @staticmethod
    def _onward(way: Way, depth: int) -> Item:
        if way.to is None:
            return Item("lost", depth)
        return Item("end", depth) if way.to == LAST else Item("jump", depth, place=way.to)

    def _spans(self) -> dict[int, tuple[int, int]]:
        """For each step what lies below it in the tree of dominators, as an interval."""
        span: dict[int, tuple[int, int]] = {}
        clock = 0
        waiting: list[tuple[int, bool]] = [(0, False)] if self.steps else []
        while waiting:
            place, is_done = waiting.pop()
            if is_done:
                span[place] = span[place][0], clock
                continue
            span[place] = clock, clock
            clock += 1
            waiting.append((place, True))
            waiting += [(each, False) for each in self.below.get(place, ())]
        return span

    def _entries(self) -> dict[int, int]:
        """How many ways lead to each step, those left out that come back from below it."""
        found: dict[int, int] = {}
        for place, each in enumerate(self.ways):
            for way in each:
                if way.to is None or way.to == LAST or place not in self.span:
                    continue
                start, stop = self.span[way.to]
                if not start <= self.span[place][0] < stop:
                    found[way.to] = found.get(way.to, 0) + 1
        return found


class _Drawing:
    """Stacks the boxes from top to bottom; branches stand further to the right."""

    def __init__(self, drawn: Tree) -> None:
        self.tree, self.y = drawn, 0
        self.last: dict[int, Item] = {}
        """By depth: the box that the next one at that depth hangs below."""

    def draw(self) -> None:
        for item in self.tree.items:
            if item.kind == "step":
                self._place(item, BOX, self._lines_of_step(item))
                self._hang(item)
            elif item.kind == "option":
                self._place(item, OPTION, self._lines_of_option(item))
                self._branch(item)
            elif item.kind in ("jump", "end", "lost"):
                self._place(item, CHIP, self._lines_of_jump(item))
                self._hang(item)
        self.tree.height = max(self.y - GAP, 0)

    def _place(self, item: Item, width: int, lines: list[tuple[str, str]]) -> None:
        item.x, item.y, item.w = min(item.depth, DEEPEST) * INDENT, self.y, width
        pad, y, said = PAD if item.kind == "step" else PAD // 2, self.y, []
        y += pad
        for text, look in lines:
            y += LINE if look == "strong" else SMALL
            said.append(Line(item.x + PAD, y - 4, text, look))
        item.lines, item.h = tuple(said), y + pad - self.y
        self.y += item.h + GAP

    def _hang(self, item: Item) -> None:
        """The line from the box above at the same depth; the one above stands for all that were deeper."""
        above = self.last.get(item.depth)
        is_free = item.depth < DEEPEST or (above is not None and above.y + above.h + GAP == item.y)
        if above is not None and item.is_reached and is_free:
            x = item.x + INDENT // 2
            self._wire(x, above.y + above.h, x, item.y)
        self.last[item.depth] = item
        for depth in [deeper for deeper in self.last if deeper > item.depth]:
            del self.last[depth]
        if item.kind != "step":
            del self.last[item.depth]

    def _branch(self, item: Item) -> None:
        """The line from the gate down and to the right, to one of its options."""
        gate = self.last.get(item.depth - 1)
        middle = item.y + item.h // 2
        if gate is not None:
            x = gate.x + INDENT // 2
            if item.x > x:
                self._wire(x, gate.y + gate.h, x, middle, item.x, middle)
        self.last[item.depth] = item
        for depth in [deeper for deeper in self.last if deeper > item.depth]:
            del self.last[depth]

    def _wire(self, *points: int) -> None:
        pairs = zip(points[::2], points[1::2], strict=True)
        self.tree.wires.append(" ".join(f"{x},{y}" for x, y in pairs))

    @staticmethod
    def _lines_of_step(item: Item) -> list[tuple[str, str]]:
        title = item.step.title if item.step else ""
        return [("", "label"), *((text, "strong") for text in wrapped(title, BOX - 2 * PAD))]

    @staticmethod
    def _lines_of_option(item: Item) -> list[tuple[str, str]]:
        title = item.option.title if item.option else ""
        notes = wrapped(item.note, OPTION - 2 * PAD, NOTE) if item.note else []
        return [*((text, "strong") for text in wrapped(title, OPTION - 2 * PAD)), *((text, "note") for text in notes)]

    @staticmethod
    def _lines_of_jump(item: Item) -> list[tuple[str, str]]:
        if item.kind != "jump" or item.step is None:
            return [("", "label")]
        return [(text, "note") for text in wrapped(f"→ {item.number} {item.step.title}", CHIP - 2 * PAD, NOTE)]


def wrapped(text: str, width: int, character: int = TEXT) -> list[str]:
    """`text` in lines of at most `width` pixels; a word that is too long is broken."""
    most = max(width // character, 1)
    lines: list[str] = []
    line, room = "", most
    for word in _words(text.split(), most):
        needed = _columns(word)
        if line and needed + 1 > room:
            lines.append(line)
            line, room = "", most
        line, room = (f"{line} {word}", room - needed - 1) if line else (word, room - needed)
    return [*lines, line] if line or not lines else lines


def _words(words: Iterable[str], most: int) -> Iterable[str]:
    for word in words:
        piece, taken = "", 0
        for character in word:
            needed = _columns(character)
            if piece and taken + needed > most:
                yield piece
                piece, taken = "", 0
            piece, taken = piece + character, taken + needed
        yield piece


def _columns(text: str) -> int:
    """Wide characters take two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
