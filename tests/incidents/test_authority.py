"""Decisions above somebody's limit: refused under the lock, and offered to whoever may take them (D5, D7, D23)."""

from typing import Any

import pytest
from django.test import Client

from governance.models import Document
from incidents.models import Incident, Participant
from incidents.services import authority, incidents
from portal import access
from portal.models import Message
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_incidents import fresh, later, make_acknowledged, make_incident, refuses, told, verbs

pytestmark = pytest.mark.django_db


def limited(company: Company, *limits: dict[str, Any]) -> Document:
    """The company's matrix in which the responder may plan up to SEV4 and the lead everything."""
    content = make.company_matrix(
        triage_team="triage",
        on_call=company.responder.email,
        alternates=(company.second.email,),
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    content["roles"][0]["limits"] = [{"key": "plan", "action": "Say what will be done"}]
    low = list(limits) or [{"key": "plan", "action": "Say what will be done", "severity": "sev4"}]
    content["roles"].append(
        {"key": "first", "title": "First", "holders": [{"person": company.responder.email}], "limits": low}
    )
    return make.make_document(content, kind="matrix", key="company", by=company.admin)


def act(incident: Incident, action: str = "plan") -> str:
    return f"/incidents/{incident.reference}/do/{action}/"


def ask(incident: Incident, action: str = "plan") -> str:
    return f"/incidents/{incident.reference}/ask/{action}/"


def test_without_a_limit_for_it_whoever_works_on_it_decides(company: Company) -> None:
    incident = make_acknowledged(company)
    assert access.can(company.responder, "plan", incident)
    incidents.say_plan(incident=incident, plan="Restart it", by=company.responder, at=later(1))
    assert fresh(incident).plan == "Restart it"


def test_above_the_limit_the_service_refuses_and_nothing_changes(company: Company) -> None:
    limited(company)
    incident = make_acknowledged(company)
    refuses(
        access.Refused,
        "As First you may decide this up to SEV4",
        lambda: incidents.say_plan(incident=incident, plan="Restart it", by=company.responder, at=later(1)),
    )
    assert fresh(incident).plan == ""
    assert access.can(company.responder, "contain", incident)  # nothing limits that


def test_a_limit_that_reaches_lets_them_decide(company: Company) -> None:
    limited(company, {"key": "plan", "action": "Plan", "severity": "sev3", "risk": "medium"})
    incident = make_acknowledged(company)
    incidents.say_plan(incident=incident, plan="Restart it", by=company.responder, at=later(1))
    assert fresh(incident).plan == "Restart it"


def test_the_risk_is_as_high_as_the_workflow_is_critical(company: Company) -> None:
    limited(company, {"key": "plan", "action": "Plan", "severity": "any", "risk": "medium"})
    critical = make.make_workflow("payments", team=company.team, criticality="high")
    assert access.can(company.responder, "plan", make_acknowledged(company))
    assert not access.can(company.responder, "plan", make_acknowledged(company, workflow=critical))


def test_an_incident_keeps_the_limits_to_which_it_is_pinned(company: Company) -> None:
    before = make_acknowledged(company)
    limited(company)
    assert access.can(company.responder, "plan", before)
    assert not access.can(company.responder, "plan", make_acknowledged(company))


def test_the_page_offers_whom_to_ask_instead_of_a_refusal(client: Client, company: Company) -> None:
    limited(company)
    incident = make_acknowledged(company)
    client.force_login(company.responder)
    assert act(incident) in client.get(incident.get_absolute_url()).content.decode()
    response = client.get(act(incident))
    page = response.content.decode()
    assert response.status_code == 200
    assert "As First you may decide this up to SEV4 and any risk; this is SEV3 with medium risk." in page
    assert "Escalate to Lead" in page and f'value="{company.lead.pk}"' in page
    response = client.post(act(incident), {"plan": "Restart it"})
    assert response.status_code == 422 and "Restart it" in response.content.decode()
    assert fresh(incident).plan == ""


def test_who_is_asked_is_told_and_can_decide(client: Client, company: Company) -> None:
    limited(company)
    incident = make_acknowledged(company)
    client.force_login(company.responder)
    response = client.post(ask(incident), {"to": str(company.lead.pk), "text": "Restart it at once"})
    assert response.status_code == 302
    assert told(incident, event="incident.authority") == ["Lead"]
    assert verbs(incident)[-1] == "authority_asked"
    entry = incident.timeline.latest("id")
    assert (entry.data["to"], entry.text_row.text) == ("Lead", "Restart it at once")
    assert "Responder asked Lead to decide" in client.get(incident.get_absolute_url()).content.decode()
    assert Message.objects.filter(event="incident.authority", lane="urgent").exists()
    incidents.say_plan(incident=incident, plan="Restart it", by=company.lead, at=later(2))
    assert fresh(incident).plan == "Restart it"


def test_nobody_is_asked_whose_limit_does_not_reach(client: Client, company: Company) -> None:
    limited(company)
    incident = make_acknowledged(company)
    refuses(
        authority.CannotAsk,
        "Second may not decide this either",
        lambda: authority.ask(
            incident=incident, action="plan", to=company.second, text="x", by=company.responder, at=NOW
        ),
    )
    client.force_login(company.responder)
    for posted in ({"to": str(company.second.pk), "text": "x"}, {"to": str(company.lead.pk), "text": ""}, {}):
        assert client.post(ask(incident), posted).status_code == 422
    assert told(incident, event="incident.authority") == []


def test_who_may_decide_is_not_offered_to_ask(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    refuses(
        authority.CannotAsk,
        "You may decide this yourself",
        lambda: authority.ask(
            incident=incident, action="plan", to=company.lead, text="x", by=company.responder, at=NOW
        ),
    )
    client.force_login(company.responder)
    assert client.post(ask(incident), {"to": str(company.lead.pk), "text": "x"}).url == act(incident)
    assert client.post(ask(incident, "acknowledge"), {}).status_code == 404


def test_who_does_not_work_on_it_is_refused_as_before(client: Client, company: Company) -> None:
    limited(company)
    incident = make_incident(company)
    client.force_login(company.reporter)
    assert client.get(act(incident)).status_code == 403
    client.force_login(company.outsider)
    assert client.post(ask(incident), {"to": str(company.lead.pk), "text": "x"}).status_code == 404
    assert not Participant.objects.filter(incident=incident, user=company.lead).exists()
