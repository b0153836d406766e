"""Any document as a sheet, one value in each row: what goes out, what comes back, and what is refused at which cell."""

from __future__ import annotations

from typing import Any

import pytest

from governance.documents import base, outline, tables
from tests.governance.documents import contents, policies, world
from tests.governance.documents.world import ident

NAMES = world.Directory()
LEAD, PAYMENTS = str(ident("lead")), str(ident("t:payments"))
TITLE = ("title", "", "", "Policy")


def out(kind: str, content: dict[str, Any], say=str) -> list[list[Any]]:
    return list(outline.cells(kind, content, NAMES, say))


def read(*rows: tuple[str, ...], kind: str = "escalation", content: dict[str, Any] | None = None, head=outline.COLUMNS):
    numbered = enumerate([head, *rows], 1)
    return outline.from_table(kind, tables.table(numbered), content or {}, NAMES)


def said(*rows: tuple[str, ...], **more: Any) -> dict[str, Any]:
    content, findings, _lines = read(TITLE, *rows, **more)
    assert findings == []
    return content


def refused(*rows: tuple[str, ...], **more: Any) -> list[tuple[int | None, str]]:
    return [(finding.line, str(finding.message)) for finding in read(TITLE, *rows, **more)[1]]


# Out


def test_each_value_has_a_row_with_its_part_entry_and_field() -> None:
    level = {
        "key": "first",
        "title": "=First",
        "window_minutes": 15,
        "targets": [{"responsibility": "on_call", "alternate": 1}, {"person": LEAD}, {"team": PAYMENTS}],
        "criteria": {"minimum_severity": "sev2", "criticality": ["high", "low"]},
        "required_data": ["impact", "start"],
        "consequence": "",
    }
    content = {"title": "Policy", "schema_number": 1, "levels": [level], "fallback": [{"role": "lead"}]}
    assert out("escalation", content)[0] == ["part", "entry", "field", "value"]
    assert {tuple(row) for row in out("escalation", content)[1:]} == {
        ("title", "", "", "Policy"),
        ("levels", "first", "title", "'=First"),
        ("levels", "first", "targets", "responsibility:on_call +1"),
        ("levels", "first", "targets", "lead@demo.example"),
        ("levels", "first", "targets", "team:payments"),
        ("levels", "first", "window_minutes", 15),
        ("levels", "first", "criteria/minimum_severity", "sev2"),
        ("levels", "first", "criteria/criticality", "high"),
        ("levels", "first", "criteria/criticality", "low"),
        ("levels", "first", "required_data", "impact"),
        ("levels", "first", "required_data", "start"),
        ("fallback", "", "", "role:lead"),
    }
    assert len(out("escalation", content)) == 13


def test_the_whole_company_and_the_holder_of_a_duty_are_said_plainly() -> None:
    content = {"title": "Policy", "scope": {}, "fallback": [{"responsibility": "on_call"}]}
    assert sorted(map(tuple, out("escalation", content)[2:])) == [
        ("fallback", "", "", "responsibility:on_call"),
        ("scope", "", "", "company"),
    ]


def test_headings_are_in_the_language_of_the_reader_and_read_in_it() -> None:
    assert out("rubric", {"title": "R"}, str.upper)[0] == ["PART", "ENTRY", "FIELD", "VALUE"]
    spoken = {"Teil": "part", "Eintrag": "entry", "Feld": "field", "Wert": "value"}
    table = tables.table([(1, tuple(spoken)), (2, TITLE)])
    assert outline.from_table("rubric", table, {}, NAMES, spoken)[:2] == ({"title": "Policy"}, [])


def test_a_row_that_says_nothing_beside_its_key_still_goes_out_and_comes_back() -> None:
    content = {"title": "Policy", "timeboxes": [{"key": "any"}]}
    assert out("escalation", content)[2] == ["timeboxes", "any", "", ""]
    assert said(("timeboxes", "any", "", "")) == content


# In


def test_values_are_put_where_their_paths_say() -> None:
    assert said(
        ("levels", "first", "title", "First"),
        ("levels", "first", "targets", "responsibility:On_Call + 2"),
        ("levels", "first", "targets", "team:payments"),
        ("levels", "first", "window_minutes", "15.0"),
        ("levels", "first", "on_timeout", "Hold"),
        ("levels", "first", "criteria/criticality", "high"),
        ("levels", "first", "criteria/criticality", "low"),
        ("scope", "", "", "team:payments"),
    ) == {
        "title": "Policy",
        "levels": [
            {
                "key": "first",
                "title": "First",
                "targets": [{"responsibility": "on_call", "alternate": 2}, {"team": PAYMENTS}],
                "window_minutes": 15,
                "on_timeout": "hold",
                "criteria": {"criticality": ["high", "low"]},
            }
        ],
        "scope": {"team": PAYMENTS},
    }


def test_an_empty_cell_says_nothing() -> None:
    assert said(("cap", "", "", " "), ("levels", "first", "required_data", "")) == {
        "title": "Policy",
        "levels": [{"key": "first", "required_data": []}],
    }


def test_each_place_knows_its_row() -> None:
    lines = read(TITLE, ("levels", "first", "title", "A"), ("levels", "first", "window_minutes", "1"))[2]
    assert lines == {"/title": 2, "/levels": 3, "/levels/first": 3} | {
        "/levels/first/title": 3,
        "/levels/first/window_minutes": 4,
    }


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        (("nothing", "", "", "x"), "part", "“nothing” is not known here"),
        (("schema_number", "", "", "1"), "part", "“schema_number” is not known here"),
        (("levels", "first", "nothing", "x"), "field", "“nothing” is not known here"),
        (("levels", "first", "key", "x"), "field", "“key” is not known here"),
        (("levels", "First!", "title", "x"), "entry", "“First!” may hold at most 64 letters, digits, - and _ only"),
        (("levels", "", "title/x", "x"), "field", "“x” is not known here"),
        (("levels", "", "", "x"), "field", "name the field whose value this is"),
        (("levels", "first", "", "x"), "field", "name the field whose value this is"),
        (("levels", "first", "criteria", "x"), "field", "name the field whose value this is"),
        (("levels", "first", "title/more", "x"), "field", "“title” has no parts"),
        (("levels", "first", "targets/more", "x"), "field", "“more” is not known here"),
        (("title", "", "", "Other"), "field", "this is already said in a row above"),
        (("cap", "", "", "many"), "value", "“many” must be a whole number"),
        (("cap", "", "", "1.5"), "value", "“1.5” must be a whole number"),
        (("cap", "", "", "9" * 16), "value", f"“{'9' * 16}” must be a whole number"),
        (("levels", "first", "on_timeout", "wait"), "value", "“wait” must be one of next, hold, deny"),
        (
            ("levels", "first", "targets", "ghost@demo.example"),
            "value",
            "There is no person called 'ghost@demo.example'",
        ),
        (("levels", "first", "targets", "board:x"), "value", "There is no board called 'x'"),
        (("levels", "first", "targets", "responsibility:a b"), "value", "“a b” is not the key of a responsibility"),
        (
            ("fallback", "", "", "responsibility:on_call +100"),
            "value",
            "“on_call +100” is not the key of a responsibility",
        ),
        (
            ("scope", "", "", "everything"),
            "value",
            "“everything” must be workflow:key, team:key, department:key or criticality:high",
        ),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(row: tuple[str, ...], column: str, why: str) -> None:
    letter = "ABCD"[outline.COLUMNS.index(column)]
    assert refused(row) == [(3, f"Column {letter} ({column}): {why}.")]


def test_without_its_columns_nothing_is_read_and_the_content_stays() -> None:
    content, findings, lines = read(TITLE[:3], content={"title": "Before"}, head=outline.COLUMNS[:3])
    assert (content, lines) == ({"title": "Before"}, {})
    assert [(item.line, str(item.message)) for item in findings] == [
        (1, "The first row must name the columns; missing: value.")
    ]


def test_every_wrong_row_is_named_at_once() -> None:
    assert [line for line, _words in refused(("x", "", "", "1"), ("cap", "", "", "y"), ("cap", "", "", "7"))] == [3, 4]


# What says the same stays as it is written


@pytest.mark.parametrize("kind", contents.KINDS)
def test_what_is_left_out_counts_as_what_the_schema_says(kind: str) -> None:
    """Written down or left out: a sheet that changes nothing changes no character."""
    names = {"matrix": "company-matrix", "module": "stalled-trigger", "playbook": "nothing-happens"}
    name = names.get(kind, kind)
    written = policies.content() if kind == "approval" else world.content(name)
    typed = base.parse(kind, written)[0]
    for content in (written, typed.model_dump(mode="json")):
        table = tables.table((number, map(text, row)) for number, row in enumerate(out(kind, content), 1))
        back, findings, _lines = outline.from_table(kind, table, content, NAMES)
        assert findings == [] and base.canonical(back) == base.canonical(content)


def text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def test_what_somebody_leaves_out_is_not_said_any_more() -> None:
    content = {"title": "Policy", "schema_number": 1, "cap": 9, "timeboxes": [{"key": "a", "triage_minutes": 5}]}
    assert said(content=content) == {"title": "Policy", "schema_number": 1}
    changed = said(("timeboxes", "a", "decision_minutes", "7"), content=content)
    assert changed["timeboxes"] == [{"key": "a", "decision_minutes": 7}]
