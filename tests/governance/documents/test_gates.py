"""The decision tree of a scenario: every step once, no box on another, no line through a box (D45, D48)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents import gates, ways
from governance.documents.gates import Item, Tree
from governance.documents.playbook import STEP_KINDS, GateOption, Step


def step(key: str, does: str = "action", after: str | None = None, **options: str | None) -> Step:
    rows = tuple(GateOption(key=name, title=name, next=to) for name, to in options.items())
    return Step(key=key, title=key.replace("-", " ").capitalize(), does=does, next=after, options=rows)


REPAIR = (
    step("scope", "scope"),
    step("choose", "gate", fix="fix", rewire="rewire", disable="by-hand", wait=None),
    step("fix", after="verify"),
    step("rewire"),
    step("rewired", "gate", yes="verify", no="by-hand"),
    step("by-hand", after="end"),
    step("verify", "verification"),
    step("fine", "gate", yes="end", no="scope"),
)


def outline(tree: Tree) -> list[str]:
    """What a reader of text meets: numbers and titles, moved to the right by their depth."""
    words = {"jump": "go to", "end": "end", "lost": "nowhere"}
    found = []
    for item in tree.items:
        if item.kind == "step" and item.step:
            said = f"{item.number} {item.step.key}" + ("" if item.is_reached else " (never)")
        elif item.kind == "option" and item.option:
            said = f"{item.option.key}:"
        elif item.kind in words:
            said = f"{words[item.kind]} {item.number or ''}".strip()
        else:
            continue
        found.append("  " * item.depth + said)
    return found


def test_what_only_one_option_leads_to_stands_inside_it_and_where_ways_meet_below_the_gate() -> None:
    assert outline(gates.tree(REPAIR)) == [
        "1 scope",
        "2 choose",
        *("  fix:", "  3 fix", "  go to 7"),
        *("  rewire:", "  4 rewire", "  5 rewired", "    yes:", "    go to 7", "    no:", "    go to 6"),
        *("  disable:", "  go to 6"),
        *("  wait:", "  nowhere"),
        *("6 by-hand", "end"),
        *("7 verify", "8 fine", "  yes:", "  end", "  no:", "  go to 1"),
    ]


def test_a_step_that_nothing_leads_to_stands_at_the_end() -> None:
    steps = (step("one", after="end"), step("two"), step("three", "gate", a="one"))
    assert outline(gates.tree(steps)) == ["1 one", "end", "2 two (never)", "3 three (never)"]


def test_a_scenario_without_steps_is_an_empty_tree() -> None:
    empty = gates.tree(())
    assert [item.kind for item in empty.items] == ["open", "close"] and (empty.height, empty.wires) == (0, [])


def test_what_an_option_needs_stands_below_its_title() -> None:
    drawn = gates.tree(REPAIR, note=lambda option: f"needs {option.key}")
    option = next(item for item in drawn.items if item.kind == "option")
    assert [(line.look, line.text) for line in option.lines] == [("strong", "fix"), ("note", "needs fix")]


def test_a_long_title_is_wrapped_and_a_long_word_is_broken() -> None:
    assert gates.wrapped("one two three", 8 * 8) == ["one two", "three"]
    assert gates.wrapped("a" * 20, 8 * 8) == ["a" * 8, "a" * 8, "a" * 4]
    assert gates.wrapped("数据不一致", 8 * 8) == ["数据不一", "致"]
    assert gates.wrapped("", 80) == [""]


def test_the_last_step_that_every_way_passes_is_found_also_in_a_loop() -> None:
    found = ways.ways(REPAIR)
    assert ways.dominators(found) == [None, 0, 1, 1, 3, 1, 1, 6]
    assert ways.reached(found) == set(range(8)) == ways.ending(found)
    circle = ways.ways((step("a"), step("b", after="a"), step("c")))
    assert (ways.reached(circle), ways.ending(circle)) == ({0, 1}, {2})


KEYS = st.sampled_from([*"abcdefgh", "end", "nowhere"])
OPTIONS = st.lists(st.builds(GateOption, key=KEYS, title=KEYS, next=st.none() | KEYS), max_size=4).map(tuple)
STEPS = st.lists(
    st.builds(
        Step,
        key=KEYS,
        title=st.text(min_size=1, max_size=200),
        does=st.sampled_from(STEP_KINDS) | st.just("gate"),
        next=st.none() | KEYS,
        options=OPTIONS,
    ),
    max_size=14,
)


@given(STEPS)
def test_every_step_appears_once_and_nothing_overlaps_however_the_steps_refer_to_each_other(steps) -> None:
    holds(gates.tree(steps), steps)


def test_two_hundred_steps_and_gates_within_gates_stay_within_the_width() -> None:
    line = [step(f"s{number}") for number in range(200)]
    nested = [step(f"g{number}", "gate", on=f"g{number + 1}", out="end") for number in range(199)] + [step("g199")]
    for steps in (line, nested):
        holds(gates.tree(steps), steps)


def test_the_same_steps_always_give_the_same_tree() -> None:
    assert gates.tree(REPAIR) == gates.tree(REPAIR)


def holds(drawn: Tree, steps) -> None:
    assert sorted(item.place for item in drawn.steps) == list(range(len(steps)))
    assert [item.number for item in drawn.steps] == list(range(1, len(steps) + 1))
    boxes = drawn.boxes
    for above, below in zip(boxes, boxes[1:], strict=False):
        assert above.y + above.h < below.y
    for box in boxes:
        assert box.x >= 0 and box.x + box.w <= drawn.width and box.y + box.h <= drawn.height
        assert all(box.y < line.y < box.y + box.h for line in box.lines)
        assert all(isinstance(value, int) for value in (box.x, box.y, box.w, box.h))
    for wire in drawn.wires:
        for start, stop in _pieces(wire):
            assert not any(_crosses(box, start, stop) for box in boxes), wire
    assert balanced(drawn.items)


def _pieces(wire: str):
    points = [tuple(map(int, point.split(","))) for point in wire.split()]
    return zip(points, points[1:], strict=False)


def _crosses(box: Item, start, stop) -> bool:
    """The line runs through the inside of the box, not only up to its edge."""
    left, right = sorted((start[0], stop[0]))
    top, bottom = sorted((start[1], stop[1]))
    return left < box.x + box.w and right > box.x and top < box.y + box.h and bottom > box.y


def balanced(items: list[Item]) -> bool:
    """What is opened is closed, in the right order: the outline is well-formed HTML."""
    begins = {"close": "open", "/step": "step", "/options": "options", "/option": "option"}
    waiting: list[str] = []
    for item in items:
        if item.kind in begins.values():
            waiting.append(item.kind)
        elif item.kind in begins and waiting.pop() != begins[item.kind]:
            return False
    return not waiting


@pytest.mark.parametrize("kind", STEP_KINDS)
def test_every_kind_of_step_is_drawn(kind) -> None:
    assert [item.kind for item in gates.tree([step("one", kind)]).boxes][0] == "step"
