"""`/overrides/`: setting a rule aside in two steps, reading which are, and letting one hold again."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from incidents.models import Override
from incidents.services import overrides
from portal import roles
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import YESTERDAY, Company, make_company, make_person
from tests.factories_incidents import make_incident
from tests.incidents.source_pages import client_of, page_of

pytestmark = pytest.mark.django_db
SEVERITY = "/overrides/new/?workflow=order-sync&what=severity"


@pytest.fixture
def company() -> Company:
    found = make_company(at=YESTERDAY)
    found.lead.groups.add(Group.objects.get(name=roles.TEAM_ADMIN))
    return found


@pytest.fixture
def lead(company: Company) -> User:
    return User.objects.get(pk=company.lead.pk)


def test_a_rule_is_set_aside_in_two_steps_and_holds_again_by_a_button(company: Company, lead: User) -> None:
    client = client_of(lead)
    assert "Set a rule aside" in page_of(lead, "/overrides/")
    first = page_of(lead, "/overrides/new/")
    assert "Order sync" in first and "How severe its incidents are at least" in first
    assert "New incidents are at least" in page_of(lead, SEVERITY)
    sent = {"value": "sev2", "until": "four_hours", "reason": "The night shift is away."}
    answer = client.post(SEVERITY, sent, follow=True)
    assert answer.redirect_chain == [("/overrides/", 302)]
    made = Override.objects.get()
    assert (made.workflow, made.why, made.by) == (company.workflow, "The night shift is away.", lead)
    assert made.until - made.since == timedelta(hours=4)
    page = answer.content.decode()
    assert "New incidents are at least SEV2." in page and "The night shift is away." in page
    incident = make_incident(company, at=timezone.now())
    assert "Lead has set a rule aside until" in page_of(company.responder, f"/incidents/{incident.reference}/")
    assert "A rule is set aside until" in page_of(company.responder, "/ownership/workflows/order-sync/")
    client.post(f"/overrides/{made.pk}/end/")
    assert Override.objects.get().ended_at is not None
    again = page_of(lead, "/overrides/")
    assert "Every rule holds as it is written." in again and "The night shift is away." in again


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"reason": ""}, "reason", "Say why the rule shall not hold for a while."),
        ({"value": "sev9"}, "value", "Choose one of these."),
        ({"until": "own"}, "until_at", "Say until when."),
        ({"until": "own", "until_at": "2020-01-01T10:00"}, "until_at", "It would be over at once."),
        ({"until": "own", "until_at": "9999-12-31T23:59"}, "until_at", "At most 7 days."),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    company: Company, lead: User, changes: dict[str, str], field: str, sentence: str
) -> None:
    sent = {"value": "sev2", "until": "hour", "reason": "Kept as typed."} | changes
    answer = client_of(lead).post(SEVERITY, sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page
    assert field in answer.context["form"].errors
    assert ("Kept as typed." in page) is ("reason" not in changes)
    assert not Override.objects.exists()


def test_nothing_chosen_is_said_too(company: Company, lead: User) -> None:
    assert client_of(lead).get("/overrides/new/").status_code == 200
    answer = client_of(lead).get("/overrides/new/?workflow=")  # no radio button is pressed
    assert answer.status_code == 422 and set(answer.context["which"].errors) == {"workflow", "what"}


def test_the_same_rule_twice_is_told_in_a_sentence(company: Company, lead: User) -> None:
    at = timezone.now()
    given: dict[str, Any] = {"until": at + timedelta(hours=1), "reason": "x", "by": lead, "at": at}
    overrides.begin(kind="severity", workflow=company.workflow, value="sev2", **given)
    answer = client_of(lead).post(SEVERITY, {"value": "sev1", "until": "hour", "reason": "y"})
    assert answer.status_code == 422 and "This is set aside already." in answer.content.decode()


def test_only_admins_of_teams_set_aside_and_others_read(company: Company, lead: User) -> None:
    at = timezone.now()
    given: dict[str, Any] = {"until": at + timedelta(hours=1), "reason": "Quiet.", "by": lead, "at": at}
    made = overrides.begin(kind="severity", workflow=company.workflow, value="sev2", **given)
    assert client_of(company.responder).get("/overrides/new/").status_code == 403
    assert client_of(company.responder).post(f"/overrides/{made.pk}/end/").status_code == 403
    page = page_of(company.responder, "/overrides/")
    assert "Quiet." in page and "Let the rule hold again" not in page
    assert "Quiet." not in page_of(company.outsider, "/overrides/")
    assert client_of(company.outsider).post(f"/overrides/{made.pk}/end/").status_code == 404
    other = make_person("elsewhere", role=roles.TEAM_ADMIN)
    assert "You see no process" in page_of(other, "/overrides/new/")


def test_a_kind_that_the_policy_lacks_is_said(company: Company, lead: User) -> None:
    assert "has nothing of this kind" in page_of(lead, "/overrides/new/?workflow=order-sync&what=trigger")
    assert "Everything" in page_of(lead, "/overrides/new/?workflow=order-sync&what=path")
    assert client_of(lead).get("/overrides/new/?workflow=nope&what=path").status_code == 422


def test_where_a_role_limits_it_only_who_holds_the_role_sets_aside(company: Company, lead: User) -> None:
    colleague = make_person("colleague", role=roles.TEAM_ADMIN, teams=(company.team,))
    people = {"on_call": company.responder.email, "lead": company.lead.email, "accountable": company.leader.email}
    content = make.company_matrix(triage_team="triage", alternates=(company.second.email,), **people)
    content["roles"][0]["limits"] = [{"key": "override", "action": "Set rules aside"}]
    make.make_document(content, kind="matrix", key="company", by=company.admin)
    answer = client_of(colleague).get(SEVERITY)
    assert answer.status_code == 403 and "This is for whoever has the role" in answer.content.decode()
    sent = {"value": "sev2", "until": "hour", "reason": "Kept as typed."}
    assert client_of(colleague).post(SEVERITY, sent).status_code == 403
    assert client_of(lead).post(SEVERITY, sent).status_code == 302
    assert Override.objects.get().authority == "Lead as Lead: Set rules aside, up to any severity and any risk."
