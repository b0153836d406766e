"""What the clock asks later where nobody answers: snoozes that end, news, timers that come late (I8, D16, D30)."""

import pytest

from incidents.models import Incident
from incidents.services import escalation, incidents, re_resolution, triage
from portal import audit, timers
from portal.models import AuditEntry
from tests.factories_governance import (
    NOW,
    Company,
    escalation_policy,
    make_absence,
    make_company,
    make_draft,
    make_person,
    make_team,
    publish,
)
from tests.factories_incidents import (
    WRITTEN,
    armed,
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
    """After the last level nothing is repeated; the team product gets news every hour."""
    found = make_company()
    make_team("product", department=found.department, members=(make_person("product"),))
    policy = escalation_policy(leadership="leadership", news_team="product")
    policy["repeats"] = {"count": 0, "every_minutes": 15}
    publish(make_draft(policy, kind="escalation", key="company", by=found.admin), by=found.admin)
    return found


def exhausted(company: Company) -> Incident:
    """An incident of which everybody was told and nobody has answered, an hour and a half after it was reported."""
    incident = make_incident(company)
    for minutes in (15, 30, 60, 75, 90):
        tick(minutes)
    assert run_of(incident).state == "exhausted"
    return incident


def test_a_snooze_after_everybody_was_told_ends_with_calling_them_again(company: Company) -> None:
    incident = exhausted(company)
    before = told(incident)
    escalation.snooze(run=run_of(incident), until=later(120), by=company.responder, reason="Known", at=later(91))
    tick(119)
    assert told(incident) == before
    tick(120)
    run = run_of(incident)
    assert (run.state, run.paused_until, run.position, run.generation) == ("running", None, 1, 2)
    assert told(incident) == [*before, "Responder"]
    assert verbs(incident)[-3:] == ["resumed", "re_escalated", "told"]
    assert incident.timeline.get(verb="re_escalated").data["because"] == "unanswered"
    kept = AuditEntry.objects.filter(verb__in=["incident.resumed", "incident.re_escalated"]).order_by("id")
    assert list(kept.values_list("verb", flat=True)) == ["incident.resumed", "incident.re_escalated"]
    assert violations() == []


def test_the_end_of_a_snooze_that_is_over_already_changes_nothing(company: Company) -> None:
    incident = make_incident(company)
    run = run_of(incident)
    data = {"generation": run.generation}
    timers.schedule(kind=escalation.RESUME, subject=run, due_at=later(5), at=NOW, data=data)
    before = counts(WRITTEN)
    tick(5)
    assert (run_of(incident).state, counts(WRITTEN)) == ("running", before)
    assert verbs(incident)[-1] == "told"


def test_who_joins_or_puts_it_off_gets_nobody_further(company: Company) -> None:
    joined, snoozed = make_acknowledged(company), make_acknowledged(company)
    by, severity = company.responder, snoozed.severity
    triage.confirm_severity(incident=snoozed, severity=severity, reason="I looked.", by=by, at=later())
    incidents.say_plan(incident=snoozed, plan="Wait for the vendor.", by=by, at=later())
    incidents.join(incident=joined, by=company.second, at=later(30))
    escalation.snooze(run=run_of(snoozed), until=later(300), by=by, reason="Vendor", at=later(30))
    tick(60)
    assert joined.timeline.get(verb="re_escalated").data["because"] == "no_progress"
    tick(300), tick(359)
    assert not snoozed.timeline.filter(verb="re_escalated").exists()
    tick(360)
    assert snoozed.timeline.get(verb="re_escalated").data["because"] == "no_progress"


def test_silence_after_nobody_was_reached_starts_the_ladder_again(company: Company) -> None:
    for person in (company.responder, company.second, company.lead):
        make_absence(person, later(-10), later(120))
    incident = make_incident(company)
    assert (run_of(incident).state, told(incident)) == ("nobody_reached", ["Leader"])
    tick(240)
    assert incident.timeline.get(verb="re_escalated").data["because"] == "unanswered"
    assert (run_of(incident).state, told(incident)) == ("running", ["Leader", "Responder"])
    assert violations() == []


def test_who_has_answered_keeps_it_when_everybody_was_told(company: Company) -> None:
    incident = make_acknowledged(company)
    for minute in (2, 3, 4):
        escalation.escalate_now(run=run_of(incident), by=company.responder, reason="Too big", at=later(minute))
    assert (run_of(incident).state, told(incident)) == ("acknowledged", ["Responder", "Second", "Lead", "Leader"])
    assert (told(incident, event="incident.nobody_reached"), "exhausted" in verbs(incident)) == ([], False)
    assert violations() == []


def test_news_begins_anew_with_another_severity(company: Company) -> None:
    incident = make_incident(company)
    assert armed(run_of(incident))["escalation.news"] == later(60)
    values = {"severity": "sev1", "reason": "All orders.", "by": company.responder, "at": later(10)}
    triage.confirm_severity(incident=incident, **values)
    assert armed(run_of(incident))["escalation.news"] == later(70)
    tick(69)
    assert told(incident, event="incident.news") == []
    tick(70)
    assert told(incident, event="incident.news") == ["Product"]
    assert violations() == []


def test_a_run_that_was_stopped_is_not_resolved_anew(company: Company) -> None:
    incident = make_incident(company)
    with audit.action(actor=company.responder, reason="x", at=later(1)):
        run = run_of(incident)
        escalation.stop(run=run, at=later(1), reason="resolved")
    steps, before = outcomes(incident), counts(WRITTEN)
    with audit.action(actor=company.responder, reason="x", at=later(2)):
        values = {"before": "sev4", "because": "severity changed", "repin": False, "at": later(2)}
        re_resolution.reresolve(incident=incident, run=run_of(incident), **values)
    assert (run_of(incident).state, armed(run_of(incident))) == ("stopped", {})
    assert (outcomes(incident), counts(WRITTEN)) == (steps, before)
