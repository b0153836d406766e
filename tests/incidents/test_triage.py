"""Scores are kept, a person confirms, timeboxes end or have consequences (D24-D28); re-resolution (DESIGN 6)."""

from typing import Any

import pytest

from incidents.models import EscalationEvent, ImpactScore, Incident
from incidents.services import escalation, incidents, triage
from portal import access
from portal.models import AuditEntry, Message, Timer
from tests.factories_governance import Company, escalation_policy, make_company, make_draft, make_workflow, publish
from tests.factories_incidents import (
    armed,
    fresh,
    later,
    make_acknowledged,
    make_incident,
    outcomes,
    run_of,
    tick,
    told,
    verbs,
    violations,
)
from tests.pictures import counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(db: None) -> Company:
    """SEV1 tells the lead first and then on call; everything else begins with on call."""
    policy = escalation_policy(leadership="leadership")
    policy["paths"] = [
        {"key": "worst", "title": "Worst", "severity": "sev1", "levels": ["lead", "on-call", "second"]},
        {"key": "all", "title": "Everything", "levels": ["on-call", "second", "lead"]},
    ]
    policy["timeboxes"] += [{"key": "worst", "severity": "sev1", "triage_minutes": 5, "decision_minutes": 20}]
    return make_company(policy=policy)


def confirm(company: Company, incident: Incident, severity: str, minutes: float = 1, **extra: Any) -> ImpactScore:
    values = {"by": company.responder, "reason": "I looked at the orders.", "at": later(minutes)} | extra
    return triage.confirm_severity(incident=incident, severity=severity, **values)


# Scores


def test_the_answers_give_the_severity_and_the_score_is_kept(company: Company) -> None:
    incident = make_incident(company, answers={"urgency": "yes", "customers": "yes", "money": "no", "rules": "no"})
    kept = incident.scores.get()
    assert (incident.severity, incident.priority) == ("sev2", 2)
    assert (kept.total, kept.severity, kept.by) == (25, "sev2", None)
    assert [line["answer"] for line in kept.breakdown] == ["yes", "yes", "no", "no", "medium"]


def test_a_hint_counts_only_without_answers(company: Company) -> None:
    machine = make_incident(company, answers={}, hint="sev1")
    person = make_incident(company, hint="sev1")
    assert (machine.severity, person.severity) == ("sev1", "sev3")


def test_confirming_keeps_a_second_score_with_the_reason(company: Company) -> None:
    incident = make_incident(company)
    kept = confirm(company, incident, "sev3")
    incident = fresh(incident)
    assert incident.scores.count() == 2
    assert (kept.by, kept.reason) == (company.responder, "I looked at the orders.")
    assert incident.triaged_at == later(1)
    assert armed(incident) == {"decision.timebox": later(60)}
    assert run_of(incident).generation == 1
    assert AuditEntry.objects.filter(verb="incident.severity_confirmed").count() == 1


def test_confirming_is_refused_to_who_cannot_see_it_and_after_the_end(company: Company) -> None:
    incident = make_incident(company)
    before = counts((ImpactScore, AuditEntry, Message, Timer))
    with pytest.raises(access.Refused, match="You cannot see this incident"):
        confirm(company, incident, "sev1", by=company.outsider)
    with pytest.raises(triage.CannotConfirm, match="Choose one of SEV1 to SEV4"):
        confirm(company, incident, "sev9")
    assert counts((ImpactScore, AuditEntry, Message, Timer)) == before
    incidents.decline(incident=incident, reason="A test", by=company.responder, at=later(1))
    with pytest.raises(triage.CannotConfirm, match="This incident has ended"):
        confirm(company, incident, "sev1", 2)
    assert fresh(incident).severity == "sev3"


# Severity changes


def test_a_higher_severity_tells_newly_responsible_people_at_once(company: Company) -> None:
    incident = make_incident(company)
    confirm(company, incident, "sev1")
    run = run_of(incident)
    assert told(incident) == ["Responder", "Lead"]
    assert (run.generation, run.severity, run.state) == (2, "sev1", "running")
    assert violations() == []


def test_nobody_is_told_twice_for_a_level_over_generations(company: Company) -> None:
    incident = make_incident(company)
    confirm(company, incident, "sev1")
    assert outcomes(incident) == [
        ("on-call", "told", 1),
        ("lead", "told", 2),
        ("on-call", "already_told", 2),
    ]
    confirm(company, incident, "sev2", 2)
    assert told(incident) == ["Responder", "Lead"]


def test_old_timers_are_superseded_with_the_reason(company: Company) -> None:
    incident = make_incident(company)
    confirm(company, incident, "sev1")
    old = Timer.objects.filter(subject_id=run_of(incident).pk, state="superseded")
    assert set(old.values_list("reason", flat=True)) == {"severity changed"}
    assert armed(run_of(incident))["escalation.step"] == later(16)


def test_an_answered_run_stays_so_when_the_severity_falls(company: Company) -> None:
    incident = make_acknowledged(company)
    confirm(company, incident, "sev4")
    run = run_of(incident)
    assert (run.state, run.acknowledged_by, run.generation) == ("acknowledged", company.responder, 2)
    assert set(armed(run)) == {"escalation.follow_up"}
    assert told(incident) == ["Responder"]
    assert violations() == []


def test_an_answered_run_calls_again_when_the_severity_rises(company: Company) -> None:
    incident = make_acknowledged(company)
    confirm(company, incident, "sev1")
    run = run_of(incident)
    assert (run.state, run.acknowledged_by) == ("running", None)
    assert told(incident) == ["Responder", "Lead"]
    escalation.acknowledge(run=run, by=company.responder, at=later(2))
    assert violations() == []


def test_timeboxes_that_still_run_follow_the_new_severity(company: Company) -> None:
    incident = make_incident(company)
    confirm(company, incident, "sev1")
    assert armed(incident) == {"decision.timebox": later(20)}


def test_a_snoozed_run_stays_snoozed_when_the_severity_falls(company: Company) -> None:
    incident = make_incident(company)
    escalation.snooze(run=run_of(incident), until=later(30), by=company.responder, reason="Known", at=later(1))
    confirm(company, incident, "sev4", 2)
    run = run_of(incident)
    assert (run.state, run.paused_until) == ("paused", later(30))
    tick(30)
    assert run_of(incident).state == "running"
    assert violations() == []


# Workflow changes


def test_another_workflow_tells_its_owners_at_once(company: Company) -> None:
    incident = make_incident(company, workflow=None)
    other = make_workflow("refunds", team=company.team, criticality="high")
    incidents.change_workflow(
        incident=incident, workflow=other, by=company.responder, reason="It is refunds.", at=later(2)
    )
    incident = fresh(incident)
    assert (incident.workflow, incident.team) == (other, company.team)
    assert run_of(incident).criticality == "high"
    assert run_of(incident).generation == 2
    assert incident.timeline.get(verb="workflow").data["after"] == "Refunds"
    assert violations() == []


def test_the_policy_in_force_is_pinned_for_another_workflow(company: Company) -> None:
    incident = make_acknowledged(company)
    new = escalation_policy(leadership="leadership")
    new["levels"][0]["targets"] = [{"team": "leadership"}]
    publish(make_draft(new, kind="escalation", key="company", by=company.admin), by=company.admin)
    other = make_workflow("refunds", team=company.team)
    incidents.change_workflow(incident=incident, workflow=other, by=company.responder, reason="Yes", at=later(2))
    run = run_of(incident)
    assert run.state == "acknowledged"
    assert told(incident) == ["Responder", "Leader"]
    company.policy.refresh_from_db()
    assert run.policy_id == company.policy.effective_version_id
    assert violations() == []


def test_the_same_workflow_again_is_refused(company: Company) -> None:
    incident = make_incident(company)
    with pytest.raises(incidents.NotPossible, match="about Order sync already"):
        incidents.change_workflow(
            incident=incident, workflow=company.workflow, by=company.responder, reason="x", at=later(1)
        )
    assert run_of(incident).generation == 1


# Timeboxes


def test_a_passed_triage_timebox_tells_the_next_level_and_says_so(company: Company) -> None:
    incident = make_acknowledged(company)
    tick(15)
    run = run_of(incident)
    assert run.state == "acknowledged"
    assert told(incident) == ["Responder", "Second"]
    assert told(incident, event="incident.timebox") == ["Responder"]
    assert incident.timeline.get(verb="timebox").data == {"which": "triage", "minutes": 15}
    assert EscalationEvent.objects.get(kind="follow_up").user == company.second
    assert "escalation.step" not in armed(run)
    call = Message.objects.get(event="incident.level", recipient=company.second, channel="email")
    assert call.context["confidential"]["overdue"] == "triage"
    assert violations() == []


def test_a_passed_decision_timebox_tells_the_next_level(company: Company) -> None:
    incident = make_acknowledged(company)
    confirm(company, incident, "sev3")
    tick(60)
    assert incident.timeline.get(verb="timebox").data["which"] == "decision"
    assert "Second" in told(incident)


def test_a_level_that_was_just_told_is_consequence_enough(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    assert told(incident) == ["Responder", "Second"]
    assert "timebox" in verbs(incident)


def test_a_plan_ends_the_decision_timebox(company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.say_plan(incident=incident, plan="Go back to the last version.", by=company.responder, at=later(5))
    assert armed(incident) == {"triage.timebox": later(15)}


@pytest.mark.parametrize("move", ["contain", "monitor"])
def test_containing_and_watching_end_both_timeboxes(company: Company, move: str) -> None:
    incident = make_acknowledged(company)
    getattr(incidents, move)(incident=incident, note="Paused.", by=company.responder, at=later(5))
    assert armed(incident) == {}
