"""How severe, and why."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.rubric import ANSWERS
from governance.rules import triage
from tests.governance.documents import world

RUBRIC = world.pinned("rubric", "rubric")
DIMENSIONS = {dimension.key: dimension for dimension in RUBRIC.content.dimensions}
ALL_ANSWERS = st.fixed_dictionaries({key: st.sampled_from(ANSWERS) for key in DIMENSIONS})
CRITICALITIES = st.sampled_from(["high", "medium", "low", None])


@pytest.mark.parametrize(
    ("answers", "criticality", "severity"),
    [
        ({"can_wait": "no", "customers": "yes", "money": "yes", "law": "no"}, "high", "sev1"),
        ({"can_wait": "no", "customers": "yes", "money": "yes", "law": "unknown"}, "medium", "sev1"),
        ({"can_wait": "no", "customers": "yes", "money": "no", "law": "no"}, "medium", "sev2"),
        ({"can_wait": "no", "customers": "no", "money": "no", "law": "no"}, "high", "sev3"),
        ({"can_wait": "yes", "customers": "no", "money": "no", "law": "no"}, "low", "sev4"),
    ],
)
def test_the_demo_rubric_gives_the_severity_that_people_expect(answers, criticality, severity):
    assert triage.score(RUBRIC, None, answers, criticality).severity == severity


def test_a_score_explains_itself_line_by_line():
    score = triage.score(RUBRIC, None, {"customers": "yes"}, "high")
    assert sum(line.total for line in score.breakdown) == score.total
    assert [line.answer for line in score.breakdown] == ["unknown", "yes", "unknown", "unknown", "high"]
    assert score.breakdown[1].sentence == "Are customers affected? Yes: 10 points, weight 3."
    assert score.sentence == "SEV2, because the total is 83 and SEV2 starts at 60."
    assert (score.rubric_digest, score.rule, score.priority) == (RUBRIC.digest, "serious", "p2")


def test_a_department_weighs_by_its_own_risk_appetite():
    department = uuid4()
    content = world.content("rubric")
    weights = [{"key": "law", "weight": 9}]
    content["departments"] = [{"key": "legal", "department": str(department), "weights": weights}]
    rubric = world.pinned("rubric", content)
    answers = {"can_wait": "yes", "customers": "no", "money": "no", "law": "yes"}
    assert triage.score(rubric, None, answers, "low").severity == "sev4"
    weighed = triage.score(rubric, department, answers, "low")
    assert (weighed.total, weighed.severity) == (90, "sev1")
    assert "the department's own weight" in weighed.breakdown[3].sentence


def test_without_answers_the_signal_decides_and_with_one_it_does_not():
    hinted = triage.score(RUBRIC, None, {}, "low", hint="sev1")
    assert (hinted.severity, hinted.rule, hinted.priority) == ("sev1", "said-sev1", "p1")
    assert triage.score(RUBRIC, None, {}, "high").severity == "sev2"
    assert triage.score(RUBRIC, None, {}, None).rule == "other"
    said = {"can_wait": "yes", "customers": "no", "money": "no", "law": "no"}
    assert triage.score(RUBRIC, None, said, "low", hint="sev1").severity == "sev4"


def test_answers_that_make_no_sense_count_as_unknown():
    strange = triage.score(RUBRIC, None, {"customers": "perhaps", "surprise": "yes"}, "low")
    assert strange.total == triage.score(RUBRIC, None, {}, "low").total


@given(ALL_ANSWERS, CRITICALITIES, st.sampled_from(sorted(DIMENSIONS)), st.sampled_from(ANSWERS))
def test_a_worse_answer_never_lowers_total_or_severity(answers, criticality, key, answer):
    dimension = DIMENSIONS[key]
    if dimension.points(answer) < dimension.points(answers[key]):
        return
    before = triage.score(RUBRIC, None, answers, criticality)
    after = triage.score(RUBRIC, None, {**answers, key: answer}, criticality)
    assert after.total >= before.total
    if any(value != "unknown" for value in answers.values()) and answer != "unknown":
        assert after.severity <= before.severity  # sev1 sorts before sev4


@given(ALL_ANSWERS, CRITICALITIES)
def test_the_same_answers_give_the_same_score(answers, criticality):
    assert triage.score(RUBRIC, None, answers, criticality) == triage.score(RUBRIC, None, dict(answers), criticality)
