"""Acting on an incident through its pages: each does one thing, says it before, and refuses without a trace."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incidents.models import (
    EscalationEvent,
    EscalationRun,
    ImpactScore,
    Incident,
    Participant,
    TimelineEntry,
    TimelineText,
)
from incidents.reads import actions as reads
from incidents.services import incidents
from portal.models import AuditEntry, Message, Timer, User
from tests.factories_governance import YESTERDAY, Company, make_company, make_workflow
from tests.factories_incidents import fresh, make_acknowledged, make_incident, run_of, told, verbs

pytestmark = pytest.mark.django_db
EVERYTHING = (
    Incident,
    EscalationRun,
    EscalationEvent,
    ImpactScore,
    Participant,
    TimelineEntry,
    TimelineText,
    Timer,
    Message,
    AuditEntry,
    Incident.history.model,  # type: ignore[attr-defined]
)


@pytest.fixture
def company(db: None) -> Company:
    return make_company(at=YESTERDAY)


@pytest.fixture
def now() -> datetime:
    return timezone.now() - timedelta(minutes=5)


def address(incident: Incident, action: str) -> str:
    return reverse("incidents:act", args=[incident.reference, action])


def do(client: Client, user: User, incident: Incident, action: str, **data: Any) -> Any:
    client.force_login(user)
    return client.post(address(incident, action), data)


def reason_of(incident: Incident) -> str:
    return incident.history.latest("history_date", "history_id").reason  # type: ignore[attr-defined, no-any-return]


def last_text(incident: Incident) -> str:
    return TimelineText.objects.filter(entry__incident=incident).latest("entry_id").text


def is_done(response: Any, incident: Incident) -> bool:
    return (response.status_code, response["Location"]) == (302, incident.get_absolute_url())


# What each action does


def test_acknowledging_takes_the_incident(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    assert is_done(do(client, company.responder, incident, "acknowledge"), incident)
    found = fresh(incident)
    assert (found.state, found.lead, run_of(incident).state) == ("investigating", company.responder, "acknowledged")
    assert "acknowledged" in verbs(incident)
    assert reason_of(incident) == "acknowledged"


def test_giving_back_calls_the_next_level(company: Company, client: Client, now: datetime) -> None:
    incident = make_acknowledged(company, at=now)
    assert is_done(do(client, company.responder, incident, "unacknowledge", reason="On a plane"), incident)
    assert (fresh(incident).lead, run_of(incident).state) == (None, "running")
    assert "Second" in told(incident)
    assert reason_of(incident) == "On a plane"


def test_calling_the_next_level_now(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    assert is_done(do(client, company.responder, incident, "escalate", reason="Two are needed"), incident)
    assert told(incident) == ["Responder", "Second"]
    assert "Two are needed" in TimelineText.objects.filter(entry__verb="escalated").values_list("text", flat=True)


@pytest.mark.parametrize("typed", ["Lead <lead@example.test>", "LEAD@example.test", "lead"])
def test_handing_over_makes_somebody_else_lead(company: Company, client: Client, now: datetime, typed: str) -> None:
    incident = make_acknowledged(company, at=now)
    assert is_done(do(client, company.responder, incident, "reassign", to=typed, reason="My shift ends"), incident)
    assert fresh(incident).lead == company.lead
    assert told(incident, event="incident.reassigned") == ["Lead"]
    assert reason_of(incident) == "My shift ends"


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_putting_off_calls_for_some_minutes(company: Company, client: Client, now: datetime, minutes: int) -> None:
    incident = make_incident(company, at=now)
    before = timezone.now()
    data = {"minutes": minutes, "reason": "The vendor calls back"}
    assert is_done(do(client, company.responder, incident, "snooze", **data), incident)
    run = run_of(incident)
    assert run.state == "paused"
    assert run.paused_until is not None
    assert timedelta() <= run.paused_until - before - timedelta(minutes=minutes) < timedelta(minutes=1)
    assert last_text(incident) == "The vendor calls back"


def test_putting_off_calls_until_a_time(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    until = timezone.localtime(timezone.now() + timedelta(hours=5)).replace(second=0, microsecond=0)
    data = {"minutes": "other", "until": until.strftime("%Y-%m-%dT%H:%M"), "reason": "Nothing runs at night"}
    assert is_done(do(client, company.responder, incident, "snooze", **data), incident)
    assert run_of(incident).paused_until == until


def test_confirming_the_severity_keeps_the_reason(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    assert is_done(do(client, company.responder, incident, "triage", severity="sev2", reason="Shops wait"), incident)
    found = fresh(incident)
    assert (found.severity, found.triaged_at is not None) == ("sev2", True)
    assert ImpactScore.objects.filter(incident=incident).latest("at").reason == "Shops wait"
    assert reason_of(incident) == "Shops wait"


def test_saying_what_will_be_done(company: Company, client: Client, now: datetime) -> None:
    incident = make_acknowledged(company, at=now)
    assert is_done(do(client, company.responder, incident, "plan", plan="Restart the import"), incident)
    assert fresh(incident).plan == "Restart the import"
    assert (verbs(incident)[-1], reason_of(incident)) == ("plan", "Restart the import")


@pytest.mark.parametrize(
    ("action", "state", "verb"), [("contain", "contained", "contained"), ("monitor", "monitoring", "monitoring")]
)
def test_the_state_moves_with_a_note(
    company: Company, client: Client, now: datetime, action: str, state: str, verb: str
) -> None:
    incident = make_acknowledged(company, at=now)
    halted = {"kind": "halted", "what": "New orders"} if action == "contain" else {}
    assert is_done(do(client, company.responder, incident, action, note="214 orders wait", **halted), incident)
    assert (fresh(incident).state, verbs(incident)[-1], last_text(incident)) == (state, verb, "214 orders wait")
    assert reason_of(incident) == "214 orders wait"


def test_resolving_says_what_helped_and_how_it_was_checked(company: Company, client: Client, now: datetime) -> None:
    incident = make_acknowledged(company, at=now)
    data = {"resolution": "Restarted", "checked": "Two orders arrived"}
    assert is_done(do(client, company.responder, incident, "resolve", **data), incident)
    found = fresh(incident)
    assert (found.state, found.resolution, found.deviation) == ("resolved", "Restarted", "Two orders arrived")
    assert run_of(incident).state == "stopped"
    assert Message.objects.filter(event="report.news", recipient=company.reporter).exists()


def test_a_reporter_opens_it_again(company: Company, client: Client, now: datetime) -> None:
    incident = make_acknowledged(company, at=now)
    incidents.resolve(incident=incident, resolution="Done", checked="Seen", by=company.responder, at=now)
    assert is_done(do(client, company.reporter, incident, "reopen", reason="Still no orders"), incident)
    assert (fresh(incident).state, run_of(incident).state) == ("investigating", "running")
    assert told(incident, event="incident.reopened") == ["Responder"]
    assert reason_of(incident) == "Still no orders"


def test_declining_tells_the_reporter_why(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    assert is_done(do(client, company.responder, incident, "decline", reason="This is planned work"), incident)
    assert (fresh(incident).state, verbs(incident)[-1]) == ("declined", "declined")
    assert reason_of(incident) == "This is planned work"


def test_closing_ends_a_resolved_incident(company: Company, client: Client, now: datetime) -> None:
    incident = make_acknowledged(company, at=now)
    incidents.resolve(incident=incident, resolution="Done", checked="Seen", by=company.responder, at=now)
    assert is_done(do(client, company.responder, incident, "close"), incident)
    assert (fresh(incident).state, verbs(incident)[-1], reason_of(incident)) == ("closed", "closed", "closed")


@pytest.mark.parametrize("typed", ["Invoices", "invoice-run", "voic"])
def test_another_process_is_meant(company: Company, client: Client, now: datetime, typed: str) -> None:
    other = make_workflow("invoice-run", name="Invoices", team=company.team, at=now)
    incident = make_incident(company, at=now)
    data = {"workflow": typed, "reason": "Orders arrive, invoices do not"}
    assert is_done(do(client, company.responder, incident, "workflow", **data), incident)
    assert (fresh(incident).workflow, reason_of(incident)) == (other, "Orders arrive, invoices do not")


@pytest.mark.parametrize(("ticked", "is_public"), [({}, False), ({"is_public": "on"}, True)])
def test_a_note_is_shown_to_the_reporter_only_on_request(
    company: Company, client: Client, now: datetime, ticked: dict[str, str], is_public: bool
) -> None:
    incident = make_incident(company, at=now)
    assert is_done(do(client, company.responder, incident, "note", text="The queue is full", **ticked), incident)
    entry = incident.timeline.latest("id")
    assert (entry.verb, entry.is_public, last_text(incident)) == ("note", is_public, "The queue is full")


def test_a_reporter_is_not_asked_whether_to_show_the_note_to_the_reporter(
    company: Company, client: Client, now: datetime
) -> None:
    incident = make_incident(company, at=now)
    assert is_done(do(client, company.reporter, incident, "note", text="It is worse"), incident)
    assert incident.timeline.latest("id").is_public
    assert b"Show it to the reporter" not in client.get(address(incident, "note")).content


def test_lines_of_a_note_stay_lines(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    do(client, company.responder, incident, "note", text="First this\nthen <that>")
    assert b"First this<br>then &lt;that&gt;" in client.get(incident.get_absolute_url()).content


def test_whoever_leads_is_not_offered_to_join(company: Company, now: datetime) -> None:
    incident = make_acknowledged(company)
    Participant.objects.filter(incident=incident, user=company.responder, role="joined").delete()  # a hand-over
    assert reads.why_not("join", incident, incident.run, company.responder) == "You take part already."
    assert reads.why_not("join", incident, incident.run, company.second) == ""


def test_joining_makes_a_follower(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    assert is_done(do(client, company.second, incident, "join"), incident)
    assert Participant.objects.filter(incident=incident, user=company.second, role="joined").exists()
    assert verbs(incident)[-1] == "joined"
