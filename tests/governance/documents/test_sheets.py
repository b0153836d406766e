"""The rows of a matrix as a sheet and back."""

from __future__ import annotations

import copy
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base, sheets, tables, workbooks
from tests.governance.documents import world

NAMES = world.Directory()
KEYS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)
PEOPLE = st.sampled_from([str(world.ident(name)) for name in world.NAMES])
TEAMS = st.sampled_from([str(world.ident(f"t:{key}")) for key in world.MEMBERS])
HOLDER = st.one_of(
    st.fixed_dictionaries({"role": KEYS}),
    st.fixed_dictionaries({"person": PEOPLE}),
    st.fixed_dictionaries({"person": st.uuids().map(str)}),
    st.fixed_dictionaries({"team": TEAMS}, optional={"person": st.none()}),
    st.fixed_dictionaries({"schedule": st.uuids().map(str)}),
)
SCOPE = st.one_of(
    st.just({}),
    st.just({"workflow": None}),
    st.fixed_dictionaries({"team": TEAMS}),
    st.fixed_dictionaries({"workflow": st.sampled_from([str(world.ident(f"w:{key}")) for key in world.WORKFLOWS])}),
    st.fixed_dictionaries({"criticality": st.sampled_from(["high", "medium", "low"])}),
)
MINUTES = st.none() | st.integers(1, 43200)
ROW = st.fixed_dictionaries(
    {"key": KEYS, "responsibility": KEYS, "holder": HOLDER},
    optional={
        "scope": SCOPE,
        "severity": st.sampled_from(["any", "sev1", "sev2", "sev3", "sev4"]),
        "letter": st.sampled_from("RACI"),
        "alternates": st.lists(HOLDER, max_size=3),
        "acknowledge_minutes": MINUTES,
        "decide_minutes": MINUTES,
    },
)
MATRICES = st.fixed_dictionaries(
    {"title": st.just("Owners"), "rows": st.lists(ROW, max_size=6, unique_by=lambda row: row["key"])},
    optional={"roles": st.just([{"key": "lead", "title": "Lead"}])},
)
BROWSER = [*sheets.HEADINGS.values()]


def as_csv(content: dict, names=NAMES) -> bytes:
    return tables.to_csv(sheets.cells(content, names))


def as_xlsx(content: dict, names=NAMES) -> bytes:
    return workbooks.to_xlsx(sheets.cells(content, names), sheets.TITLE, sheets.WIDTHS)


def read(data: bytes, content: dict):
    return sheets.from_table(workbooks.read(data), content, NAMES)


def sheet(*rows: dict, delimiter: str = ",", bom: bool = True) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(BROWSER)
    for row in rows:
        writer.writerow([row.get(name.replace(" ", "_"), "") for name in BROWSER])
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


GOOD = {"key": "a", "responsibility": "on_call", "holder": "lead@demo.example"}
EMPTY = {"title": "Owners", "rows": []}


def refusals(*rows: dict) -> list[tuple[int | None, str]]:
    _content, findings, _lines = read(sheet(*rows), EMPTY)
    return [(finding.line, str(finding.message)) for finding in findings]


@given(MATRICES, st.sampled_from([as_csv, as_xlsx]))
def test_a_matrix_comes_back_from_a_sheet_as_it_went(content, write):
    back, findings, lines = read(write(content, NAMES), content)
    assert findings == [] and back == content
    assert lines == {f"/rows/{row['key']}": number for number, row in enumerate(content["rows"], 2)}


@given(MATRICES)
def test_a_sheet_means_the_same_on_an_empty_matrix(content):
    back, findings, _ = read(as_csv(content, NAMES), {**content, "rows": []})
    assert findings == []
    assert base.parse("matrix", back) == base.parse("matrix", content)


@given(MATRICES)
def test_a_matrix_comes_back_from_yaml_as_it_went(content):
    back, findings = base.from_yaml(base.to_yaml(content, NAMES), NAMES)
    assert findings == [] and base.canonical(back) == base.canonical(content)


@given(MATRICES, MATRICES)
def test_a_sheet_replaces_the_rows_and_nothing_else(old, new):
    back, findings, _ = read(as_csv(new, NAMES), old)
    assert findings == []
    assert {name: value for name, value in back.items() if name != "rows"} == {
        name: value for name, value in old.items() if name != "rows"
    }
    assert base.apply(old, base.diff(old, back)) == back
    rows = base.parse("matrix", {**new, "title": "x", "roles": []})[0].rows
    assert base.parse("matrix", {**back, "title": "x", "roles": []})[0].rows == rows


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_an_address_that_looks_like_a_formula_is_escaped_in_both_kinds(start):
    from openpyxl import load_workbook

    class Odd:
        def name(self, kind, id):
            return f"{start}cmd@demo.example"

        def find(self, kind, name):
            return world.ident("lead") if name == f"{start}cmd@demo.example" else None

    content = {"rows": [{"key": "a", "responsibility": "b", "holder": {"person": str(world.ident("lead"))}}]}
    assert f",'{start}cmd@demo.example,".encode() in as_csv(content, Odd())
    book = load_workbook(io.BytesIO(as_xlsx(content, Odd())))
    assert {cell.data_type for row in book.active.iter_rows(max_col=7) for cell in row if cell.value} == {"s"}
    for write in (as_csv, as_xlsx):
        back, findings, _ = sheets.from_table(workbooks.read(write(content, Odd())), content, Odd())
        assert findings == [] and back == content


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [True, False])
def test_the_delimiter_and_the_mark_are_found_out(delimiter, bom):
    content, findings, lines = read(sheet(GOOD, delimiter=delimiter, bom=bom), EMPTY)
    assert findings == [] and lines == {"/rows/a": 2}
    assert content["rows"] == [
        {"key": "a", "responsibility": "on_call", "holder": {"person": str(world.ident("lead"))}}
    ]


def test_a_wrong_cell_is_named_by_row_and_column_in_plain_words():
    assert refusals(GOOD, GOOD | {"key": "b", "holder": "ghost@demo.example"}) == [
        (3, "Column F (holder): There is no person called 'ghost@demo.example'.")
    ]
    assert refusals(GOOD | {"severity": "sev9", "letter": "X", "decide_minutes": "soon"}) == [
        (2, "Column D (severity): “sev9” must be one of any, sev1, sev2, sev3, sev4."),
        (2, "Column E (letter): “X” must be one of R, A, C, I."),
        (2, "Column I (decide minutes): “soon” must be a whole number of minutes, from 1 to 43200."),
    ]
    assert refusals(GOOD | {"scope": "workflow:nope"}) == [(2, "Column B (scope): There is no workflow called 'nope'.")]
    assert refusals(GOOD | {"scope": "everything"}) == [
        (2, "Column B (scope): “everything” must be workflow:key, team:key, department:key or criticality:high.")
    ]
    assert refusals(GOOD | {"alternates": "team:payments; team:none"}) == [
        (2, "Column G (alternates): There is no team called 'none'.")
    ]
    assert refusals(GOOD | {"holder": ""}) == [(2, "Column F (holder): this may not be empty.")]
    assert refusals(GOOD, GOOD) == [(3, "Column A (key): “a” is already the key of row 2.")]
    assert refusals(GOOD | {"key": "Ä"}) == [
        (2, "Column A (key): “Ä” may hold at most 64 letters, digits, - and _ only.")
    ]


def test_a_formula_is_named_and_not_believed():
    assert refusals(GOOD | {"responsibility": '=HYPERLINK("http://x")'}) == [
        (2, "Column C (responsibility): is a formula; put its value here instead.")
    ]
    assert refusals(GOOD | {"key": "+1"}) == [
        (2, "Column A (key): “+1” may hold at most 64 letters, digits, - and _ only.")
    ]


def test_every_column_must_be_there_so_that_nothing_is_lost():
    _content, findings, _lines = read(b"key,responsibility,holder\na,on_call,lead@demo.example\n", EMPTY)
    [finding] = findings
    assert (finding.line, str(finding.message)) == (
        1,
        "The first row must name the columns; missing: scope, severity, letter, alternates, "
        "acknowledge minutes, decide minutes.",
    )
    data = sheet(GOOD).replace(b"decide minutes", b"decide minutes,colour")
    assert [str(finding.message) for finding in read(data, EMPTY)[1]] == [
        "Column J: the heading “colour” is not known."
    ]


def test_a_new_row_without_a_key_gets_one_that_is_free():
    content, findings, _ = read(sheet(GOOD | {"key": ""}, GOOD | {"key": "on_call-any"}, GOOD | {"key": ""}), EMPTY)
    assert findings == []
    assert [row["key"] for row in content["rows"]] == ["on_call-any-2", "on_call-any", "on_call-any-3"]


def test_a_row_that_says_the_same_stays_as_it_is_written():
    old = world.content("payments-matrix")
    old["rows"][0] |= {"severity": "any", "decide_minutes": None}
    changed = copy.deepcopy(old)
    changed["rows"][1]["decide_minutes"] = 45
    back, _findings, _ = read(as_csv(changed, NAMES), old)
    [change] = base.diff(old, back)
    assert (change.path, change.before, change.after) == ("/rows/capture-containment/decide_minutes", 30, 45)
