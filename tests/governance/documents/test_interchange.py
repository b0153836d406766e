"""YAML in and out, hostile YAML refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base
from tests.governance.documents import world
from tests.governance.documents.test_canonical import CONTENTS

DIRECTORY = world.Directory()
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "Anchors and aliases"),
        ("a: &x 1", "Anchors and aliases"),
        ("a: *x", "Anchors and aliases"),
        ("a: {<<: {b: 1}}", "Merge keys"),
        ("a: 1.5", "not a whole number"),
        ("a: .nan", "not a whole number"),
        ("a: 99999999999999999999", "too large"),
        ("a: 1\nb: 2\na: 3", "given twice"),
        ("!!python/object/apply:os.system ['true']", "Tags"),
        ("a: !!binary aGVsbG8=", "Tags"),
        ("[1, 2]", "one mapping"),
        ("", "one mapping"),
        ("just text", "one mapping"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("? [a, b]\n: c", "plain text"),
        ("a: [", "not valid YAML"),
        ("a: \x00", "broken character"),
        ("a: \ud800", "broken character"),
        (b"a: \xff", "not UTF-8"),
        ("a: \"\\0\"", "control character"),
        ("[" * 10_000, "nested deeper"),
        ("a: " + "x" * 4_000_001, "larger than"),
        ("x:\n" + "- 1\n" * 400_001, "more than 400000 values"),
    ],
)  # fmt: skip
def test_hostile_yaml_is_refused_in_words_and_nothing_is_imported(text, words):
    content, findings = base.from_yaml(text, DIRECTORY)
    assert content == {}
    assert len(findings) == 1
    assert findings[0].blocking
    assert words in findings[0].message


def test_a_quoted_name_is_only_a_name():
    assert base.from_yaml('a: {"<<": 1}', DIRECTORY) == ({"a": {"<<": 1}}, [])
    assert base.to_yaml({"<<": "<<"}, DIRECTORY) == '"<<": "<<"\n'


def test_a_refusal_names_the_line():
    assert base.from_yaml("a: 1\nb: 2\na: 3\n", DIRECTORY)[1][0].line == 3


def test_names_become_ids_and_unknown_ones_are_named():
    text = "holder: {person: lead@demo.example}\ntriage_team: nobody\nscope: {workflow: order-sync}\n"
    content, findings = base.from_yaml(text, DIRECTORY)
    assert content["holder"] == {"person": str(world.ident("lead"))}
    assert content["scope"] == {"workflow": str(world.ident("w:order-sync"))}
    assert [(finding.path, finding.message) for finding in findings] == [
        ("/triage_team", "There is no team called 'nobody'.")
    ]


def test_words_that_other_yaml_takes_for_something_else_stay_text():
    text = "a: no\nb: on\nc: 2026-01-01\nd: '1.5'\nf: 1:30\n"
    expected = {"a": "no", "b": "on", "c": "2026-01-01", "d": "1.5", "f": "1:30"}
    assert base.from_yaml(text, DIRECTORY) == (expected, [])


def test_exported_yaml_shows_names_and_no_ids():
    text = base.to_yaml(world.content("payments-matrix"), DIRECTORY)
    assert "team: payments" in text
    assert "person: lead@demo.example" in text
    assert str(world.ident("lead")) not in text


def clean(value):
    return base.from_yaml(base.to_yaml(value, DIRECTORY), DIRECTORY)


@given(CONTENTS)
def test_whatever_is_exported_is_imported_again(content):
    try:
        text = base.canonical(content)
    except base.ContentError:
        return
    imported, findings = clean(content)
    refused = [finding for finding in findings if not finding.message.startswith("There is no ")]
    assert refused == []
    assert base.canonical(imported) == text


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_read_or_refused_but_never_raises(text):
    content, findings = base.from_yaml(text, DIRECTORY)
    assert isinstance(content, dict)
    assert findings or base.from_yaml(base.to_yaml(content, DIRECTORY), DIRECTORY) == (content, [])
