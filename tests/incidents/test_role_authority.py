"""A role held in the incident has its limits, where the matrix names the holder or somebody who had them passed it on;
taking a role gives nobody more than they had (D5, D7, D23)."""

from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident, RoleAssignment
from incidents.services import escalation, incidents, role_moves
from portal import access
from portal.models import User
from tests.factories_governance import Company, make_absence
from tests.factories_incidents import fresh, later, make_incident, refuses, run_of
from tests.incidents.role_scenes import COMMANDER, COMMS, give, make_led, pass_on, take, with_roles

pytestmark = pytest.mark.django_db
PLAN: dict[str, Any] = {"key": "plan", "action": "Say what will be done", "severity": "sev3", "risk": "medium"}


def may_plan(user: User, incident: Incident) -> bool:
    return bool(access.can(user, "plan", incident))


@pytest.fixture(autouse=True)
def matrix(company: Company) -> None:
    """Only the communications lead says what will be done, up to SEV3; the lead and the second are named for it."""
    with_roles(company, comms=[PLAN])


def test_nobody_gets_limits_by_taking_a_role_that_the_matrix_does_not_give_them(company: Company) -> None:
    incident = make_led(company)
    take(incident, company.responder)
    row = RoleAssignment.objects.get(incident=incident, role=COMMS)
    assert not row.is_authorized and not may_plan(company.responder, incident)
    refuses(
        access.Refused,
        "This is for whoever has the role Communications lead",
        lambda: incidents.say_plan(incident=incident, plan="Restart", by=company.responder, at=later(5)),
    )


def test_somebody_who_is_not_named_cannot_make_somebody_else_authorized(company: Company) -> None:
    incident = give(make_led(company), company.outsider, company.responder)
    assert not may_plan(company.outsider, incident)
    pass_on(incident, company.responder, company.outsider)
    assert not may_plan(company.responder, incident)


def test_who_is_handed_the_role_by_whoever_had_its_limits_has_them_until_it_is_passed_on(company: Company) -> None:
    incident = take(make_led(company), company.second)
    assert not may_plan(company.outsider, incident)
    pass_on(incident, company.outsider, company.second)
    assert may_plan(company.outsider, incident)
    incidents.say_plan(incident=incident, plan="Restart", by=company.outsider, at=later(5))
    assert fresh(incident).plan == "Restart"
    pass_on(incident, company.responder, company.outsider, minutes=6)  # who passes on authority that they hold
    assert may_plan(company.responder, incident) and not may_plan(company.outsider, incident)
    role_moves.give_up(incident=incident, role=COMMS, reason="Done", by=company.responder, at=later(7))
    assert not may_plan(company.responder, incident)


def test_the_role_never_has_more_than_the_matrix_says(company: Company) -> None:
    incident = take(make_led(company), company.second)
    pass_on(incident, company.outsider, company.second)
    Incident.objects.filter(pk=incident.pk).update(severity="sev2")
    assert not may_plan(company.outsider, fresh(incident))


def test_the_limits_end_with_the_incident(company: Company) -> None:
    incident = take(make_led(company), company.second)
    pass_on(incident, company.outsider, company.second)
    incidents.resolve(incident=incident, resolution="Key", checked="Tried", by=company.responder, at=later(8))
    incidents.reopen(incident=incident, reason="Broken", by=company.reporter, at=later(9))
    assert not may_plan(company.outsider, fresh(incident))


def test_a_deputy_who_steps_in_has_the_limits_by_the_matrix(company: Company) -> None:
    incident = take(make_led(company), company.second)
    make_absence(company.second, starts_at=later(2), ends_at=later(90))
    role_moves.step_in(incident=incident, role=COMMS, by=company.lead, at=later(5))
    assert may_plan(company.lead, incident)


def test_answering_gives_the_command_but_its_limits_only_to_whom_the_matrix_names(company: Company) -> None:
    with_roles(company, command=[{"key": "plan", "action": "Plan"}])
    incident = make_incident(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    assert not may_plan(company.responder, incident)
    escalation.reassign(run=run_of(incident), to=company.second, by=company.responder, reason="Take it", at=later(2))
    assert may_plan(company.second, incident)
    escalation.reassign(run=run_of(incident), to=company.responder, by=company.second, reason="Back", at=later(3))
    assert may_plan(company.responder, incident)
    assert RoleAssignment.objects.get(incident=incident, role=COMMANDER, ended_at=None).is_authorized


def test_who_holds_the_role_is_offered_to_be_asked(client: Client, company: Company) -> None:
    incident = take(make_led(company), company.second)
    pass_on(incident, company.outsider, company.second)
    client.force_login(company.responder)
    page = client.get(f"/incidents/{incident.reference}/do/plan/").content.decode()
    assert "Escalate to Outsider" in page
    assert "Outsider holds the role Communications lead in this incident." in page
