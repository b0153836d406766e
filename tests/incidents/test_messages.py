"""What people read: every event renders on every channel class, in both languages, with or without its facts (D31)."""

from typing import Any

import pytest

from incidents.models import Incident
from incidents.services import escalation, incidents, messages, triage
from portal import rendering
from portal.models import Message
from tests.factories_governance import Company, make_absence, make_workflow
from tests.factories_incidents import later, make_incident, run_of, tick

pytestmark = pytest.mark.django_db


def words(incident: Incident, event: str, channel: str = "email") -> rendering.Words:
    message = Message.objects.filter(event=event, subject_id=incident.pk, channel=channel).latest("created_at")
    return rendering.render(message, message.recipient)


def test_a_call_says_what_and_until_when(company: Company) -> None:
    incident = make_incident(company, description="Since the update.", who_is_hurt="The whole shop")
    found = words(incident, "incident.level")
    assert found.subject == "SEV3: Orders do not arrive. Please answer by 09:15"
    for piece in (
        "Why you: On call: Responder, named in person",
        "If nobody answers by 09:15, it goes on to Second.",
        "Process: Order sync",
        "Since: 2 Mar, 08:50",
        "Impact: Urgency",
        "Who is hurt: The whole shop",
        "Since the update.",
        "/go/",
        f"/incidents/{incident.reference}/",
    ):
        assert piece in found.text
    assert "<script" not in found.html


def test_words_of_people_are_escaped_in_html_and_cannot_break_the_subject(company: Company) -> None:
    incident = make_incident(company, title="<b>Stop</b>\r\nBcc: all", description="<img src=x>")
    found = words(incident, "incident.level")
    assert "\n" not in found.subject
    assert "<img" not in found.html
    assert "<b>" not in found.html


def test_a_restricted_call_names_only_what_may_travel(company: Company) -> None:
    payroll = make_workflow("payroll", team=company.team, data_class="restricted")
    incident = make_incident(company, workflow=payroll, title="Salaries of Anna")
    found = words(incident, "incident.level")
    assert found.subject == f"SEV3: {incident.reference}. Please answer by 09:15"
    assert "Anna" not in found.subject + found.text + found.html + found.short
    assert "/go/" in found.text


def test_the_reporter_reads_plain_words(company: Company) -> None:
    incident = make_incident(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    found = words(incident, "report.news")
    assert found.subject == "Somebody is on it: Orders do not arrive"
    assert "SEV" not in found.text
    assert "/track/" in found.text
    incidents.resolve(incident=incident, resolution="New key.", checked="Tried.", by=company.responder, at=later(2))
    assert words(incident, "report.news").subject == "Works again: Orders do not arrive"


def test_every_event_renders_with_all_and_with_public_facts_only(company: Company) -> None:
    incident = make_incident(company)
    template = Message.objects.filter(event="incident.level", channel="email").get()
    full = messages.facts(
        incident,
        name="Remy",
        reason="Because",
        why="On call",
        level="Second",
        next="Lena",
        next_at=later(5),
        answer_by_at=later(3),
        happened_at=later(1),
        which="triage",
        minutes=15,
        again=True,
        overdue="triage",
        answered_by="Remy",
        state="answered",
    )
    public = {name: full[name] for name in full if messages.FACTS[name] == "public"}
    for event in messages.LANES:
        for context in (full, public, {}):
            template.event = event
            template.context = {template.data_class: context}
            for locale in ("en", "de"):
                template.recipient.locale = locale
                found = rendering.render(template, template.recipient)
                assert found.subject and found.short and found.text and found.html
                assert "None" not in found.text


def test_a_gap_names_the_level_to_the_operators(company: Company) -> None:
    for person in (company.responder, company.second):
        make_absence(person, later(-10), later(600))
    incident = make_incident(company)
    found = words(incident, "incident.gap")
    assert "a level reaches nobody" in found.subject
    assert "is away and nobody covers" in found.text or "away or no longer active" in found.text


def test_the_timebox_says_what_is_missing(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    found = words(incident, "incident.timebox")
    assert found.subject == "SEV3: Orders do not arrive. Its severity is not confirmed yet"
    assert "Nobody has confirmed in 15 minutes how severe this is." in found.text


@pytest.mark.parametrize(
    ("locale", "severity", "plan", "further"),
    [
        (
            "en",
            "Nobody has confirmed in 4 hours how severe this is.",
            "Nobody has said in 3 days what will be done.",
            "has not triaged it in 4 hours",
        ),
        (
            "de",
            "Innerhalb von 4 Stunden hat niemand bestätigt, wie schwer dies ist.",
            "Innerhalb von 3 Tagen hat niemand gesagt, was getan wird.",
            "innerhalb von 4 Stunden nichts eingestuft",
        ),
    ],
)
def test_long_times_are_said_in_hours_and_days(
    company: Company, locale: str, severity: str, plan: str, further: str
) -> None:
    message = Message.objects.filter(subject_id=make_incident(company).pk, channel="email")[0]
    message.recipient.locale = locale

    def texts(event: str, **facts: Any) -> tuple[str, str]:
        message.event, message.context = event, {message.data_class: facts}
        found = rendering.render(message, message.recipient)
        return found.text, found.html

    for text in texts("incident.timebox", which="triage", minutes=240):
        assert severity in text
    for text in texts("incident.timebox", which="decision", minutes=4320):
        assert plan in text
    for text in texts("incident.level", overdue="triage", answered_by="Remy", minutes=240):
        assert further in text


def test_the_next_level_reads_that_somebody_has_it_but_got_no_further(company: Company) -> None:
    """After a passed timebox "nobody answered" would be wrong: the run is answered."""
    incident = make_incident(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    tick(15)
    found = words(incident, "incident.level")
    assert found.subject == "SEV3: Orders do not arrive. Responder has answered, but has not triaged it in 15 minutes"
    assert found.short.startswith(f"{found.subject} http")
    for text in (found.text, found.html):
        assert "Responder has answered, but has not triaged it in 15 minutes." in text
        assert "Please ask whether help is needed, or confirm the severity yourself." in text
        for wrong in ("nobody answers", "nobody has answered", "answer by", "Take it", "/go/"):
            assert wrong not in text


def test_the_decision_timebox_says_that_nobody_said_what_will_be_done(company: Company) -> None:
    payroll = make_workflow("payroll", team=company.team, data_class="restricted")
    incident = make_incident(company, workflow=payroll)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    triage.confirm_severity(incident=incident, severity="sev3", by=company.responder, reason="Yes.", at=later(2))
    tick(60)
    found = words(incident, "incident.level")
    assert found.subject == (
        f"SEV3: {incident.reference}. Somebody has answered, but nobody has said what will be done in 60 minutes"
    )
    assert "or say yourself what will be done." in found.text


def test_a_passed_timebox_that_nobody_has_answered_calls_as_ever(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    assert "triaged" not in words(incident, "incident.level").subject
