"""Canonical form, digest, typed loading."""

from __future__ import annotations

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base
from tests.governance.documents import world

TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4))
ROW = {"key": "a", "responsibility": "b", "holder": {"role": "x"}}
TEAM = str(world.ident("t"))
CONTENTS = st.dictionaries(TEXTS, VALUES, max_size=5)


def shuffled(value):
    """The same JSON with the names of every mapping in another order."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(list(value))}
    return [shuffled(item) for item in value] if isinstance(value, list) else value


def accepted(content):
    try:
        return base.canonical(content)
    except base.ContentError as error:
        assert "two ways" in error.message  # two names that are one in NFC
        return None


@given(CONTENTS)
def test_canonical_text_read_again_is_the_same_text(content):
    text = accepted(content)
    assert text is None or base.canonical(json.loads(text)) == text


@given(CONTENTS)
def test_the_digest_does_not_depend_on_the_order_of_names(content):
    text = accepted(content)
    assert text is None or base.digest(base.canonical(shuffled(content))) == base.digest(text)


@given(CONTENTS)
def test_canonical_text_is_the_one_of_rfc_8785(content):
    text = accepted(content)
    assert text is None or text == rfc8785.dumps(json.loads(text)).decode()


@pytest.mark.parametrize(
    "content",
    [
        {"\U0001f600": 1, "\ufb00": 2, "\ue000": 3},  # in UTF-16 the first stands before the others
        {"a": '\u007f \u2028 " \\ \n \t / \U0001f600', "": [None, True, -(2**53) + 1]},
    ],
)
def test_names_are_sorted_and_texts_written_as_rfc_8785_says(content):
    assert base.canonical(content) == rfc8785.dumps(content).decode()


def test_what_may_not_be_held_is_refused_with_its_place():
    content = {"rows": [{"key": "a"}, {"a/b": [1, {"~": 0.5}]}]}
    with pytest.raises(base.ContentError) as refused:
        base.canonical(content)
    assert refused.value.path == "/rows/1/a~1b/1/~0"


def test_two_ways_to_write_one_character_give_one_digest():
    assert base.canonical({"title": "Cafe\u0301"}) == base.canonical({"title": "Caf\u00e9"})


def deep(levels):
    value = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": 1.0}, "Fractions"),
        ({"a": [float("nan")]}, "Fractions"),
        ({"a": "x\x00"}, "control character"),
        ({"a": "\ud800"}, "control character"),
        ({"\udfff": 1}, "control character"),
        ({"a": 2**53}, "too large"),
        ({"a": "x" * 20_001}, "longer than"),
        ({1: 2}, "must be text"),
        ({"a": b"x"}, "cannot hold a bytes"),
        (deep(100_000), "nested deeper"),
        ([1], "mapping"),
    ],
)
def test_what_a_document_may_not_hold_is_refused_in_words(content, words):
    with pytest.raises(base.ContentError, match=words):
        base.canonical(content)


def test_loading_the_same_text_twice_gives_the_same_frozen_object():
    text = base.canonical(world.content("company-matrix"))
    loaded = base.load("matrix", text)
    assert base.load("matrix", str(text)) is loaded
    with pytest.raises(ValueError, match="frozen"):
        loaded.title = "other"


def test_text_that_is_no_document_is_refused_as_such():
    with pytest.raises(base.ContentError, match="cannot be read"):
        base.load("matrix", '{"title":1}')
    with pytest.raises(base.ContentError, match="no kind"):
        base.load("nonsense", "{}")


def test_content_of_a_newer_schema_is_refused():
    parsed, findings = base.parse("matrix", {"schema_number": 2, "title": "x"})
    assert parsed is None
    assert [finding.path for finding in findings] == ["/schema_number"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"surprise": 1}, "/surprise"),
        ({"title": ""}, "/title"),
        ({"rows": "none"}, "/rows"),
        ({"rows": [{**ROW, "holder": {"role": "x", "team": TEAM}}]}, "/rows/a/holder"),
        ({"rows": [{**ROW, "key": "A B"}]}, "/rows/A B/key"),
        ({"rows": [{**ROW, "acknowledge_minutes": "5"}]}, "/rows/a/acknowledge_minutes"),
        ({"triage_team": "payments"}, "/triage_team"),
        ({"scope": {"team": TEAM, "criticality": "high"}}, "/scope"),
    ],
)  # fmt: skip
def test_content_that_does_not_fit_the_schema_names_the_place(change, path):
    parsed, findings = base.parse("matrix", {"title": "x", **change})
    assert parsed is None
    assert [(finding.level, finding.path) for finding in findings] == [("blocking", path)]


@given(st.sampled_from(sorted(base.Kind)), CONTENTS)
def test_any_content_is_parsed_or_refused_but_never_raises(kind, content):
    parsed, findings = base.parse(kind, {"title": "x", **content})
    assert (parsed is None) == bool(findings)
