"""Sentences of the rules: plain English text that can still be said in the reader's language."""

import copy
import json
import pickle

import pytest
from django.utils import translation
from django.utils.translation import gettext
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.sentences import Sentence, joined, lasting, recognized, stored
from governance.reads import sentences as reads
from governance.rules import approval_words, escalation, ownership, ranking, stand_ins, triage

GERMAN = {
    "in the team %(team)s": "im Team %(team)s",
    "%(name)s, %(how)s.": "%(name)s, %(how)s.",
    "%(person)s, alternate %(position)d.": "%(person)s, Vertretung %(position)d.",
    "%(step)s: %(person)s (%(row)s).": "%(step)s: %(person)s (%(row)s).",
    "%(document)s, row %(row)s: %(place)s.": "%(document)s, Zeile %(row)s: %(place)s.",
    "%(title)s (version %(number)d)": "%(title)s (Version %(number)d)",
    "%(place)s, %(severity)s": "%(place)s, %(severity)s",
    "the company default": "die Vorgabe des Unternehmens",
    "any severity": "jeder Schweregrad",
    "%(name)s is away and nobody covers.": "%(name)s ist abwesend und niemand vertritt.",
}


def german(text: str) -> str:
    return GERMAN.get(text, text)


def reason() -> Sentence:
    """Why somebody is told, made of six sentences one inside the other."""
    person = stand_ins.NAMED % {"name": "Jonas Weber", "how": ownership.IN_TEAM % {"team": "Payments"}}
    second = ownership.ALTERNATE % {"person": person.clause, "position": 1}
    document = stored("%(title)s (version %(number)d)") % {"title": "Company matrix", "number": 3}
    place = ranking.CELL % {"place": ranking.COMPANY, "severity": ranking.ANY_SEVERITY}
    row = ownership.ROW % {"document": document, "row": "default-on-call", "place": place}
    return escalation.REASON_BY % {"step": "First call", "person": second.clause, "row": row.clause}


ENGLISH = (
    "First call: Jonas Weber, in the team Payments, alternate 1 "
    "(Company matrix (version 3), row default-on-call: the company default, any severity)."
)
TRANSLATED = (
    "First call: Jonas Weber, im Team Payments, Vertretung 1 "
    "(Company matrix (Version 3), Zeile default-on-call: die Vorgabe des Unternehmens, jeder Schweregrad)."
)


def test_a_sentence_is_its_english_text() -> None:
    sentence = stand_ins.AWAY % {"name": "Mara"}
    assert sentence == "Mara is away and nobody covers."
    assert hash(sentence) == hash("Mara is away and nobody covers.")
    assert f"{sentence[:4]} {sentence.upper()}" == "Mara MARA IS AWAY AND NOBODY COVERS."
    assert json.dumps({"why": sentence}) == '{"why": "Mara is away and nobody covers."}'
    assert " ".join([sentence, "x"]) == "Mara is away and nobody covers. x"


def test_a_sentence_is_said_with_its_inner_sentences() -> None:
    assert str(reason()) == ENGLISH
    assert reason().rendered(german) == TRANSLATED


def test_a_stored_reason_is_found_back() -> None:
    found = recognized(ENGLISH)
    assert found == ENGLISH
    assert isinstance(found, Sentence)
    assert found.rendered(german) == TRANSLATED


def test_several_stored_sentences_are_found_back() -> None:
    several = joined("; ", [stand_ins.AWAY % {"name": "Mara"}, stand_ins.AWAY % {"name": "Ole"}])
    both = "Mara ist abwesend und niemand vertritt.; Ole ist abwesend und niemand vertritt."
    assert several.rendered(german) == both
    found = recognized(str(several))
    assert isinstance(found, Sentence)
    assert found.rendered(german) == both


def test_what_a_person_typed_stays_as_it_is() -> None:
    assert recognized("We saw it twice today") == "We saw it twice today"
    assert not isinstance(recognized("We saw it twice today"), Sentence)


def test_copies_stay_translatable() -> None:
    for same in (copy.deepcopy(reason()), pickle.loads(pickle.dumps(reason()))):
        assert same == ENGLISH
        assert same.rendered(german) == TRANSLATED
    clause = copy.copy((stand_ins.AWAY % {"name": "Mara"}).clause)
    assert (clause, clause.rendered(german)) == (
        "Mara is away and nobody covers",
        "Mara ist abwesend und niemand vertritt",
    )


def test_a_percent_sign_of_a_person_does_no_harm() -> None:
    sentence = triage.BY_SIGNAL % {"severity": "SEV2", "signal": "50 % of orders %(lost)s"}
    assert sentence.rendered(german) == str(sentence) == sentence.rendered(str)
    assert recognized(str(sentence)) == sentence
    assert Sentence("100 % sure").rendered(german) == "100 % sure"


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_every_reading_says_the_same_in_english(name: str, asked: str, how: str) -> None:
    text = str(stand_ins.COVERS % {"name": name, "asked": asked, "how": how})
    found = recognized(text)
    assert found == text
    assert isinstance(found, Sentence)
    assert found.rendered(str) == text


@pytest.mark.parametrize("module", [ownership, ranking, escalation, triage, approval_words])
def test_templates_of_rules_are_well_formed(module: object) -> None:
    said = [value for value in vars(module).values() if isinstance(value, Sentence)]
    assert len(said) >= 5
    assert [text for text in said if text.count("%(") != text.count(")s") + text.count(")d")] == []


@pytest.mark.parametrize(
    ("minutes", "words", "other"),
    [
        (0, "0 minutes", "0 Minuten"),
        (1, "1 minute", "1 Minute"),
        (90, "90 minutes", "90 Minuten"),
        (120, "2 hours", "2 Stunden"),
        (150, "2 h 30", "2 h 30"),
        (240, "4 hours", "4 Stunden"),
        (1440, "24 hours", "24 Stunden"),
        (4320, "3 days", "Nach 3 Tagen:"),
    ],
)
def test_a_length_of_time_is_said_in_its_unit_and_found_again_in_what_was_stored(
    minutes: int, words: str, other: str
) -> None:
    assert lasting(minutes) == words
    whole = escalation.NEWS_AFTER % {"minutes": lasting(minutes)}
    assert whole == f"After {words}: news for those who follow along."
    with translation.override("de"):
        assert other in whole.rendered(gettext) and other in recognized(str(whole)).rendered(gettext)


@pytest.mark.parametrize(
    ("minutes", "words", "other"),
    [(0, "at once", "sofort"), (40, "after 40 minutes", "nach 40 Minuten"), (2880, "after 2 days", "nach 2 Tagen")],
)
def test_what_comes_at_once_comes_after_no_time(minutes: int, words: str, other: str) -> None:
    assert reads.after(minutes) == words
    with translation.override("de"):
        assert reads.after(minutes) == other
