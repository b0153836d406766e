"""Whoever leads without the limits of the role reads at a gate who can decide, and what to do about it (D7, D48)."""

from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident, RoleAssignment
from incidents.services import escalation, incidents, triage
from portal.models import User
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, run_of
from tests.factories_steps import make_stepped, with_lead, working
from tests.incidents.role_scenes import COMMANDER, with_roles
from tests.incidents.test_home_response import asked

pytestmark = pytest.mark.django_db
LIMIT = {"key": "which-way", "action": "Choose the way", "severity": "any", "risk": "any"}
GATE: list[dict[str, Any]] = [
    {
        "key": "way",
        "title": "Which way?",
        "does": "gate",
        "options": [
            {"key": "on", "title": "Go on", "when": "It is known.", "authority": "which-way", "next": "do"},
            {"key": "back", "title": "Go back", "when": "It is not.", "authority": "which-way", "next": "end"},
        ],
    },
    {"key": "do", "title": "Do it", "does": "action"},
]


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


def at_gate(company: Company, limits: list[dict[str, Any]]) -> Incident:
    """The responder leads, whom the matrix does not name; lead and second are named for the command."""
    with_roles(company, command=limits)
    incident = with_lead(company, working(company, make_stepped(company.admin, steps=GATE)))
    by, at = company.responder, later(2)
    triage.confirm_severity(incident=incident, severity=incident.severity, by=by, reason="Seen.", at=at)
    incidents.say_plan(incident=fresh(incident), plan="Restart it.", by=by, at=at)
    incidents.contain(incident=fresh(incident), note="Paused.", by=by, at=at)
    return fresh(incident)


def page(client: Client, incident: Incident, user: User, address: str = "playbook/") -> str:
    client.force_login(user)
    return client.get(f"/incidents/{incident.reference}/{address}").content.decode()


def test_who_leads_without_the_limits_is_told_who_can_and_how(client: Client, company: Company) -> None:
    incident = at_gate(company, [LIMIT])
    assert not RoleAssignment.objects.get(incident=incident, role=COMMANDER, ended_at=None).is_authorized
    why = asked(incident, company.responder).why
    assert why.startswith("You lead, but the limits of that role are not yours, so you cannot decide here.")
    assert "Lead, Second can: ask for the decision, or hand the command over." in why
    for address in ("", "playbook/"):
        shown = page(client, incident, company.responder, address)
        assert "so you cannot decide here. Lead, Second can" in shown
    assert f"/incidents/{incident.reference}/roles/{COMMANDER}/hand-over/" in shown
    assert client.get(f"/incidents/{incident.reference}/roles/{COMMANDER}/hand-over/").status_code == 200


def test_after_the_handover_nothing_stands_in_the_way(client: Client, company: Company) -> None:
    incident = at_gate(company, [LIMIT])
    escalation.reassign(run=run_of(incident), to=company.lead, by=company.responder, reason="Yours", at=later(5))
    assert asked(fresh(incident), company.lead).why == "You may decide this."
    assert "you cannot decide here" not in page(client, incident, company.lead)
    assert asked(fresh(incident), company.responder).why == "Somebody has to decide here: Lead, Second."


def test_where_nobody_reaches_the_next_level_is_the_way_out(company: Company) -> None:
    incident = at_gate(company, [LIMIT | {"severity": "sev4"}])
    assert asked(incident, company.responder).why == "Nobody’s authority reaches so far. Call the next level."


def test_whoever_got_the_command_from_somebody_with_its_limits_has_them(company: Company) -> None:
    incident = at_gate(company, [LIMIT])
    escalation.reassign(run=run_of(incident), to=company.lead, by=company.responder, reason="Yours", at=later(5))
    escalation.reassign(run=run_of(incident), to=company.responder, by=company.lead, reason="Again", at=later(6))
    assert asked(fresh(incident), company.responder).why == "You may decide this."
