"""What is foretold: shortened windows, steps without anybody, timeboxes that hurry."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.documents.base import Pinned
from governance.rules import escalation, outlook, ownership
from tests.governance.documents import world
from tests.governance.documents.world import AT, ident, person

MATRICES = ownership.Matrices(
    world.pinned("matrix", "company-matrix"), {ident("t:payments"): world.pinned("matrix", "payments-matrix")}
)


def policy(without: str = "", **boxes: int) -> Pinned:
    content = world.content("escalation")
    content["triggers"] = [trigger for trigger in content["triggers"] if trigger["key"] != without]
    content["timeboxes"][0] |= boxes
    return world.pinned("escalation", content)


def moments(workflow="payment-capture", policy=None, matrices=MATRICES, **changed):
    rules = policy or world.pinned("escalation", "escalation")
    known = world.workflow(workflow) if workflow else None
    return outlook.outlook(rules, matrices, known, "sev1", world.people(**changed), AT)


def ladder(found):
    return [(step.level, step.after_minutes) for step, _ in outlook.steps(found)]


def test_a_row_that_wants_a_faster_answer_brings_everything_after_it_forward():
    content = world.content("payments-matrix")
    content["rows"][0]["acknowledge_minutes"] = 2
    fast = ownership.Matrices(MATRICES.company, {ident("t:payments"): world.pinned("matrix", content)})
    found = moments(matrices=fast)
    assert ladder(found)[:3] == [("first-level", 0), ("second-level", 2), ("leadership", 4)]
    assert outlook.steps(found)[0][0].sentence == "At once: First level is told, with 2 minutes to answer."


def test_a_step_without_anybody_is_followed_by_the_next_at_once():
    found = moments(leadership=person("leadership", active=False))
    assert ladder(found)[2:4] == [("leadership", 15), ("first-level", 15)]
    gap = next(item for item in found if item.step is not None and item.step.level == "leadership")
    assert gap.telling.gaps and gap.telling.nobody


@pytest.mark.parametrize(("minutes", "early", "heard"), [(3, True, ["responder"]), (5, False, ["responder", "lead"])])
def test_a_timebox_that_is_over_tells_the_next_level(minutes, early, heard):
    found = moments(policy=policy(without="triage-missed", triage_minutes=minutes))
    second = next(item for item in found if item.step is not None and item.step.level == "second-level")
    assert (second.minutes, second.is_early) == (minutes, early)
    box = next(item for item in found if item.kind == "triage")
    assert [tell.name for tell in box.telling.tells] == heard


def test_the_trigger_of_a_missed_timebox_tells_its_own_people_besides():
    found = moments(policy=policy(triage_minutes=3))
    box = next(item for item in found if item.kind == "triage")
    assert [tell.name for tell in box.telling.tells] == ["responder", "lead"]  # the triage team, before its level


def test_nobody_is_hurried_who_was_told_just_now():
    found = moments(policy=policy(triage_minutes=6, decision_minutes=6))
    assert ladder(found)[:3] == [("first-level", 0), ("second-level", 5), ("leadership", 6)]
    assert ladder(found)[3] == ("first-level", 36)


def test_after_the_last_step_the_operators_hear_of_it_and_nothing_follows_but_news():
    found = moments("stock-report")
    kinds = [item.kind for item in found]
    assert kinds.count("ended") == 1
    assert set(kinds[kinds.index("ended") + 1 :]) <= {"news", "triage", "decision"}


def test_an_unknown_workflow_has_an_outlook_too():
    assert ladder(moments(None))[:2] == [("first-level", 0), ("second-level", 5)]


def test_after_an_answer_only_a_timebox_calls_the_next_level():
    rules, known = world.pinned("escalation", "escalation"), world.workflow("payment-capture")
    plan = escalation.plan(rules, "sev1", known.criticality)
    minute = timedelta(minutes=1)
    standing = outlook.Standing(1, (), AT, ((AT + 15 * minute, "triage", 0), (AT + 60 * minute, "decision", 0)), True)
    found = outlook.onward(rules, MATRICES, known, "sev1", world.people(), plan=plan, start=AT, standing=standing)
    assert [(item.kind, item.minutes, item.hurried_by) for item in found] == [
        ("triage", 15, None),
        ("step", 15, "triage"),
        ("decision", 60, None),
        ("step", 60, "decision"),
    ]
