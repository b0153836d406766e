"""The drawing of what hangs on a workflow."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from governance.rules import dependency_map
from governance.rules.dependency_map import BRANCHES, DEEPEST, GAP, HEIGHT, Place

GRAPHS = st.dictionaries(st.integers(0, 30), st.lists(st.integers(0, 30), max_size=12), max_size=20)


def key(number: int) -> UUID:
    return UUID(int=number)


def drawn(feeds: dict[int, list[int]], width: int = 300) -> dependency_map.Drawing:
    names = {number for each in feeds.items() for number in (each[0], *each[1])} | {0}
    places = {key(number): Place(f"Workflow {number}") for number in names}
    edges = {key(upper): [key(lower) for lower in lowers] for upper, lowers in feeds.items()}
    return dependency_map.draw(key(0), places, edges, width=width)


def reached(feeds: dict[int, list[int]]) -> set[int]:
    found, waiting = {0}, [0]
    while waiting:
        new = set(feeds.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


@given(GRAPHS)
def test_each_workflow_that_is_reached_stands_there_once_or_is_counted(feeds: dict[int, list[int]]) -> None:
    found = drawn(feeds)
    keys = [box.key for box in found.boxes]
    assert len(keys) == len(set(keys))
    assert {each.int for each in keys if each} <= reached(feeds)
    if not found.cut:
        assert {each.int for each in keys if each} == reached(feeds)
    assert len(found.wires) == len(found.boxes) - 1
    assert all(box.depth <= DEEPEST for box in found.boxes)


@given(GRAPHS)
def test_no_box_lies_on_another_or_outside(feeds: dict[int, list[int]]) -> None:
    found = drawn(feeds)
    tops = [box.y for box in found.boxes]
    assert tops == sorted(tops)
    assert all(lower - upper >= HEIGHT + GAP for upper, lower in zip(tops, tops[1:], strict=False))
    assert all(box.x > 0 and box.x + box.w < found.width and box.y + HEIGHT < found.height for box in found.boxes)


def test_a_branch_stands_below_what_feeds_it() -> None:
    found = drawn({0: [1, 3], 1: [2], 3: [0]})
    assert [(box.whole, box.depth) for box in found.boxes] == [
        ("Workflow 0", 0),
        ("Workflow 1", 1),
        ("Workflow 2", 2),
        ("Workflow 3", 1),
    ]
    assert found.reached == 3


def test_too_many_are_counted() -> None:
    found = drawn({0: list(range(1, BRANCHES + 6))})
    assert (len(found.boxes), found.cut, found.reached) == (BRANCHES + 1, 5, BRANCHES + 5)


def test_a_long_name_is_cut_and_kept_whole_beside() -> None:
    places = {key(0): Place("請求書の取り込みと承認と支払いの処理の全部の流れ", "x" * 80)}
    (box,) = dependency_map.draw(key(0), places, {}).boxes
    assert box.title.endswith("…") and box.whole == places[key(0)].title
    assert box.note.endswith("…") and len(box.note) < 45
    assert box.second > box.first > box.y
