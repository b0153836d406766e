"""What hangs on a workflow, as a drawing: each workflow that it feeds stands below it, moved to the right (D88, D89).

Every workflow appears once, beneath the first that leads to it; so loops end, and no line crosses a box. Pixels are
whole numbers, and the same dependencies always give the same drawing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

WIDTH = 300
INDENT, HEIGHT, GAP = 28, 38, 14
PAD = 10
FIRST, SECOND = 17, 32
"""Base lines of both lines of text in a box."""
CHARACTER = 7
"""Pixels of an average character; rather too many than too few."""
BRANCHES = 8
"""So many workflows below one are drawn; the others are counted."""
DEEPEST = 4

Look = Literal["", "hit", "risk"]


@dataclass(frozen=True, slots=True)
class Place:
    """A workflow to be drawn: its name, a short fact beside it, and whether it is hit itself or at risk."""

    title: str
    note: str = ""
    look: Look = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a workflow stands; `title` and `note` fit, `whole` is its full name."""

    key: UUID | None
    depth: int
    x: int
    y: int
    w: int
    title: str
    note: str
    whole: str
    look: Look
    url: str

    @property
    def text(self) -> int:
        """Where its text begins."""
        return self.x + PAD

    @property
    def first(self) -> int:
        """Base line of the name; in the middle when nothing stands below it."""
        return self.y + (FIRST if self.note else (FIRST + SECOND) // 2)

    @property
    def second(self) -> int:
        return self.y + SECOND


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes in reading order, `wires` as paths; `cut` counts workflows that are left out."""

    boxes: tuple[Box, ...]
    wires: tuple[str, ...]
    width: int
    height: int
    cut: int = 0

    @property
    def reached(self) -> int:
        """How many workflows hang on the first."""
        return len(self.boxes) - 1 + self.cut


def draw(
    root: UUID, places: Mapping[UUID, Place], feeds: Mapping[UUID, Sequence[UUID]], *, width: int = WIDTH
) -> Drawing:
    """Draw `root` and what `feeds` (workflow -> those that it feeds, in order) lead to from it, `places` by workflow.

    A workflow without a place is left out. At most DEEPEST levels and BRANCHES below one workflow are drawn.
    """
    boxes: list[Box] = []
    wires: list[str] = []
    seen, cut = {root}, 0
    waiting: list[tuple[UUID, int, Box | None]] = [(root, 0, None)]
    while waiting:
        key, depth, above = waiting.pop()
        box = _box(key, places[key], depth, len(boxes), width)
        boxes.append(box)
        if above is not None:
            wires.append(_wire(above, box))
        below = [each for each in dict.fromkeys(feeds.get(key, ())) if each not in seen and each in places]
        shown = below[:BRANCHES] if depth < DEEPEST else []
        cut += len(below) - len(shown)
        seen.update(below)
        waiting += [(each, depth + 1, box) for each in reversed(shown)]
    return Drawing(tuple(boxes), tuple(wires), width, len(boxes) * (HEIGHT + GAP) - GAP + 2, cut)


def _box(key: UUID, place: Place, depth: int, number: int, width: int) -> Box:
    x = 1 + depth * INDENT
    wide = width - x - 1
    room = (wide - 2 * PAD) // CHARACTER
    y = 1 + number * (HEIGHT + GAP)
    title, note = _cut(place.title, room), _cut(place.note, room)
    return Box(key, depth, x, y, wide, title, note, place.title, place.look, place.url)


def _wire(above: Box, below: Box) -> str:
    x, y = above.x + INDENT // 2, below.y + HEIGHT // 2
    return f"M{x} {above.y + HEIGHT}V{y}H{below.x}"


def _cut(text: str, room: int) -> str:
    """`text` as far as it fits into `room` average characters; wide ones count twice."""
    used = 0
    for place, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > room:
            return text[: max(place - 1, 0)].rstrip() + "…"
    return text
