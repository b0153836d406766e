"""Filing is one transaction, idempotent, and refuses in words (D35, D36, D41)."""

from typing import Any

import pytest

from governance.models import Document
from incidents.models import (
    EscalationEvent,
    EscalationRun,
    ImpactScore,
    Incident,
    Participant,
    ReportDraft,
    TimelineEntry,
)
from incidents.services import incidents, intake, reports, tracking
from portal import audit
from portal.models import AuditEntry, Message, Timer
from tests.factories_governance import Company, make_workflow
from tests.factories_incidents import armed, fresh, later, make_incident, run_of, told, verbs, violations
from tests.pictures import counts

pytestmark = pytest.mark.django_db
EVERYTHING = (
    Incident,
    EscalationRun,
    EscalationEvent,
    ImpactScore,
    Participant,
    TimelineEntry,
    Timer,
    Message,
    AuditEntry,
)


def test_a_report_brings_everything_in_one_transaction(company: Company) -> None:
    incident = make_incident(company)
    run = run_of(incident)
    assert incident.reference.startswith("INC-2026-")
    assert (incident.state, incident.severity, incident.team) == ("reported", "sev3", company.team)
    assert run.policy_digest == company.policy.effective_version.digest
    assert run.matrices == {str(company.matrix.effective_version_id): company.matrix.effective_version.digest}
    assert armed(incident, run) == {
        "escalation.step": later(15),
        "triage.timebox": later(15),
        "decision.timebox": later(60),
    }
    assert verbs(incident) == ["reported", "scored", "told"]
    assert set(incident.participants.values_list("user__name", "role")) == {
        ("Reporter", "reporter"),
        ("Responder", "told"),
    }
    entries = AuditEntry.objects.filter(verb__in=["incident.reported", "escalation.stepped"])
    assert entries.count() == 2
    assert (
        len(
            set(AuditEntry.objects.filter(at=later(0)).values_list("request_id", flat=True))
            & set(entries.values_list("request_id", flat=True))
        )
        == 1
    )
    assert violations() == []


def test_the_same_submission_twice_is_one_incident(company: Company) -> None:
    first = make_incident(company, submission_key="once")
    before = counts(EVERYTHING)
    again = make_incident(company, submission_key="once", title="Something else")
    assert again.pk == first.pk
    assert counts(EVERYTHING) == before


def test_the_same_submission_inside_another_transaction_is_one_incident(company: Company) -> None:
    first = make_incident(company, submission_key="once")
    with audit.action(actor=None, actor_label="source", reason="event", at=later(1)):
        again = make_incident(company, submission_key="once")
    assert again.pk == first.pk
    assert Incident.objects.count() == 1


def test_a_machine_files_under_its_label(company: Company) -> None:
    incident = intake.report(
        by=None,
        title="Node failed",
        workflow=company.workflow,
        started_at=later(0),
        answers={},
        at=later(0),
        submission_key="event-1",
        source_label="Shop floor",
        hint="sev2",
    )
    entry = AuditEntry.objects.get(verb="incident.reported")
    assert (entry.actor, entry.actor_label, incident.reporter) == (None, "Shop floor", None)
    assert incident.timeline.get(verb="reported").data["source"] == "Shop floor"
    assert told(incident) == ["Responder"]


def test_a_near_miss_is_recorded_and_calls_nobody(company: Company) -> None:
    incident = make_incident(company, kind="near_miss")
    assert not EscalationRun.objects.filter(incident=incident).exists()
    assert told(incident) == []
    assert told(incident, event="incident.news") == ["Responder"]
    assert set(Message.objects.values_list("lane", flat=True)) == {"routine"}
    assert armed(incident) == {}
    assert incident.scores.count() == 1
    assert violations() == []


def test_a_near_miss_can_be_resolved_like_any_other(company: Company) -> None:
    incident = make_incident(company, kind="near_miss")
    incidents.resolve(
        incident=incident, resolution="Added a check.", checked="Ran it.", by=company.responder, at=later(1)
    )
    assert fresh(incident).state == "resolved"


def test_a_restricted_workflow_makes_a_restricted_incident(company: Company) -> None:
    secret = make_workflow("payroll", team=company.team, data_class="restricted")
    incident = make_incident(company, workflow=secret)
    assert (incident.data_class, incident.is_restricted) == ("restricted", True)
    mail = Message.objects.get(event="incident.level", channel="email")
    assert set(mail.context["confidential"]) == {
        "reference",
        "severity",
        "url",
        "since_at",
        "answer_by_at",
        "again",
        "kind",
        "actions",
    }
    assert violations() == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": "  "}, "Say in a few words what stopped"),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"started_at": later(60)}, "lies in the future"),
        ({"started_at": later(-600 * 24 * 60)}, "more than a year ago"),
        ({"submission_key": ""}, "Open the form again"),
        ({"submission_key": "x" * 65}, "Open the form again"),
    ],
)
def test_a_report_that_cannot_be_taken_changes_nothing(company: Company, change: dict[str, Any], sentence: str) -> None:
    before = counts(EVERYTHING)
    with pytest.raises(intake.CannotFile, match=sentence):
        make_incident(company, **change)
    assert counts(EVERYTHING) == before


def test_without_rules_in_force_nothing_is_half_written(company: Company) -> None:
    with audit.action(actor=None, actor_label="test", reason="test", at=later(0)):
        document = Document.objects.get(pk=company.policy.pk)
        document.effective_version = None
        document.save(update_fields=["effective_version"])
    before = counts(EVERYTHING)
    with pytest.raises(intake.CannotFile, match="No escalation policy is in force"):
        make_incident(company)
    assert counts(EVERYTHING) == before


def test_a_slightly_early_clock_is_taken_as_now(company: Company) -> None:
    assert make_incident(company, started_at=later(2)).started_at == later(0)


# Drafts and tracking


def test_a_draft_keeps_its_key_until_the_report_is_filed(company: Company) -> None:
    first = reports.draft_of(user=company.reporter, at=later(0))
    saved = reports.save_draft(
        user=company.reporter, content={"title": "Orders"}, key=first.submission_key, at=later(1)
    )
    assert (saved.submission_key, saved.content) == (first.submission_key, {"title": "Orders"})
    reports.discard_draft(user=company.reporter)
    assert ReportDraft.objects.count() == 0


def test_a_tracking_link_opens_its_incident_until_it_is_revoked(company: Company) -> None:
    incident = make_incident(company)
    token = tracking.make_track_token(incident)
    assert tracking.read(token).incident == incident
    with audit.action(actor=company.admin, reason="revoked", at=later(1)):
        incident.track_generation += 1
        incident.save(update_fields=["track_generation"])
    for bad in (token, token[:-1], "", "x:y:z"):
        with pytest.raises(tracking.LinkRevoked, match="not valid any more"):
            tracking.read(bad)
