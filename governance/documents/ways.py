"""Which step of a scenario leads to which: the graph that the checks judge and the decision tree draws (D45, D48).

Steps are named by their place in the list, so that two with the same key (a finding) still are two steps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from governance.documents.playbook import END, Step

LAST = -1
"""The place after the last step: the end of the scenario."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way on: to the place of a step, to LAST, or nowhere (None). `option` is the place in a gate's options."""

    to: int | None
    option: int | None = None


def ways(steps: Sequence[Step]) -> list[tuple[Way, ...]]:
    """For each step the ways on from it, in document order."""
    places: dict[str, int] = {}
    for place, step in enumerate(steps):
        places.setdefault(step.key, place)

    def to(key: str) -> int | None:
        return LAST if key == END else places.get(key)

    found = []
    for place, step in enumerate(steps):
        following = place + 1 if place + 1 < len(steps) else LAST
        if step.does == "gate":
            options = enumerate(step.options)
            found.append(tuple(Way(to(item.next) if item.next else None, index) for index, item in options))
        else:
            found.append((Way(to(step.next) if step.next else following),))
    return found


def reached(found: Sequence[Collection[Way]]) -> set[int]:
    """The steps that a reader can come to from the first one."""
    seen: set[int] = set()
    waiting = [0] if found else []
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        waiting += [way.to for way in found[place] if way.to is not None and way.to != LAST]
    return seen


def ending(found: Sequence[Collection[Way]]) -> set[int]:
    """The steps from which a way leads out; every other one only leads round in circles.

    A way to nowhere counts as out, since it is a finding of its own.
    """
    before: list[list[int]] = [[] for _ in found]
    waiting = [place for place, each in enumerate(found) if not each]
    for place, each in enumerate(found):
        for way in each:
            if way.to == LAST or way.to is None:
                waiting.append(place)
            else:
                before[way.to].append(place)
    seen: set[int] = set()
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting += before[place]
    return seen


def dominators(found: Sequence[Sequence[Way]]) -> list[int | None]:
    """For each step the last one that every way to it passes; None for the first one and for what is not reached.

    Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm".
    """
    order = _postorder(found)
    rank = {place: index for index, place in enumerate(order)}
    before: dict[int, list[int]] = {place: [] for place in order}
    for place in order:
        for way in found[place]:
            if way.to is not None and way.to != LAST:
                before[way.to].append(place)
    above: dict[int, int] = {0: 0} if order else {}
    changed = bool(order)
    while changed:
        changed = False
        for place in reversed(order[:-1]):
            known = [item for item in before[place] if item in above]
            nearest = known[0]
            for item in known[1:]:
                nearest = _meet(nearest, item, above, rank)
            if above.get(place) != nearest:
                above[place], changed = nearest, True
    return [above.get(place) if place else None for place in range(len(found))]


def _meet(one: int, other: int, above: dict[int, int], rank: dict[int, int]) -> int:
    while one != other:
        while rank[one] < rank[other]:
            one = above[one]
        while rank[other] < rank[one]:
            other = above[other]
    return one


def _postorder(found: Sequence[Sequence[Way]]) -> list[int]:
    """What is reached, each after everything that it leads to (the first step last)."""
    order: list[int] = []
    seen: set[int] = set()
    waiting: list[tuple[int, bool]] = [(0, False)] if found else []
    while waiting:
        place, is_done = waiting.pop()
        if is_done:
            order.append(place)
        elif place not in seen:
            seen.add(place)
            waiting.append((place, True))
            waiting += [(way.to, False) for way in reversed(found[place]) if way.to is not None and way.to != LAST]
    return order
