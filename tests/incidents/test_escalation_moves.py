"""What people do to an escalation: answer, give back, hurry, hand over, snooze; and what follows (P5, I6)."""

import pytest

from incidents.models import EscalationEvent, EscalationRun, Incident
from incidents.services import escalation, incidents
from portal import access
from portal.models import AuditEntry, Message
from tests.factories_governance import (
    Company,
    make_person,
)
from tests.factories_incidents import (
    armed,
    fresh,
    later,
    make_acknowledged,
    make_incident,
    refuses,
    run_of,
    tick,
    told,
    verbs,
    violations,
)

pytestmark = pytest.mark.django_db


# Acknowledge


def test_acknowledge_stops_the_run_and_names_the_lead(company: Company) -> None:
    incident = make_incident(company)
    run = escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(3))
    incident = fresh(incident)
    assert (run.state, run.acknowledged_by, run.acknowledged_at) == ("acknowledged", company.responder, later(3))
    assert (incident.state, incident.lead, incident.acknowledged_at) == ("investigating", company.responder, later(3))
    assert armed(run) == {"escalation.follow_up": later(63)}
    assert verbs(incident)[-1] == "acknowledged"
    assert AuditEntry.objects.filter(verb="incident.acknowledged", actor=company.responder).count() == 1
    assert violations() == []


def test_nothing_fires_after_an_acknowledgement(company: Company) -> None:
    incident = make_incident(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(14))
    incidents.say_plan(incident=incident, plan="Restart it.", by=company.responder, at=later(14.5))
    tick(40)
    assert told(incident) == ["Responder", "Second"]  # the triage timebox asks the second level
    assert EscalationEvent.objects.filter(kind="level").count() == 1
    assert violations() == []


def test_an_answer_that_waited_for_a_step_comes_after_it(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    run = escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(3))
    assert (run.acknowledged_at, fresh(incident).acknowledged_at) == (later(15), later(15))
    assert violations() == []


def test_an_end_that_waited_for_a_step_comes_after_it(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    incidents.decline(incident=incident, reason="A test order", by=company.responder, at=later(3))
    assert run_of(incident).stopped_at == later(15)
    assert violations() == []


@pytest.mark.parametrize(("state", "how"), [("acknowledged", "answered"), ("stopped", "stopped")])
def test_a_step_after_the_answer_or_the_end_is_found(company: Company, state: str, how: str) -> None:
    incident = make_acknowledged(company) if state == "acknowledged" else make_incident(company)
    if state == "stopped":
        incidents.decline(incident=incident, reason="A test order", by=company.responder, at=later(3))
    run = run_of(incident)
    EscalationRun.objects.filter(pk=run.pk).update(**{f"{state}_at": later(-1)})
    assert f"I6: run {run.pk} took a step after it was {how}: level, {later(0)}." in violations()


def test_a_handover_that_waited_for_a_step_comes_after_it(company: Company) -> None:
    incident = make_acknowledged(company)
    escalation.escalate_now(run=run_of(incident), by=company.responder, reason="Too big", at=later(6))
    escalation.reassign(
        run=run_of(incident), to=company.second, by=company.responder, reason="Going home", at=later(5.5)
    )
    assert run_of(incident).acknowledged_at == later(6)
    assert violations() == []


def test_the_second_acknowledgement_is_told_who_was_faster(company: Company) -> None:
    incident = make_incident(company)
    stale = run_of(incident)
    escalation.acknowledge(run=stale, by=company.responder, at=later(3))
    refuses(
        escalation.NotAnswerable,
        "Responder has already answered. Nothing was changed.",
        lambda: escalation.acknowledge(run=stale, by=company.second, at=later(3)),
    )
    assert fresh(incident).lead == company.responder


def test_an_ended_incident_cannot_be_acknowledged(company: Company) -> None:
    incident = make_incident(company)
    incidents.decline(incident=incident, reason="A test order", by=company.responder, at=later(1))
    refuses(
        escalation.NotAnswerable,
        "does not wait for an answer",
        lambda: escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(2)),
    )


def test_somebody_who_cannot_see_the_incident_cannot_acknowledge(company: Company) -> None:
    incident = make_incident(company)
    refuses(
        access.Refused,
        "You cannot see this incident",
        lambda: escalation.acknowledge(run=run_of(incident), by=company.outsider, at=later(2)),
    )


def test_colleagues_and_the_reporter_hear_who_answered(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    escalation.acknowledge(run=run_of(incident), by=company.second, at=later(16))
    assert told(incident, event="incident.acknowledged") == ["Responder"]
    assert told(incident, event="report.news") == ["Reporter"]
    words = Message.objects.get(event="report.news", channel="inbox").context["restricted"]
    assert "/track/" in words["url"]
    assert words["state"] == "answered"


# Give back, hurry, hand over, snooze


def test_giving_back_calls_the_next_level_in_a_new_generation(company: Company) -> None:
    incident = make_acknowledged(company)
    run = escalation.unacknowledge(run=run_of(incident), by=company.responder, reason="On a train", at=later(5))
    assert (run.generation, run_of(incident).state, fresh(incident).lead) == (2, "running", None)
    assert told(incident) == ["Responder", "Second"]
    assert armed(run)["escalation.step"] == later(20)
    assert "escalation.follow_up" not in armed(run)
    assert violations() == []


def test_only_who_has_it_can_give_it_back(company: Company) -> None:
    incident = make_acknowledged(company)
    refuses(
        escalation.CannotEscalate,
        "Only Responder can give it back",
        lambda: escalation.unacknowledge(run=run_of(incident), by=company.second, reason="Mine", at=later(5)),
    )
    other = make_incident(company)
    refuses(
        escalation.CannotEscalate,
        "Nobody has taken this incident",
        lambda: escalation.unacknowledge(run=run_of(other), by=company.responder, reason="Oh", at=later(5)),
    )


def test_giving_back_after_the_last_level_starts_again(company: Company) -> None:
    incident = make_incident(company)
    for minutes in (15, 30, 75, 90, 105, 135):
        tick(minutes)
    escalation.acknowledge(run=run_of(incident), by=company.leader, at=later(136))
    before = len(told(incident))
    escalation.unacknowledge(run=run_of(incident), by=company.leader, reason="Not my area", at=later(140))
    assert told(incident)[before:] == ["Responder"]


def test_escalate_now_tells_the_next_level_and_promises_the_one_after(company: Company) -> None:
    incident = make_incident(company)
    escalation.escalate_now(run=run_of(incident), by=company.responder, reason="Too big", at=later(2))
    assert told(incident) == ["Responder", "Second"]
    assert armed(run_of(incident))["escalation.step"] == later(17)
    tick(14)
    assert told(incident) == ["Responder", "Second"]
    tick(17)
    assert told(incident) == ["Responder", "Second", "Lead"]
    assert EscalationEvent.objects.filter(kind="manual").count() == 1
    assert violations() == []


def test_escalate_now_after_an_answer_keeps_the_answer(company: Company) -> None:
    incident = make_acknowledged(company)
    escalation.escalate_now(run=run_of(incident), by=company.responder, reason="Need help", at=later(2))
    run = run_of(incident)
    assert (run.state, told(incident)) == ("acknowledged", ["Responder", "Second"])
    assert "escalation.step" not in armed(run)
    assert violations() == []


def test_escalate_now_is_refused_when_everybody_was_told(company: Company) -> None:
    incident = make_incident(company)
    for minutes in (15, 30, 75, 90, 105, 135):
        tick(minutes)
    refuses(
        escalation.CannotEscalate,
        "Everybody on the list was told already",
        lambda: escalation.escalate_now(run=run_of(incident), by=company.responder, reason="More", at=later(140)),
    )


def test_a_stopped_run_refuses_every_move(company: Company) -> None:
    incident = make_incident(company)
    incidents.decline(incident=incident, reason="A test order", by=company.responder, at=later(1))
    run, by, at = run_of(incident), company.responder, later(2)
    ended = "This incident has ended"
    refuses(escalation.CannotEscalate, ended, lambda: escalation.escalate_now(run=run, by=by, reason="x", at=at))
    refuses(
        escalation.CannotEscalate,
        ended,
        lambda: escalation.reassign(run=run, to=company.second, by=by, reason="x", at=at),
    )
    refuses(
        escalation.CannotEscalate,
        "nothing to put off",
        lambda: escalation.snooze(run=run, until=later(60), by=by, reason="x", at=at),
    )


def test_reassigning_an_answered_incident_moves_the_lead(company: Company) -> None:
    incident = make_acknowledged(company)
    run = run_of(incident)
    escalation.reassign(run=run, to=company.outsider, by=company.responder, reason="Knows CRM", at=later(10))
    run = run_of(incident)
    assert (run.state, run.acknowledged_by, fresh(incident).lead) == (
        "acknowledged",
        company.outsider,
        company.outsider,
    )
    assert told(incident, event="incident.reassigned") == ["Outsider"]
    assert armed(run) == {"escalation.follow_up": later(70)}
    assert Incident.objects.visible_to(company.outsider).filter(pk=incident.pk).exists()
    assert violations() == []


def test_reassigning_an_unanswered_incident_goes_on_calling(company: Company) -> None:
    incident = make_incident(company)
    escalation.reassign(run=run_of(incident), to=company.lead, by=company.responder, reason="Knows CRM", at=later(2))
    assert (run_of(incident).state, fresh(incident).lead) == ("running", company.lead)
    tick(15)
    assert told(incident) == ["Responder", "Second"]


def test_nobody_is_asked_to_take_over_who_cannot(company: Company) -> None:
    incident = make_acknowledged(company)
    gone = make_person("gone", is_active=False)
    refuses(
        escalation.CannotEscalate,
        "Gone is not active any more",
        lambda: escalation.reassign(run=run_of(incident), to=gone, by=company.responder, reason="x", at=later(1)),
    )
    refuses(
        escalation.CannotEscalate,
        "Responder leads this incident already",
        lambda: escalation.reassign(
            run=run_of(incident), to=company.responder, by=company.responder, reason="x", at=later(1)
        ),
    )


def test_snooze_calls_nobody_until_then_and_goes_on(company: Company) -> None:
    incident = make_incident(company)
    escalation.snooze(run=run_of(incident), until=later(40), by=company.responder, reason="Known", at=later(1))
    assert run_of(incident).state == "paused"
    tick(39)
    assert EscalationEvent.objects.filter(kind="level").count() == 1
    tick(40)
    assert run_of(incident).state == "running"
    assert told(incident) == ["Responder", "Second"]
    assert "resumed" in verbs(incident)
    assert violations() == []


def test_a_snoozed_run_can_be_answered(company: Company) -> None:
    incident = make_incident(company)
    escalation.snooze(run=run_of(incident), until=later(40), by=company.responder, reason="Known", at=later(1))
    escalation.acknowledge(run=run_of(incident), by=company.second, at=later(2))
    tick(41)
    assert EscalationEvent.objects.filter(kind="level").count() == 1
    assert run_of(incident).state == "acknowledged"


def test_snoozing_after_the_answer_comes_back_as_answered(company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.say_plan(incident=incident, plan="Wait for the vendor.", by=company.responder, at=later(1))
    escalation.snooze(run=run_of(incident), until=later(300), by=company.responder, reason="Vendor", at=later(2))
    tick(300)
    run = run_of(incident)
    assert (run.state, run.acknowledged_by) == ("acknowledged", company.responder)
    assert armed(run) == {"escalation.follow_up": later(360)}


@pytest.mark.parametrize("minutes", [-1, 0, 7 * 24 * 60 + 5])
def test_a_snooze_ends_within_seven_days(company: Company, minutes: int) -> None:
    incident = make_incident(company)
    refuses(
        escalation.CannotEscalate,
        "within the next seven days",
        lambda: escalation.snooze(
            run=run_of(incident), until=later(1 + minutes), by=company.responder, reason="x", at=later(1)
        ),
    )


# After the answer


def test_an_answer_without_progress_calls_the_next_level(company: Company) -> None:
    incident = make_acknowledged(company, at=later(0))
    tick(60)
    run = run_of(incident)
    assert (run.state, run.generation) == ("running", 2)
    entry = incident.timeline.get(verb="re_escalated")
    assert entry.data == {"because": "no_progress", "name": "Responder"}
    assert violations() == []


def test_progress_puts_the_question_off_until_silence(company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.say_plan(incident=incident, plan="Restart it.", by=company.responder, at=later(30))
    tick(60)
    assert run_of(incident).state == "acknowledged"
    assert armed(run_of(incident)) == {"escalation.follow_up": later(30 + 240)}
    tick(270)
    assert run_of(incident).state == "running"
    assert incident.timeline.get(verb="re_escalated").data["because"] == "silence"
