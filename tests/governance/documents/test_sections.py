"""A schema as forms: sections and fields, texts back into content, rows that come, go and move (D1, D3, D7, D11)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base, section_forms, section_nodes, section_words, sections
from governance.documents.facts import Finding
from governance.documents.sections import Field, Section

KINDS = ("matrix", "escalation", "rubric")
ANNA = "00000000-0000-7000-8000-000000000001"
TEAM = "00000000-0000-7000-8000-000000000002"


class Names:
    """Anna, the team ops and everything that is called by its key."""

    known = {"Anna": {"person": ANNA}, "Ops": {"team": TEAM}, "On call": {"responsibility": "on_call"}}

    def text(self, refers: str, value: Mapping[str, Any]) -> str:
        return next((name for name, held in self.known.items() if held == value), json.dumps(dict(value)))

    def find(self, refers: str, text: str) -> dict[str, Any] | None:
        return dict(self.known[text]) if text in self.known else None

    def choices(self, refers: str) -> Sequence[tuple[str, str]]:
        return [("on_call", "On call")]


NAMES = Names()


def section(kind: str, key: str, *, is_company: bool = True) -> Section:
    return next(item for item in sections.sections(kind, is_company=is_company) if item.key == key)


def matrix() -> dict[str, Any]:
    return {
        "title": "Company",
        "scope": {},
        "responsibilities": [
            {"key": "on_call", "title": "On call", "stages": ["triage", "detect"], "description": "Answers\nfirst. "},
            {"key": "exceptions", "title": "Approves exceptions", "stages": ["contain"]},
        ],
        "roles": [
            {
                "key": "lead",
                "title": "Lead",
                "holders": [{"person": ANNA}, {"team": TEAM}],
                "limits": [{"key": "pause", "action": "Pause", "severity": "any"}],
                "artefacts": ["Notes, with time"],
                "hours": 8,
            }
        ],
        "rows": [],
        "decisions": [{"key": "stop", "title": "Stop?", "responsibility": "on_call", "options": []}],
        "conflict": {"tie_breaker": {"person": ANNA}},
    }


def form(texts: Any, name: str = "") -> list[tuple[str, list[str]]]:
    """What a browser sends for `texts`."""
    if isinstance(texts, dict):
        parts = [item for key, value in texts.items() if key != "made" for item in form(value, f"{name}.{key}")]
        return [*parts, (f"{name}.is", ["1"])]
    if isinstance(texts, list) and not (texts and isinstance(texts[0], str) and name.rpartition(".")[2] in CHECKS):
        return [item for index, value in enumerate(texts) for item in form(value, f"{name}.{index}")]
    return [] if texts is None else [(name.lstrip("."), texts if isinstance(texts, list) else [texts])]


CHECKS = ("stages", "criticality")


def sent(part: Section, texts: dict[str, Any]) -> dict[str, Any]:
    found = [item for name, value in texts.items() for item in form(value, name)]
    return section_forms.posted(part, found)


def read(part: Section, texts: dict[str, Any], stored: dict[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    return section_forms.content(part, texts, stored, NAMES)


def test_every_kind_is_served_by_its_schema_alone() -> None:
    for kind in KINDS:
        found = sections.sections(kind, is_company=True)
        edited = {name for item in found for name in item.names}
        assert edited == set(base.spec(kind).schema.model_fields) - set(sections.FIXED)
        for field in sections.walk(tuple(field for item in found for field in item.fields)):
            assert field.widget != "thing" or field.refers
            assert field.widget != "pointer" or field.refers, field
            assert all(value in field.words for value in field.choices), (kind, field.name)


def test_the_parts_of_a_matrix_are_described_as_people_fill_them_in() -> None:
    def widgets(fields: tuple[Field, ...]) -> dict[str, str]:
        return {field.name: field.widget for field in fields}

    assert [item.key for item in sections.sections("matrix", is_company=True)] == [
        *("basics", "responsibilities", "roles", "rows", "decisions", "conflict")
    ]
    (roles,) = section("matrix", "roles").fields
    assert widgets(roles.fields) == {
        **{"title": "text", "holders": "rows", "limits": "rows"},
        **{"artefacts": "lines", "handoff": "lines", "hours": "number"},
    }
    limits = next(field for field in roles.fields if field.name == "limits")
    assert widgets(limits.fields) == {"action": "text", "severity": "choice", "risk": "choice"}
    (duties,) = section("matrix", "responsibilities").fields
    assert widgets(duties.fields) == {"title": "text", "stages": "choices", "description": "long"}
    assert section("matrix", "rows").elsewhere == "grid"
    assert "triage_team" not in section("matrix", "basics", is_company=False).names


def demo(kind: str) -> dict[str, Any]:
    if kind == "matrix":
        return matrix()
    person = {"person": ANNA}
    if kind == "escalation":
        level = {"key": "one", "title": "One", "window_minutes": 5, "targets": [{"responsibility": "on_call"}]}
        news = {"every_minutes": 60, "targets": [person]}
        path = {"key": "all", "title": "All", "levels": ["one", "one"], "news": news}
        return {"title": "Policy", "levels": [level], "paths": [path], "fallback": [person], "repeats": {"count": 2}}
    weights = [{"key": "money", "weight": 3}]
    question = {"key": "money", "title": "Money", "question": "Lost?", "yes": 3, "no": 0, "unknown": 1}
    appetite = {"key": "it", "department": TEAM, "weights": weights}
    return {"title": "Rubric", "dimensions": [question], "departments": [appetite], "criticality": {"high": 20}}


@pytest.mark.parametrize("kind", KINDS)
def test_what_nobody_touched_comes_back_word_for_word(kind: str) -> None:
    content = demo(kind)
    for part in sections.sections(kind, is_company=True):
        texts = sent(part, section_forms.opened(part, content, NAMES))
        assert read(part, texts, content) == (part.part(content), [])


def test_a_new_row_gets_a_key_from_its_title_and_keeps_it_when_the_title_changes() -> None:
    part, content = section("matrix", "responsibilities"), matrix()
    texts = section_forms.opened(part, content, NAMES)
    for title in ("Große Fälle & Rückfragen", "On  call", ""):
        section_forms.arranged(part, texts, "add:responsibilities")
        texts["responsibilities"][-1] |= {"title": title, "stages": ["review"] if title else []}
    texts["responsibilities"][0]["title"] = "First answer"
    found, problems = read(part, texts, content)
    assert problems == []
    assert [(row["key"], row["title"]) for row in found["responsibilities"]] == [
        ("on_call", "First answer"),
        ("exceptions", "Approves exceptions"),
        ("grosse-falle-ruckfragen", "Große Fälle & Rückfragen"),
        ("on-call", "On call"),
    ]  # the row that was left empty is no row
    again = read(part, texts, content)[0]
    assert again == found


def test_rows_move_by_orders_and_the_focus_goes_along() -> None:
    part, content = section("matrix", "roles"), matrix()
    texts = section_forms.opened(part, content, NAMES)
    assert section_forms.arranged(part, texts, "add:roles.0.limits") == "roles.0.limits.1.action"
    texts["roles"][0]["limits"][1]["action"] = "Spend"
    assert section_forms.arranged(part, texts, "up:roles.0.limits.1") == "down:roles.0.limits.0"
    assert [limit["action"] for limit in texts["roles"][0]["limits"]] == ["Spend", "Pause"]
    assert section_forms.arranged(part, texts, "down:roles.0.holders.0") == "up:roles.0.holders.1"
    assert texts["roles"][0]["holders"] == ["Ops", "Anna"]
    assert section_forms.arranged(part, texts, "remove:roles.0.holders.0") == "add:roles.0.holders"
    before = json.dumps(texts)
    for order in (
        "",
        "up:roles.0",
        "remove:roles.7",
        "add:roles.0.hours",
        "add:roles.0",
        "up:nothing.1",
        "fly:roles.0",
    ):
        assert section_forms.arranged(part, texts, order) is None, order
    assert json.dumps(texts) == before


def test_a_part_that_may_lack_comes_and_goes() -> None:
    part, content = section("matrix", "conflict"), matrix()
    texts = section_forms.opened(part, content, NAMES)
    section_forms.arranged(part, texts, "remove:conflict")
    assert read(part, texts, content) == ({"conflict": None}, [])
    section_forms.arranged(part, texts, "add:conflict")
    assert texts["conflict"] == {"tie_breaker": "", "minutes": "60", "note": ""}
    _found, [problem] = read(part, texts, content)
    assert (problem.path, problem.message) == ("/conflict/tie_breaker", section_words.NOBODY)
    texts["conflict"]["tie_breaker"] = "Ops"
    assert read(part, texts, {}) == ({"conflict": {"tie_breaker": {"team": TEAM}}}, [])


def test_rows_that_are_always_there_cannot_be_removed() -> None:
    part, content = section("matrix", "responsibilities"), matrix()
    kept = sections.kept("matrix", is_company=True)
    texts = section_forms.opened(part, content, NAMES)
    assert section_forms.arranged(part, texts, "remove:responsibilities.1", kept) is None
    assert len(texts["responsibilities"]) == 2
    assert section_forms.arranged(part, texts, "up:responsibilities.1", kept) is None
    drawn = section_nodes.drawn(part, texts, [], NAMES, kept=kept)
    assert [bool(row.kept) for row in drawn.nodes[0].rows] == [False, True]
    assert not sections.kept("matrix", is_company=False)


@pytest.mark.parametrize(
    ("key", "change", "path", "words"),
    [
        ("roles", {"hours": "eight"}, "/roles/lead/hours", "Write a whole number, for example 30."),
        ("roles", {"hours": "900"}, "/roles/lead/hours", "Write a number from 1 to 168."),
        ("roles", {"title": "  "}, "/roles/lead/title", "Write something here, or remove the row."),
        ("roles", {"holders": ["Anna", "", "Nobody"]}, "/roles/lead/holders/1", "We do not know “Nobody”."),
        ("roles", {"handoff": "ok\n" + "x" * 201}, "/roles/lead/handoff/1", "This is longer than 200 characters"),
        ("decisions", {"responsibility": ""}, "/decisions/stop/responsibility", "Choose one."),
        ("decisions", {"responsibility": "Not A Key"}, "/decisions/stop/responsibility", "Choose one."),
        ("decisions", {"minutes": "1.5"}, "/decisions/stop/minutes", "Write a whole number"),
    ],
)
def test_what_cannot_be_understood_is_said_at_its_place(key: str, change: Any, path: str, words: str) -> None:
    part, content = section("matrix", key), matrix()
    texts = section_forms.opened(part, content, NAMES)
    texts[key][0] |= change
    kept = json.dumps(texts[key][0][next(iter(change))])
    _found, [problem] = read(part, sent(part, texts), content)
    assert problem.path == path and words in problem.message
    drawn = section_nodes.drawn(part, texts, [problem], NAMES)
    row = drawn.nodes[0].rows[0]
    assert row.blocking == 1 and row.is_open and [item.finding for item in drawn.wrong] == [problem]
    assert json.dumps(texts[key][0][next(iter(change))]) == kept


def test_findings_stand_beside_the_field_that_they_concern() -> None:
    part, content = section("matrix", "responsibilities"), matrix()
    texts = section_forms.opened(part, content, NAMES)
    section_forms.arranged(part, texts, "add:responsibilities")
    texts["responsibilities"][2]["title"] = "Tell customers"
    read(part, texts, content)
    field = Finding("blocking", "/responsibilities/tell-customers/stages", "say when")
    row, whole = Finding("advisory", "/responsibilities/on_call", "a"), Finding("blocking", "/responsibilities", "b")
    other = Finding("blocking", "/rows/x/holder", "c")
    drawn = section_nodes.drawn(part, texts, [field, row, whole, other], NAMES, before=texts)
    rows = drawn.nodes[0].rows
    stages = next(node for node in rows[2].fields if node.of.name == "stages")
    assert stages.findings == [field] and rows[2].is_open and not rows[0].is_open
    assert rows[0].findings == [row] and rows[0].advisory == 1
    assert drawn.findings == [whole] and drawn.elsewhere == [other]


@given(
    st.lists(
        st.tuples(
            st.lists(
                st.sampled_from(["roles", "0", "1", "limits", "holders", "title", "key", "99999", "", "é", "hours"]),
                max_size=12,
            ).map(".".join),
            st.lists(st.text(max_size=6), max_size=2),
        )
    ),
    st.sampled_from(["up", "down", "add", "remove"]),
    st.sampled_from(["roles", "roles.0", "roles.0.limits", "roles.0.limits.0", "roles.0.holders.1", ""]),
)
def test_whatever_a_browser_sends_is_read_without_an_error(data: Any, verb: str, address: str) -> None:
    part = section("matrix", "roles")
    texts = section_forms.posted(part, data)
    section_forms.arranged(part, texts, f"{verb}:{address}")
    found, problems = read(part, texts, matrix())
    drawn = section_nodes.drawn(part, texts, problems, NAMES, before=texts, opened=texts)
    assert len(drawn.nodes) == 1
    keys = [row["key"] for row in found["roles"]] if not problems else []
    assert len(keys) == len(set(keys)) or any(row["key"] for row in texts["roles"])
