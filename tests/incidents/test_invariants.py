"""Each invariant finds its violation; a healthy table has none (DESIGN section 12)."""

from typing import Any

import pytest

from incidents import invariants
from incidents.models import EscalationEvent, EscalationRun, Incident, Participant
from incidents.services import escalation, incidents
from portal import timers
from portal.models import Message
from tests.factories_governance import Company
from tests.factories_incidents import later, make_acknowledged, make_incident, run_of, violations

pytestmark = pytest.mark.django_db


def event(incident: Incident, **extra: Any) -> EscalationEvent:
    """An event that no service wrote."""
    run = run_of(incident)
    values = {
        "run": run,
        "generation": run.generation,
        "position": 9,
        "level": 2,
        "kind": "level",
        "outcome": "told",
        "decided_by": "made up",
        "at": later(9),
    } | extra
    return EscalationEvent.objects.create(**values)


def test_a_healthy_incident_violates_nothing(company: Company) -> None:
    make_incident(company)
    assert violations() == []


def test_i4_finds_a_told_person_without_a_message(company: Company) -> None:
    event(make_incident(company), user=company.second, message_key="nowhere")
    assert len(invariants.a_fired_step_has_its_messages()) == 1


def test_i6_finds_a_step_after_the_answer(company: Company) -> None:
    event(make_acknowledged(company), user=company.second)
    assert len(invariants.nothing_fires_after_an_answer()) == 1


def test_i6_finds_a_step_after_the_end(company: Company) -> None:
    incident = make_incident(company)
    incidents.decline(incident=incident, reason="A test", by=company.responder, at=later(1))
    event(incident, user=company.second, kind="manual")
    assert len(invariants.nothing_fires_after_an_answer()) == 1


def test_a_stopped_run_with_an_armed_timer_is_found(company: Company) -> None:
    incident = make_incident(company)
    incidents.decline(incident=incident, reason="A test", by=company.responder, at=later(1))
    timers.schedule(kind="escalation.step", subject=run_of(incident), due_at=later(9), at=later(2))
    assert invariants.ended_runs_promise_nothing() == [f"Run {run_of(incident).pk} is stopped, but a timer is armed."]


def test_an_answered_run_with_an_armed_ladder_is_found(company: Company) -> None:
    incident = make_incident(company)
    run = escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    timers.schedule(kind="escalation.step", subject=run, due_at=later(9), at=later(2))
    assert len(invariants.ended_runs_promise_nothing()) == 1


def test_i8_finds_a_run_over_its_cap(company: Company) -> None:
    incident = make_incident(company)
    EscalationRun.objects.filter(incident=incident).update(steps=21)
    assert len(invariants.a_run_keeps_its_cap()) == 1


def test_i13_finds_a_call_without_a_step(company: Company) -> None:
    incident = make_incident(company)
    Message.objects.filter(event="incident.level", subject_id=incident.pk, channel="inbox").update(key="made up")
    assert len(invariants.nobody_is_called_without_cause()) == 1


def test_i17_finds_a_gap_that_no_operator_heard_of(company: Company) -> None:
    event(make_incident(company), outcome="nobody", level_key="second")
    assert len(invariants.gaps_are_told()) == 1


def test_i18_finds_somebody_who_was_told_and_cannot_open_it(company: Company) -> None:
    incident = make_incident(company)
    Participant.objects.filter(incident=incident, user=company.reporter).delete()
    assert invariants.whoever_was_told_can_look() == []
    Message.objects.filter(event="incident.level", channel="inbox").update(recipient=company.outsider)
    assert len(invariants.whoever_was_told_can_look()) == 1
