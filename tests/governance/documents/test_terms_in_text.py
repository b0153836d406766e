"""Words of the glossary found in texts (D68)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base, terms_in_text
from governance.documents.terms_in_text import Matcher
from tests.governance.documents import world

MATCHER = Matcher(
    [
        ("rollback", ["Rollback", "roll back", "Zurückrollen"]),
        ("change", ["change", "changes"]),
        ("request", ["change request"]),
        ("board", ["change request board"]),
        ("nocode", ["no-code"]),
        ("street", ["Straße"]),
        ("ab", ["A/B test"]),
    ]
)


def marked(text: str) -> list[tuple[str, str]]:
    """(words, key) of what is marked in `text`, all of which comes back."""
    pieces = MATCHER.segments(text)
    assert "".join(piece.text for piece in pieces) == text
    return [(piece.text, piece.key) for piece in pieces if piece.key]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We roll back now.", [("roll back", "rollback")]),
        ("ROLLBACK: done", [("ROLLBACK", "rollback")]),
        ("zurückrollen", [("zurückrollen", "rollback")]),
        ("zuru\u0308ckrollen", [("zuru\u0308ckrollen", "rollback")]),
        ("In der STRASSE", [("STRASSE", "street")]),
        ("the rollback’s end", [("rollback", "rollback")]),
        ("(rollback)", [("rollback", "rollback")]),
        ("roll \n back", [("roll \n back", "rollback")]),
        ("an A/B test", [("A/B test", "ab")]),
        ("no‑code", [("no‑code", "nocode")]),
    ],
)
def test_a_term_is_found_however_it_is_written(text, found) -> None:
    assert marked(text) == found


@pytest.mark.parametrize(
    "text",
    [
        *("Rollbackplan", "Rollback-Plan", "Notfall-Rollback", "rollbacks", "exchange", "rollback_1", "rollback2"),
        *("roll\n\nback", "roll, back", "A test", "A / B test", "A-B test", "code"),
        *("https://x.example/rollback", "www.rollback.example", "rollback@x.example", ""),
    ],
)
def test_what_only_looks_like_a_term_is_left_alone(text) -> None:
    assert marked(text) == []


def test_the_longest_term_counts_and_nothing_inside_it() -> None:
    assert marked("The change request board met.") == [("change request board", "board")]
    assert marked("change request, change") == [("change request", "request"), ("change", "change")]


def test_a_term_is_marked_once_and_what_came_before_counts() -> None:
    assert marked("change, Change, changes, change request, change request") == [
        ("change", "change"),
        ("change request", "request"),
    ]
    seen = {"change"}
    assert [piece.key for piece in MATCHER.segments("change and rollback", seen=seen)] == [None, "rollback"]
    assert seen == {"change", "rollback"}


def test_of_two_terms_with_the_same_words_the_first_counts_and_odd_ones_are_never_found() -> None:
    matcher = Matcher([("a", ["same", "C++", "", ".x"]), ("b", ["Same"])])
    assert [(piece.text, piece.key) for piece in matcher.segments("C++ same .x")] == [
        ("C++ ", None),
        ("same", "a"),
        (" .x", None),
    ]


@given(
    st.lists(st.sampled_from(["a", "b", "ab", "a b", "a-b", "B a", "Ä", "ß"]), max_size=6), st.text("abÄß -.\n\u0308")
)
def test_every_marked_piece_is_a_term_and_stands_between_signs(words, text) -> None:
    matcher = Matcher((str(number), [word]) for number, word in enumerate(words))
    pieces = matcher.segments(text)
    assert "".join(piece.text for piece in pieces) == text and all(piece.text for piece in pieces)
    place = 0
    for piece in pieces:
        before, after = text[:place], text[place + len(piece.text) :]
        place += len(piece.text)
        if piece.key is not None:
            assert terms_in_text.folded(piece.text) == terms_in_text.folded(words[int(piece.key)])
            assert not re.search(r"[\w\u0308]\Z", before) and not re.match(r"[\w\u0308]", after)
    keys = [piece.key for piece in pieces if piece.key]
    assert len(keys) == len(set(keys))


def test_the_work_grows_with_the_text_and_not_with_the_terms(monkeypatch) -> None:
    """Counted: how often the terms are looked into for 20 000 characters and 500 terms of up to four words."""
    terms = [(str(number), [" ".join(["word"] * (1 + number % 4)) + str(number)]) for number in range(500)]
    matcher, steps = Matcher(terms), []
    longest = Matcher._longest

    def counted(self, words, index):
        steps.append(index)
        return longest(self, words, index)

    monkeypatch.setattr(Matcher, "_longest", counted)
    text = "word " * 4000
    assert [piece.key for piece in matcher.segments(text)] == [None]
    assert len(steps) == 4000


def test_the_matcher_of_a_glossary_is_made_once_for_each_digest() -> None:
    text = base.canonical(world.content("glossary"))
    assert base.load("glossary", text).matcher is base.load("glossary", text).matcher
