"""Words have one stem in every form and language, and a mistyped word is known by what is left of it."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search import spelling, words

LETTERS = st.text(alphabet="abcde", max_size=10)


@pytest.mark.parametrize(
    "forms",
    [
        "payment payments Payments",
        "invoice invoices INVOICES",
        "duplicate duplicates duplicated",
        "order orders ordering",
        "delivery deliveries",
        "Störung Störungen storung STÖRUNG",
        "Rechnung Rechnungen",
        "Kunde Kunden",
        "Prozess Prozesse Prozesses",
        "Straße Strasse",
        "Handbuch Handbücher",
    ],
)
def test_every_form_of_a_word_has_one_stem(forms: str) -> None:
    (stem,) = set(words.stems(forms))
    assert stem


def test_words_that_say_nothing_are_left_out_and_numbers_stay() -> None:
    assert words.stems("The 42 of E_401, und die Störung") == ["42", "e", "401", "storung"]
    assert words.stems("the of und die") == []


@pytest.mark.parametrize("text", ["\ud800", "\x00", "é̂", "ﬁ", "İ", "😀", "٣", "a" * 500, "𝔘𝔫"])
def test_no_text_breaks_it(text: str) -> None:
    words.stems(text), words.forms(text)
    assert all(len(word) <= words.LONGEST for word in words.spoken(text))


def test_forms_are_the_words_that_are_not_their_own_stem() -> None:
    assert words.forms("Payments of payment, invoices") == ["invoices", "payments"]


# Spelling


def edits_between(one: str, other: str) -> int:
    """Damerau and Levenshtein by the book, no letter edited twice: the whole table."""
    table = {(row, -1): row + 1 for row in range(-1, len(one))} | {(-1, col): col + 1 for col in range(-1, len(other))}
    for row, letter in enumerate(one):
        for col, against in enumerate(other):
            costs = [
                table[row - 1, col] + 1,
                table[row, col - 1] + 1,
                table[row - 1, col - 1] + (letter != against),
            ]
            if row and col and letter == other[col - 1] and one[row - 1] == against:
                costs.append(table[row - 2, col - 2] + 1)
            table[row, col] = min(costs)
    return table[len(one) - 1, len(other) - 1]


@given(LETTERS, LETTERS, st.integers(0, 3))
def test_the_distance_is_that_of_the_book_up_to_its_bound(one: str, other: str, most: int) -> None:
    assert spelling.distance(one, other, most) == min(edits_between(one, other), most + 1)


@st.composite
def mistyped(draw: st.DrawFn) -> tuple[str, str]:
    """A word, and the same after up to two edits."""
    word = draw(st.text(alphabet="abcdef", min_size=3, max_size=14))
    typed = word
    for _ in range(draw(st.integers(0, 2))):
        place, letter = draw(st.integers(0, max(0, len(typed) - 1))), draw(st.sampled_from("abcdefx"))
        kind = draw(st.sampled_from(["in", "out", "other", "swap"]))
        head, tail = typed[:place], typed[place:]
        typed = {
            "in": head + letter + tail,
            "out": head + tail[1:],
            "other": head + letter + tail[1:],
            "swap": head + tail[1:2] + tail[:1] + tail[2:],
        }[kind]
    return word, typed


@given(mistyped())
def test_whatever_is_near_enough_shares_a_part(pair: tuple[str, str]) -> None:
    word, typed = pair
    far = spelling.allowed(typed)
    if edits_between(word, typed) <= far and len(typed) >= spelling.SHORTEST:
        assert spelling.known_parts(word) & spelling.asked_parts(typed), (word, typed)


def test_all_short_words_of_two_letters_share_parts_when_they_are_near() -> None:
    every = ["".join(letters) for size in (4, 5) for letters in combinations("aabbaabb", size)]
    for typed in set(every):
        for word in set(every):
            if edits_between(word, typed) <= 1:
                assert spelling.known_parts(word) & spelling.asked_parts(typed)


def test_parts_of_a_long_word_are_few() -> None:
    assert len(spelling.known_parts("incomprehensibilities")) <= 29


def test_the_likeliest_comes_first_and_the_word_itself_never() -> None:
    known = {"payment": 3, "payments": 9, "pavement": 90, "raiment": 5, "pyment": 1}
    assert spelling.meant("pyment", known, 5) == ["payment"]
    assert spelling.meant("paymentts", known, 5) == ["payments", "payment"]
    assert spelling.meant("pay", known, 5) == []
