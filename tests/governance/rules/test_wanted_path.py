"""A rubric's threshold may name the path of the policy; it goes before the policy's own rule (D16, D25)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from governance.rules import escalation, triage
from tests.governance.documents import world

POLICY = world.pinned("escalation", "escalation")
RUBRIC = world.pinned("rubric", "rubric")
PATHS = sorted(POLICY.content.path_by_key)
SEVERITIES = st.sampled_from(["sev1", "sev2", "sev3", "sev4"])
CRITICALITIES = st.sampled_from(["high", "medium", "low", None])


@given(SEVERITIES, CRITICALITIES, st.sampled_from(PATHS))
def test_a_named_path_is_taken_whenever_somebody_on_it_takes_part(severity, criticality, key):
    plan = escalation.plan(POLICY, severity, criticality, wanted=key)
    assert plan.path == key
    assert plan.steps and (plan.steps[-1].kind == "fallback") == (plan.ends == "fallback")


@given(SEVERITIES, CRITICALITIES, st.text(max_size=20).filter(lambda key: key not in PATHS))
def test_an_unknown_path_changes_nothing(severity, criticality, key):
    assert escalation.plan(POLICY, severity, criticality, wanted=key) == escalation.plan(POLICY, severity, criticality)


def test_a_path_on_which_nobody_takes_part_is_passed_over():
    content = world.content("escalation")
    content["levels"][0]["criteria"] = {"minimum_severity": "sev1"}
    content["paths"].append({"key": "narrow", "title": "Narrow", "criticality": "low", "severity": "sev1"})
    content["paths"][-1]["levels"] = ["first-level"]
    policy = world.pinned("escalation", content)
    assert escalation.plan(policy, "sev1", "high", wanted="narrow").path == "narrow"
    assert escalation.plan(policy, "sev2", "high", wanted="narrow").path == "high"


@given(SEVERITIES)
def test_an_exception_goes_before_the_path_of_the_rubric(severity):
    plan = escalation.plan(POLICY, severity, "low", "regulatory", wanted="high")
    assert plan.path == "regulatory"


@given(
    st.dictionaries(
        st.sampled_from([item.key for item in RUBRIC.content.dimensions]), st.sampled_from(["yes", "no", "unknown"])
    ),
    CRITICALITIES,
    SEVERITIES,
)
def test_the_path_is_that_of_the_severity_that_holds(answers, criticality, severity):
    verdict = triage.score(RUBRIC, None, answers, criticality)
    assert triage.path(RUBRIC.content, verdict, severity) == ("high" if severity == "sev1" else "")
    assert triage.path(RUBRIC.content, verdict, severity) == triage.path_at(RUBRIC.content, severity)
