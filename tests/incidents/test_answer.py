"""The one-time link: GET shows and changes nothing, POST takes the incident, other generations are over."""

import pytest
from django.test import Client
from django.urls import reverse

from incidents.models import EscalationRun, Incident, Participant, TimelineEntry
from incidents.services import escalation, incidents
from portal import links
from portal.models import AuditEntry, Message, Timer
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_incident, run_of
from tests.pictures import counts

pytestmark = pytest.mark.django_db
EVERYTHING = (Incident, EscalationRun, Participant, TimelineEntry, Timer, Message, AuditEntry)


def address(incident: Incident, generation: int = 1) -> str:
    calls = Message.objects.filter(event="incident.level", subject_id=incident.pk, channel="email")
    message = calls.earliest("created_at")
    return reverse("one-time", args=[links.make(message, message.recipient_id, "acknowledge", generation)])


def test_opening_the_link_changes_nothing(company: Company, client: Client) -> None:
    incident = make_incident(company)
    before = counts(EVERYTHING)
    response = client.get(address(incident))
    assert response.status_code == 200
    assert b"I take it" in response.content
    assert response["Referrer-Policy"] == "same-origin"
    assert counts(EVERYTHING) == before
    assert run_of(incident).state == "running"


def test_pressing_takes_the_incident(company: Company, client: Client) -> None:
    incident = make_incident(company)
    response = client.post(address(incident), follow=True)
    assert b"You have it" in response.content
    assert (run_of(incident).state, fresh(incident).lead) == ("acknowledged", company.responder)


def test_pressing_twice_says_that_you_have_it(company: Company, client: Client) -> None:
    incident = make_incident(company)
    client.post(address(incident))
    response = client.post(address(incident))
    assert response.status_code == 409
    assert b"You have it" in response.content
    assert incident.timeline.filter(verb="acknowledged").count() == 1


def test_somebody_was_faster(company: Company, client: Client) -> None:
    incident = make_incident(company)
    escalation.acknowledge(run=run_of(incident), by=company.second, at=later(1))
    response = client.get(address(incident))
    assert b"Second has already answered." in response.content
    assert b"I take it" not in response.content


def test_a_link_of_an_earlier_generation_does_nothing(company: Company, client: Client) -> None:
    incident = make_incident(company)
    run = escalation.acknowledge(run=run_of(incident), by=company.second, at=later(1))
    escalation.unacknowledge(run=run, by=company.second, reason="No time", at=later(2))
    before = counts(EVERYTHING)
    response = client.post(address(incident))
    assert b"This call is out of date." in response.content
    assert counts(EVERYTHING) == before
    assert run_of(incident).state == "running"


def test_the_link_of_an_ended_incident_says_so(company: Company, client: Client) -> None:
    incident = make_incident(company)
    incidents.decline(incident=incident, reason="A test", by=company.responder, at=later(1))
    assert b"This incident has ended." in client.get(address(incident)).content
