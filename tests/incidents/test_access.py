"""Who sees and works on what, and why not; listed = viewable (I16), told = can open (I18)."""

import pytest

from incidents import access as rules
from incidents.models import Incident, Participant
from incidents.services import escalation, incidents
from portal import access, audit, roles
from portal.models import User
from tests.factories_governance import Company, make_person, make_workflow
from tests.factories_incidents import later, make_incident, run_of, tick

pytestmark = pytest.mark.django_db


def sees(user: User, incident: Incident) -> bool:
    """Listed and viewable, which must be the same."""
    listed = Incident.objects.visible_to(user).filter(pk=incident.pk).exists()
    assert listed == bool(access.can(user, "view", incident))
    return listed


def test_the_team_of_the_workflow_sees_it_and_others_do_not(company: Company) -> None:
    incident = make_incident(company)
    assert sees(company.second, incident)
    assert not sees(company.outsider, incident)
    assert not sees(company.admin, incident)


def test_the_reporter_sees_the_own_report_only(company: Company) -> None:
    mine, other = make_incident(company), make_incident(company, by=company.responder)
    assert sees(company.reporter, mine)
    assert not sees(company.reporter, other)


def test_an_auditor_sees_all_and_does_nothing(company: Company) -> None:
    auditor = make_person("auditor", role=roles.AUDITOR)
    incident = make_incident(company, workflow=make_workflow("payroll", team=company.team, data_class="restricted"))
    assert sees(auditor, incident)
    assert access.can(auditor, "acknowledge", incident).reason.startswith("Only responders")


def test_a_restricted_incident_is_for_participants_only(company: Company) -> None:
    payroll = make_workflow("payroll", team=company.team, data_class="restricted")
    incident = make_incident(company, workflow=payroll)
    assert sees(company.responder, incident)
    assert not sees(company.second, incident)
    tick(15)
    assert sees(company.second, incident)


def test_an_unknown_workflow_is_seen_by_the_triage_team(company: Company) -> None:
    incident = make_incident(company, workflow=None)
    assert sees(company.second, incident)
    assert not sees(company.lead, incident)


def test_inactive_people_see_nothing(company: Company) -> None:
    incident = make_incident(company)
    with audit.action(actor=company.admin, reason="left", at=later(1)):
        company.second.is_active = False
        company.second.save(update_fields=["is_active"])
    assert not sees(company.second, incident)


def test_whoever_was_told_can_open_and_answer_without_any_role(company: Company) -> None:
    incident = make_incident(company)
    assert not access.can(company.leader, "acknowledge", incident)
    for minutes in (15, 30, 75, 90, 105, 135):
        tick(minutes)
    assert sees(company.leader, incident)
    assert access.can(company.leader, "acknowledge", incident)
    assert sees(company.operator, incident)


def test_a_team_member_without_a_role_reads_along(company: Company) -> None:
    incident = make_incident(company)
    assert sees(company.lead, incident)
    assert access.can(company.lead, "resolve", incident).reason == (
        "Only responders and the people who were told can do this. You can read along."
    )
    assert access.can(company.lead, "join", incident).reason.startswith("Only responders can join")


def test_the_reporter_may_add_and_reopen_but_not_resolve(company: Company) -> None:
    incident = make_incident(company)
    allowed = {
        name: bool(access.can(company.reporter, name, incident)) for name in ("note", "evidence", "reopen", "close")
    }
    assert allowed == {"note": True, "evidence": True, "reopen": True, "close": True}
    assert access.can(company.reporter, "resolve", incident).reason.startswith("You reported this")


def test_everybody_who_signed_in_may_file(company: Company) -> None:
    assert access.can(company.outsider, "add", Incident)
    assert not access.can(company.outsider, "resolve", Incident)


def test_get_hides_what_may_not_be_known(company: Company) -> None:
    incident = make_incident(company)
    assert rules.get(company.responder, incident.reference) == incident
    with pytest.raises(Incident.DoesNotExist):
        rules.get(company.outsider, incident.reference)


def test_reassigned_and_joined_people_become_participants(company: Company) -> None:
    incident = make_incident(company)
    escalation.reassign(run=run_of(incident), to=company.outsider, by=company.responder, reason="CRM", at=later(1))
    incidents.join(incident=incident, by=company.second, at=later(2))
    assert sees(company.outsider, incident)
    assert Participant.objects.filter(incident=incident, user=company.second, role="joined").exists()


def test_whoever_changes_the_workflow_keeps_seeing_it(company: Company) -> None:
    other = make_workflow("payroll", team=company.leadership)
    incident = make_incident(company)
    incidents.change_workflow(incident=incident, workflow=other, by=company.second, reason="Payroll", at=later(1))
    assert sees(company.second, incident)


def test_what_a_person_sees_is_one_query_for_any_number(
    company: Company, django_assert_max_num_queries: object
) -> None:
    for _ in range(5):
        make_incident(company)
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        assert len(Incident.objects.visible_to(company.responder)) == 5
