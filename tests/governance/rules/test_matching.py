"""Which playbook and scenario fit what is known of an incident, and why."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.module import Module
from governance.documents.playbook import Playbook
from governance.documents.sentences import Sentence
from governance.rules import matching
from governance.rules.matching import Candidate, Mark, Text

REPORT = Sentence("the report")
DIFFER = "Amounts differ between source and target"
word = st.text(string.ascii_lowercase, min_size=3, max_size=9)
sentence = st.lists(word, min_size=1, max_size=8).map(" ".join)
marks = st.lists(st.builds(lambda text: matching.marks("symptom", text), sentence), max_size=5)
candidate = marks.map(lambda found: Candidate("key", "Title", tuple(mark for part in found for mark in part)))


def text(said: str) -> Text:
    return Text(REPORT, said)


def known(*symptoms: str, key: str = "values") -> Candidate:
    return Candidate(key, key.title(), tuple(matching.marks("symptom", *symptoms)))


def test_a_symptom_in_the_report_is_the_reason() -> None:
    (match,) = matching.rank([known(DIFFER)], [text("The amounts of our invoices differ from those of the source")])
    assert match.score > 0
    assert match.reasons == (f"Its symptom “{DIFFER}” stands in the report.",)


@pytest.mark.parametrize("said", ["Something does not work", "amounts", "", "The process stands since this morning"])
def test_what_says_too_little_speaks_for_nothing(said: str) -> None:
    (match,) = matching.rank([known(DIFFER, "A report no longer adds up")], [text(said)])
    assert (match.score, match.reasons) == (0, ())


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("Orders arrive twice", "an ORDER arrived twice"),
        ("Beträge weichen ab", "betraege weichen ab"),
        ("Straße fehlt", "STRASSE fehlte"),
        ("Café bill missing", "cafe bill missing"),
    ],
)
def test_case_endings_and_accents_do_not_count(mark: str, said: str) -> None:
    (match,) = matching.rank([known(mark)], [text(said)])
    assert match.score > 0


def test_the_reason_names_where_it_stands() -> None:
    events = Sentence("what machines sent")
    (match,) = matching.rank([known(DIFFER)], [text("Help"), Text(events, "amounts differ: source 4, target 5")])
    assert match.reasons == (f"Its symptom “{DIFFER}” stands in what machines sent.",)


def test_a_symptom_counts_for_more_than_a_cause() -> None:
    cause = Candidate("cause", "Cause", tuple(matching.marks("cause", DIFFER)))
    found = matching.rank([cause, known(DIFFER)], [text(DIFFER)])
    assert [match.scenario for match in found] == ["values", "cause"]


def test_each_scenario_is_known_by_what_it_pins_and_is_for() -> None:
    scenario = {"key": "values", "title": "Values are wrong", "when": "A number is off. A name is broken."}
    playbook = Playbook.model_validate_json(json.dumps({"title": "Data is wrong", "scenarios": [scenario]}))
    content = {"title": "Transformation", "symptoms": [DIFFER], "causes": ["Comma and point"]}
    module = Module.model_validate_json(json.dumps(content))
    (found,) = matching.candidates(playbook, [("values", "Transformation", module)])
    assert [(mark.what, mark.text) for mark in found.marks] == [
        ("symptom", DIFFER),
        ("pattern", "Transformation"),
        ("cause", "Comma and point"),
        ("scenario", "Values are wrong"),
        ("scenario", "A number is off"),
        ("scenario", "A name is broken"),
        ("playbook", "Data is wrong"),
    ]


def test_a_playbook_without_scenarios_can_still_fit() -> None:
    (found,) = matching.candidates(Playbook.model_validate({"title": "Orders arrive twice"}), [])
    assert found.scenario == ""
    assert matching.rank([found], [text("Orders arrived twice")])[0].score > 0


@given(st.lists(candidate, max_size=5), st.lists(sentence.map(text), max_size=3))
def test_all_are_ranked_and_whoever_scores_says_why(found: list[Candidate], texts: list[Text]) -> None:
    ranked = matching.rank(found, texts)
    assert len(ranked) == len(found)
    assert [match.score for match in ranked] == sorted((match.score for match in ranked), reverse=True)
    assert all((match.score > 0) == bool(match.reasons) for match in ranked)


@given(candidate, st.lists(sentence.map(text), min_size=1, max_size=3), sentence)
def test_knowing_more_never_speaks_against(found: Candidate, texts: list[Text], more: str) -> None:
    (before,), (after,) = matching.rank([found], texts), matching.rank([found], [*texts, text(more)])
    assert after.score >= before.score


@given(candidate, st.lists(sentence, max_size=3))
def test_the_order_of_what_was_said_changes_no_score(found: Candidate, said: list[str]) -> None:
    there = matching.rank([found], [text(item) for item in said])
    back = matching.rank([found], [text(item) for item in reversed(said)])
    assert there[0].score == back[0].score


@given(sentence)
def test_its_own_words_meet_a_mark_wholly(said: str) -> None:
    for mark in matching.marks("symptom", said):
        assert matching.share(mark, matching.telling(said)) == (1.0 if mark.words else 0.0)


@given(st.text(max_size=200))
def test_any_text_can_be_read(said: str) -> None:
    assert all(len(part) <= matching.STEM + 1 for part in matching.telling(said))
    assert 0 <= matching.share(Mark("symptom", "x", frozenset({"order", "twice"})), matching.telling(said)) <= 1
