"""Content that is parsed, upcast, loaded and checked, whatever its kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from governance.documents import base
from governance.documents.base import ContentError, Finding
from tests.governance.documents import contents, world
from tests.governance.documents.world import ident

LEAD = str(ident("lead"))
ROW = {"key": "a", "responsibility": "log", "holder": {"person": LEAD}}


def refused(kind: str, content: dict[str, Any]) -> list[tuple[str, str]]:
    typed, findings = base.parse(kind, content)
    assert typed is None and all(finding.blocking for finding in findings)
    return [(finding.path, str(finding.message)) for finding in findings]


# What the schema refuses, in words


@pytest.mark.parametrize(
    ("row", "path", "words"),
    [
        ({"responsibility": None}, "/rows/a/responsibility", "'responsibility' must be text."),
        ({"colour": 1}, "/rows/a/colour", "'colour' is not known here."),
        (
            {"responsibility": "On Call"},
            "/rows/a/responsibility",
            "'responsibility' may hold at most 64 lower-case letters, digits, - and _ only.",
        ),
        ({"letter": "X"}, "/rows/a/letter", "'letter' must be one of 'R', 'A', 'C', 'I'."),
        ({"holder": {"person": "lead"}}, "/rows/a/holder/person", "'person' does not name anything that exists."),
        ({"decide_minutes": "5"}, "/rows/a/decide_minutes", "'decide_minutes' must be a whole number."),
        ({"decide_minutes": 0}, "/rows/a/decide_minutes", "'decide_minutes' is too small."),
        ({"decide_minutes": 43201}, "/rows/a/decide_minutes", "'decide_minutes' is too large."),
        ({"key": "k" * 65}, "/rows/" + "k" * 65 + "/key", None),
        ({"key": ""}, "/rows/0/key", None),
    ],
)
def test_what_does_not_fit_is_said_at_its_place_in_words(row: dict[str, Any], path: str, words: str | None) -> None:
    [(where, sentence)] = refused("matrix", {"title": "M", "rows": [ROW | row]})
    assert where == path
    assert sentence == (words or "'key' may hold at most 64 lower-case letters, digits, - and _ only.")


def test_every_wrong_place_is_named_at_once() -> None:
    content = {"title": "", "rows": [ROW, {"key": "b"}], "roles": [{"key": "r", "title": "x" * 201}]}
    assert set(refused("matrix", content)) == {
        ("/title", "'title' may not be empty."),
        ("/rows/b/responsibility", "'responsibility' is missing."),
        ("/rows/b/holder", "'holder' is missing."),
        ("/roles/r/title", "'title' is too long."),
    }


def test_what_is_no_content_at_all_is_refused_before_the_schema() -> None:
    [(path, _sentence)] = refused("matrix", {"title": "M", "rows": [{"key": "a", "minutes": 1.5}]})
    assert path == "/rows/0/minutes"
    assert base.read("matrix", {"title": 1.5})[2] == ""


def test_a_target_names_exactly_one_and_only_a_responsibility_has_alternates() -> None:
    one = "'fallback 1': name exactly one of responsibility, role, person, team, schedule, board."
    for target, words in (
        ({}, one),
        ({"role": "a", "person": LEAD}, one),
        ({"role": "a", "alternate": 1}, "'fallback 1': only a responsibility has alternates."),
    ):
        assert refused("escalation", {"title": "P", "fallback": [target]}) == [("/fallback/0", words)]


@pytest.mark.parametrize("name", ["responsibility", "role", "person", "team", "schedule", "board"])
def test_a_target_knows_what_it_names(name: str) -> None:
    value = "lead" if name in ("responsibility", "role") else LEAD
    found = base.Target.model_validate_json(json.dumps({name: value}))
    assert (found.kind, str(found.ref)) == (name, value)
    if name in base.Holder.model_fields:
        held = base.Holder.model_validate_json(json.dumps({name: value}))
        assert (held.kind, str(held.ref)) == (name, value)


@pytest.mark.parametrize("name", ["workflow", "team", "department", "criticality"])
def test_a_scope_knows_what_it_is_for(name: str) -> None:
    value = "low" if name == "criticality" else LEAD
    found = base.Scope.model_validate_json(json.dumps({name: value}))
    assert (found.kind, str(found.ref)) == (name, value)
    assert (base.Scope().kind, base.Scope().ref) == ("default", None)


# Kinds and their schemas


@pytest.fixture
def newer() -> Iterator[str]:
    """A kind whose present schema is the third: what was called `name`, then `label`, is now `title`."""

    def renamed(old: str, new: str) -> Any:
        return lambda content: {**{k: v for k, v in content.items() if k != old}, new: content[old]}

    matrix = base.spec("matrix")
    steps = {1: renamed("name", "label"), 2: renamed("label", "title")}
    base.register(replace(matrix, name="newer", number=3, upcasts=steps))
    yield "newer"
    del base.Kind["newer"]


def test_an_old_content_is_read_in_the_present_schema_and_its_text_stays(newer: str) -> None:
    old = {"schema_number": 1, "name": "Owners"}
    assert base.upcast(newer, old) == {"schema_number": 3, "title": "Owners"}
    assert old == {"schema_number": 1, "name": "Owners"}
    assert base.upcast(newer, {"schema_number": 2, "label": "Owners"}) == {"schema_number": 3, "title": "Owners"}
    assert base.load(newer, base.canonical(old)).title == "Owners"
    typed, findings, text = base.read(newer, old)
    assert (typed.title, findings, json.loads(text)) == ("Owners", [], {"schema_number": 3, "title": "Owners"})


def test_a_content_of_a_schema_that_is_not_known_yet_is_refused() -> None:
    content = {"schema_number": base.spec("matrix").number + 1, "title": "M"}
    sentence = f"This document was written for a newer schema ({content['schema_number']})."
    assert refused("matrix", content) == [("/schema_number", sentence)]
    with pytest.raises(ContentError) as raised:
        base.load("matrix", base.canonical(content))
    assert str(raised.value.message) == sentence


def test_a_kind_that_nobody_knows_is_refused_and_no_name_is_given_twice() -> None:
    with pytest.raises(ContentError, match="There is no kind of document called 'recipe'"):
        base.parse("recipe", {})
    known = base.spec("matrix")
    base.register(known)
    with pytest.raises(RuntimeError):
        base.register(replace(known, title="other"))
    assert base.spec("matrix") is known
    assert set(base.Kind) == set(contents.KINDS)


# Stored texts


@pytest.mark.parametrize("kind", contents.KINDS)
def test_a_stored_text_is_the_content_that_was_parsed_and_is_read_once(kind: str) -> None:
    @given(contents.CONTENTS[kind])
    def holds(content) -> None:
        text = base.canonical(content)
        loaded = base.load(kind, text)
        assert loaded == base.parse(kind, content)[0]
        assert base.load(kind, text) is loaded

    holds()


def test_a_text_is_known_by_kind_and_content() -> None:
    text = base.canonical({"title": "Same"})
    assert [type(base.load(kind, text)) for kind in contents.KINDS] == [
        base.spec(kind).schema for kind in contents.KINDS
    ]
    assert base.load("matrix", base.canonical({"title": "Other"})).title == "Other"


def test_a_stored_text_that_does_not_fit_says_so() -> None:
    with pytest.raises(ContentError, match="The stored document cannot be read"):
        base.load("matrix", base.canonical({"title": "M", "nothing": 1}))
    with pytest.raises(ContentError, match="The stored document cannot be read"):
        base.load("matrix", "no json")


# Checks


def test_what_the_schema_refuses_is_not_judged_further() -> None:
    wrong = {"title": "", "rows": []}
    found = base.check("matrix", wrong, world.facts())
    assert [(item.path, str(item.message)) for item in found] == [("/title", "'title' may not be empty.")]
    assert base.check_stored("matrix", base.canonical(wrong), world.facts()) == found


def test_a_stored_text_is_judged_as_its_content() -> None:
    for kind, name in (("matrix", "company-matrix"), ("escalation", "escalation"), ("rubric", "rubric")):
        content = world.content(name)
        content.pop("triage_team", None)
        content.pop("fallback", None)
        content.pop("dimensions", None)
        found = base.check_stored(kind, base.canonical(content), world.facts())
        assert found == base.check(kind, content, world.facts()) and any(item.blocking for item in found)


def test_each_row_that_repeats_a_key_is_named() -> None:
    typed = base.parse("matrix", {"title": "M", "rows": [ROW, ROW | {"key": "b"}, ROW, ROW]})[0]
    twice = Finding("blocking", "/rows/a", "The key 'a' is used twice.")
    assert base.duplicate_keys(typed.rows, "/rows") == [twice, twice]


# One version as rules take it


def test_a_version_is_called_by_its_title_and_number() -> None:
    held = world.pinned("matrix", "company-matrix", 7)
    assert held.name == f"{held.title} (version 7)"
    assert replace(held, number=0).name == held.title
    assert replace(held, title="", number=0).name == held.content.title
