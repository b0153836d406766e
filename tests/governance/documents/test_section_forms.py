"""Texts of a section back into content: nothing is lost, and what cannot be understood is said at its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from governance.documents import section_forms, section_nodes, section_orders, sections
from tests.governance.documents.filled_in import (
    KINDS,
    NAMES,
    demo,
    matrix,
    read,
    section,
    sent,
)


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
        section_orders.arranged(part, texts, "add:responsibilities")
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
    assert row.blocking == 1 and [item.finding for item in drawn.wrong] == [problem]
    assert json.dumps(texts[key][0][next(iter(change))]) == kept


@example([("roles.0.key", [])], "up", "roles")
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
    section_orders.arranged(part, texts, f"{verb}:{address}")
    found, problems = read(part, texts, matrix())
    drawn = section_nodes.drawn(part, texts, problems, NAMES, before=texts)
    assert len(drawn.nodes) == 1
    keys = [row["key"] for row in found["roles"]] if not problems else []
    assert len(keys) == len(set(keys)) or any(row["key"] for row in texts["roles"])


def test_a_row_that_is_to_go_is_left_out_or_kept_for_now() -> None:
    part, content = section("matrix", "roles"), matrix()
    texts = section_forms.opened(part, content, NAMES)
    assert section_orders.arranged(part, texts, "remove:roles.0.limits.0") == "keep:roles.0.limits.0"
    texts = sent(part, texts)
    assert read(part, texts, content)[0]["roles"][0]["limits"] == []
    kept, problems = section_forms.content(part, texts, content, NAMES, keep_gone=True)
    assert (kept, problems) == ({"roles": content["roles"]}, [])
    assert section_orders.arranged(part, texts, "keep:roles.0.limits.0") == "remove:roles.0.limits.0"
    assert read(part, texts, content)[0] == {"roles": content["roles"]}


def test_what_a_browser_sends_beyond_bounds_is_left_out() -> None:
    part = section("matrix", "decisions")
    deep = ".".join(["decisions", "0", *["options", "0"] * 4, "title"])
    rows = [(f"decisions.{number}.title", ["T"]) for number in range(section_orders.MOST_ROWS + 1)]
    found = section_forms.posted(part, [*rows, (deep, ["x"]), ("other.0.title", ["x"]), ("decisions.00.title", ["x"])])
    assert set(found) == {"decisions"} and len(found["decisions"]) == section_orders.MOST_ROWS
    assert {row["title"] for row in found["decisions"]} == {"T"}
    assert found["decisions"][0]["options"] == []
