"""What happens next, and whom it tells."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.facts import AbsenceFacts
from governance.rules import escalation, outlook, ownership
from tests.governance.documents import world
from tests.governance.documents.world import AT, ident, person

POLICY = world.pinned("escalation", "escalation")
MATRICES = ownership.Matrices(
    world.pinned("matrix", "company-matrix"), {ident("t:payments"): world.pinned("matrix", "payments-matrix")}
)
SEVERITIES = ("sev1", "sev2", "sev3", "sev4")


def told(step, workflow, already=(), **changed):
    resolved = escalation.resolutions(POLICY, step, MATRICES, workflow, "sev2", world.people(**changed), AT)
    return escalation.tell(step, resolved, already)


def ladder(criticality, severity="sev2", policy=POLICY):
    plan = escalation.plan(policy, severity, criticality)
    return [(step.level, step.after_minutes, step.kind) for step in plan.steps]


def test_high_criticality_tells_leadership_after_fifteen_minutes():
    assert ladder("high") == [
        ("first-level", 0, "level"),
        ("second-level", 5, "level"),
        ("leadership", 15, "level"),
        ("first-level", 45, "repeat"),
        ("second-level", 50, "repeat"),
        ("leadership", 60, "repeat"),
        ("fallback", 75, "fallback"),
    ]


def test_medium_criticality_asks_product_engineering_and_customer_success_together():
    step = escalation.plan(POLICY, "sev3", "medium").steps[0]
    names = [tell.name for tell in told(step, world.workflow("supplier-onboarding")).tells]
    assert names == ["responder", "product", "engineering", "success"]


def test_low_criticality_stays_with_on_call_and_gets_routine_news():
    plan = escalation.plan(POLICY, "sev4", "low")
    assert [step.level for step in plan.steps[:2]] == ["first-level", "second-level"]
    assert {step.lane for step in plan.steps} == {"urgent"}
    assert [(step.after_minutes, step.lane) for step in plan.news[:2]] == [(240, "routine"), (480, "routine")]
    assert escalation.next_news(plan, None) is plan.news[0]
    assert escalation.next_news(plan, len(plan.news) - 1) is None


def test_an_unknown_workflow_has_a_path_too():
    assert escalation.plan(POLICY, "sev2", None).path == "unknown"


def test_without_an_unspecific_path_an_unknown_workflow_counts_as_medium():
    content = world.content("escalation")
    content["paths"] = [path for path in content["paths"] if path["key"] != "unknown"]
    assert escalation.plan(world.pinned("escalation", content), "sev2", None).path == "medium"


def test_an_exception_category_has_its_own_path_and_timer():
    assert escalation.plan(POLICY, "sev2", "high", "data-integrity").path == "data-integrity"
    assert escalation.timeboxes(POLICY, "sev2", "data-integrity").decision_minutes == 30


def test_triage_takes_fifteen_and_decision_sixty_minutes_by_default():
    assert escalation.timeboxes(None, "sev1") == escalation.Timeboxes(15, 60, "")
    assert escalation.timeboxes(POLICY, "sev1") == escalation.Timeboxes(15, 60, "default")


def test_a_named_severity_has_its_own_timebox():
    content = world.content("escalation")
    content["timeboxes"].append({"key": "fast", "severity": "sev1", "triage_minutes": 5, "decision_minutes": 20})
    policy = world.pinned("escalation", content)
    assert escalation.timeboxes(policy, "sev1") == escalation.Timeboxes(5, 20, "fast")
    assert escalation.timeboxes(policy, "sev2").row == "default"


def test_the_second_level_tells_the_first_alternate_and_says_which_row_decided():
    plan = escalation.plan(POLICY, "sev1", "high")
    [tell] = told(plan.steps[1], world.workflow("payment-capture")).tells
    assert (tell.name, tell.responsibility, tell.decided_by.row) == ("lead", "on_call", "payments-on-call")
    assert tell.reason.startswith("Second level: lead, named in person, alternate 1 (Payments ownership matrix")


def test_nobody_is_told_twice_for_a_level_but_again_in_the_next_round():
    plan = escalation.plan(POLICY, "sev1", "high")
    already = {("first-level", 1, ident("responder"))}
    again = told(plan.steps[0], world.workflow("payment-capture"), already)
    assert again.tells == ()
    assert not again.nobody
    assert [skip.sentence for skip in again.skipped] == ["responder was already told for First level."]
    assert len(told(plan.steps[3], world.workflow("payment-capture"), already).tells) == 1


def test_a_level_that_reaches_nobody_says_so_and_the_fallback_is_known():
    plan = escalation.plan(POLICY, "sev1", "high")
    gone = {name: person(name, active=False) for name in ("responder", "lead", "teamadmin")}
    found = told(plan.steps[0], world.workflow("payment-capture"), **gone)
    assert found.nobody
    assert "First level reaches nobody" in found.gaps[0]
    assert [tell.name for tell in told(plan.fallback, world.workflow("payment-capture"), **gone).tells] == ["operator"]


def test_a_policy_without_a_fitting_path_goes_to_the_fallback_at_once():
    content = world.content("escalation")
    content["paths"] = []
    assert ladder("high", policy=world.pinned("escalation", content)) == [("fallback", 0, "fallback")]


def test_the_outlook_judges_people_for_the_time_of_their_step():
    absence = AbsenceFacts(AT + timedelta(minutes=3), AT + timedelta(hours=1), ident("engineering"))
    away_soon = world.people(
        responder=person("responder", absences=(absence,)), lead=person("lead", absences=(absence,))
    )
    moments = outlook.outlook(POLICY, MATRICES, world.workflow("payment-capture"), "sev1", away_soon, AT)
    found = outlook.steps(moments)
    assert [(step.after_minutes, [tell.name for tell in telling.tells]) for step, telling in found[:3]] == [
        (0, ["responder"]),
        (5, ["teamadmin"]),
        (15, ["leadership"]),
    ]


@pytest.mark.parametrize("end", ["hold", "deny"])
def test_a_level_that_holds_or_denies_ends_the_ladder(end):
    content = world.content("escalation")
    content["levels"][1]["on_timeout"] = end
    plan = escalation.plan(world.pinned("escalation", content), "sev1", "high")
    assert [step.level for step in plan.steps] == ["first-level", "second-level"]
    assert (plan.ends, plan.fallback) == (end, None)


def test_a_row_that_asks_for_a_faster_answer_shortens_the_window():
    plan = escalation.plan(POLICY, "sev1", "high")
    step = plan.steps[1]
    slow = ownership.Resolution("on_call", "sev1")
    fast = ownership.Resolution("on_call", "sev1", acknowledge_minutes=3)
    assert escalation.window(step, (slow,)) == 10
    assert escalation.window(step, (slow, fast)) == 3


LEVELS = st.lists(
    st.builds(
        lambda window, minimum, criticality: {
            "window_minutes": window,
            "criteria": {"minimum_severity": minimum, "criticality": criticality},
            "targets": [{"responsibility": "on_call"}],
        },
        st.integers(1, 500),
        st.sampled_from(SEVERITIES),
        st.lists(st.sampled_from(["high", "medium", "low"]), unique=True),
    ),
    max_size=6,
)


@st.composite
def policies(draw):
    levels = [{**level, "key": f"l{i}", "title": f"L{i}"} for i, level in enumerate(draw(LEVELS))]
    path = {"key": "all", "title": "All", "levels": [level["key"] for level in levels]}
    if draw(st.booleans()):
        path["news"] = {"every_minutes": draw(st.integers(1, 90)), "times": draw(st.integers(1, 200))}
    return {
        "title": "P",
        "levels": levels,
        "paths": [path],
        "cap": draw(st.integers(2, 60)),
        "repeats": {"count": draw(st.integers(0, 20)), "every_minutes": draw(st.integers(1, 90))},
        "fallback": [{"team": str(ident("t:operators"))}],
    }


@given(policies(), st.sampled_from(SEVERITIES), st.sampled_from(["high", "medium", "low", None]))
def test_a_plan_never_exceeds_its_cap_never_goes_back_in_time_and_ends_with_the_fallback(
    content, severity, criticality
):
    plan = escalation.plan(world.pinned("escalation", content), severity, criticality)
    assert 1 <= len(plan.steps) + len(plan.news) <= content["cap"]
    for steps in (plan.steps, plan.news):
        times = [step.after_minutes for step in steps]
        assert times == sorted(times)
        assert [step.index for step in steps] == list(range(len(steps)))
    assert plan.steps[-1].kind == "fallback"
    position, walked = None, []
    while (step := escalation.next_step(plan, position)) is not None:
        walked.append(step)
        position = step.index
    assert tuple(walked) == plan.steps


PEOPLE = st.sampled_from(["responder", "lead", "product", "engineering", "success", "leadership"])


@given(
    st.sampled_from(["payment-capture", "supplier-onboarding", "stock-report"]),
    st.lists(st.dictionaries(PEOPLE, st.booleans()), min_size=1, max_size=4),
)
def test_over_all_generations_nobody_is_told_twice_for_a_level(key, generations):
    workflow = world.workflow(key)
    plan = escalation.plan(POLICY, "sev2", workflow.criticality)
    already: list[tuple] = []
    for states in generations:
        changed = {name: person(name, active=active) for name, active in states.items()}
        for step in plan.steps:
            already += [
                (step.level, step.round, tell.person) for tell in told(step, workflow, already, **changed).tells
            ]
    assert len(already) == len(set(already))
