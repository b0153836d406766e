"""What the checks of a glossary refuse and advise (D68)."""

from __future__ import annotations

import pytest

from governance.documents import base
from tests.governance.documents import world
from tests.governance.documents.judged import advice, altered, blocking


def term(key: str = "x", **more):
    return {"key": key, "title": key, "meaning": "Something."} | more


def with_terms(*terms):
    return {"title": "Words", "terms": list(terms)}


def test_the_demo_glossary_is_large_and_nothing_is_wrong_with_it() -> None:
    content = world.content("glossary")
    assert len(content["terms"]) >= 25
    assert base.check("glossary", content, world.facts()) == []


@pytest.mark.parametrize(
    ("terms", "path", "words"),
    [
        ([], "/terms", "The glossary explains nothing."),
        ([term(meaning=" ")], "/terms/x/meaning", "“x” has no meaning; say it in a sentence."),
        (
            [term("a", title="Roll back"), term("b", title="roll  BACK")],
            "/terms/b/title",
            "“roll  BACK” is already explained as “Roll back”; nobody could tell which one is meant.",
        ),
        (
            [term("a", aliases=["one", "Straße"]), term("b", aliases=["two", "STRASSE"])],
            "/terms/b/aliases/1",
            "“STRASSE” is already explained as “a”; nobody could tell which one is meant.",
        ),
        ([term("a", aliases=["A"])], "/terms/a/aliases/0", "“A” is said twice for one term."),
        ([term("a", aliases=["b", "b"])], "/terms/a/aliases/1", "“b” is said twice for one term."),
        ([term("a"), term("a", title="b")], "/terms/a", "The key 'a' is used twice."),
    ],
)
def test_a_glossary_that_could_not_be_read_is_refused(terms, path, words) -> None:
    assert (path, words) in blocking("glossary", with_terms(*terms))


def test_the_same_key_does_not_hide_the_same_words() -> None:
    found = blocking("glossary", with_terms(term("a"), term("a")))
    assert {path for path, _words in found} == {"/terms/a", "/terms/a/title"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": "C++"}, "“C++” begins or ends with a sign that is no letter, so it is not linked in texts."),
        ({"title": "Trigger", "meaning": "trigger."}, "“Trigger” is explained by itself; say it in other words."),
    ],
)
def test_a_term_that_helps_nobody_is_advised_against(change, words) -> None:
    content = with_terms(term(**change))
    assert words in advice("glossary", content)
    assert blocking("glossary", content) == []


def test_words_of_specialists_are_known_by_their_title_with_all_their_names() -> None:
    content = altered("glossary", lambda c: c.update(terms=[term("a", use="jargon", aliases=["b"]), term("c")]))
    typed, _findings = base.parse("glossary", content)
    assert typed.jargon == {"a": ("a", "b")}
