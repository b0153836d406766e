"""Cells of a matrix: edits by several people lose nothing, and nobody overwrites what they have not seen."""

import copy
import json

from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base, cells
from governance.documents.cells import Cell, Edit, Held, Value

PEOPLE = tuple(f"01900000-0000-7000-8000-00000000000{number}" for number in range(8))
TEAM = "01900000-0000-7000-8000-0000000000aa"
WORKFLOWS = tuple(f"01900000-0000-7000-8000-0000000001{number:02}" for number in range(4))

holders = st.builds(Held, st.just("person"), st.sampled_from(PEOPLE))
values = st.builds(
    Value,
    holders,
    st.lists(holders, max_size=2).map(tuple),
    st.none() | st.integers(1, 60),
    st.none() | st.integers(1, 60),
)
questions = st.builds(
    Cell,
    st.just("workflow"),
    st.sampled_from(WORKFLOWS),
    st.sampled_from(("on_call", "owner")),
    st.sampled_from(("any", "sev1")),
    st.sampled_from("RACI"),
) | st.builds(Cell, st.just("team"), st.just(TEAM), st.sampled_from(("on_call", "owner")), st.just("any"), st.just("A"))
answers = st.dictionaries(questions, st.none() | values, max_size=8)
several = st.dictionaries(questions, st.lists(values, max_size=3).map(tuple), max_size=6)
EMPTY = {"title": "Team", "scope": {"team": TEAM}, "rows": []}


def content_of(said: dict[Cell, Value | None]) -> dict:
    return cells.with_cells(EMPTY, edits(EMPTY, said)).content


def edits(content: dict, said: dict[Cell, Value | None]) -> list[Edit]:
    known = cells.cells(content)
    return [Edit(cell, value, cells.token(known.get(cell)), name="order-sync") for cell, value in said.items()]


def says(content: dict) -> dict[Cell, Value]:
    return {cell: entry.value for cell, entry in cells.cells(content).items()}


@given(answers, answers)
def test_what_was_edited_is_said_and_the_rest_stays(first, second) -> None:
    old = content_of(first)
    kept = copy.deepcopy(old)
    done = cells.with_cells(old, edits(old, second))
    assert old == kept and done.stale == ()
    assert says(done.content) == {cell: value for cell, value in {**first, **second}.items() if value is not None}
    assert {name: old[name] for name in old if name != "rows"} == {
        name: done.content[name] for name in done.content if name != "rows"
    }
    keys = [row["key"] for row in done.content["rows"]]
    assert len(set(keys)) == len(keys)
    assert base.load("matrix", base.canonical(done.content))


@given(answers, answers, answers)
def test_people_who_edit_different_cells_lose_nothing(start, hers, his) -> None:
    old = content_of(start)
    his = {cell: value for cell, value in his.items() if cell not in hers}
    late = edits(old, his)  # made while she had not saved yet
    after_her = cells.with_cells(old, edits(old, hers)).content
    done = cells.with_cells(after_her, late)
    assert done.stale == ()
    assert says(done.content) == {cell: value for cell, value in {**start, **hers, **his}.items() if value is not None}


@given(answers, questions, values, values)
def test_of_two_who_edit_the_same_cell_the_slower_learns_both_values(start, cell, hers, his) -> None:
    old = content_of({**start, cell: None})
    other = Cell("workflow", WORKFLOWS[0], "owner", "sev4", "A")
    late = edits(old, {cell: his, other: his})
    after_her = cells.with_cells(old, edits(old, {cell: hers})).content
    done = cells.with_cells(after_her, late)
    if hers == his:
        assert done.stale == ()
    else:
        assert done.stale == (cells.Stale(cell, his, hers),)
    assert says(done.content) == says(after_her) | {other: his}


@given(answers, answers, answers)
def test_a_draft_moves_onto_a_newer_version(start, drafted, published) -> None:
    old = content_of(start)
    draft = cells.with_cells(old, edits(old, drafted)).content
    newer = cells.with_cells(old, edits(old, published)).content
    moved = cells.with_cells(newer, cells.edits_between(old, draft))
    refused = {stale.cell for stale in moved.stale}
    really = {cell: value for cell, value in drafted.items() if value != start.get(cell)}
    for cell, value in really.items():
        assert cell in refused or says(moved.content).get(cell) == value
    assert refused <= {cell for cell in published if start.get(cell) != published[cell]}


def of_rows(content: dict, said: dict[Cell, tuple[Value, ...]]) -> list[Edit]:
    known = cells.cells(content)
    return [
        Edit(cell, rows[0] if rows else None, cells.token(known.get(cell)), more=rows[1:])
        for cell, rows in said.items()
    ]


def rows_of(content: dict) -> dict[Cell, tuple[Value, ...]]:
    return {cell: entry.values for cell, entry in cells.cells(content).items()}


@given(several, several)
def test_every_row_of_a_cell_is_said_in_its_order_and_keeps_its_key(first, second) -> None:
    old = cells.with_cells(EMPTY, of_rows(EMPTY, first)).content
    done = cells.with_cells(old, of_rows(old, second))
    assert rows_of(done.content) == {cell: rows for cell, rows in {**first, **second}.items() if rows}
    before, after = cells.cells(old), cells.cells(done.content)
    for cell in before.keys() & after.keys():
        for value in set(before[cell].values) & set(after[cell].values):
            keys = [
                {key for key, said in cells._pairs(entry) if said == value} for entry in (before[cell], after[cell])
            ]
            assert keys[0] & keys[1]
    assert rows_of(cells.with_cells(old, cells.edits_between(old, done.content)).content) == rows_of(done.content)
    typed = cells.typed_with(base.load("matrix", base.canonical(old)), of_rows(old, second))
    assert rows_of(typed.model_dump(mode="json")) == rows_of(done.content)


@given(several, questions, values)
def test_an_edit_that_does_not_name_further_rows_leaves_them(start, cell, value) -> None:
    old = cells.with_cells(EMPTY, of_rows(EMPTY, start)).content
    done = cells.with_cells(old, edits(old, {cell: value}))
    assert rows_of(done.content)[cell] == (value, *start.get(cell, ())[1:])


@given(questions)
def test_an_address_reads_back(cell) -> None:
    assert cells.cell_at(cell.address) == cell


def test_other_words_are_no_address() -> None:
    wrong = ("", "a:b", "team::on_call:any:A", "default:x:on_call:any:A", "team:1:on_call:sev9:A", "team:1:ON:any:A")
    wrong += ("criticality:vast:on_call:any:A", f"team:{TEAM.upper()}:on_call:any:A", f"team:{TEAM}x:on_call:any:A")
    for address in (*wrong, f"team:{TEAM}:on_call:any:Z", f"board:{TEAM}:on_call:any:A"):
        assert cells.cell_at(address) is None, address
    assert cells.cell_at("default::on_call:any:A") == Cell("default", "", "on_call")


def test_a_row_keeps_its_key_and_place_and_the_next_of_its_cell_follows() -> None:
    row = {"responsibility": "on_call", "letter": "C", "scope": {"workflow": WORKFLOWS[0], "team": None}}
    rows = [{**row, "key": name, "holder": {"person": person}} for name, person in zip("abc", PEOPLE, strict=False)]
    old = {"title": "Team", "rows": rows}
    cell = Cell("workflow", WORKFLOWS[0], "on_call", "any", "C")
    assert [key for key, _ in cells.cells(old)[cell].more] == ["b", "c"]
    new = cells.with_cells(old, edits(old, {cell: Value(Held("person", PEOPLE[7]))})).content
    assert new["rows"] == [{**rows[0], "holder": {"person": PEOPLE[7]}}, *rows[1:]]
    assert cells.with_cells(old, edits(old, {cell: None})).content["rows"] == rows[1:]
    assert json.dumps(old["rows"]) == json.dumps(rows)


def test_a_token_covers_every_row_of_the_cell() -> None:
    row = {"key": "a", "responsibility": "on_call", "letter": "C", "holder": {"person": PEOPLE[0]}}
    cell = Cell("default", "", "on_call", "any", "C")
    one = cells.cells({"rows": [row]})[cell]
    two = cells.cells({"rows": [row, {**row, "key": "b"}]})[cell]
    assert len({cells.token(None), cells.token(one), cells.token(two)}) == 3
