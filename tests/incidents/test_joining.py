"""Not reported twice: similar open incidents, joining them as affected, and asking others to join (D35, P5)."""

from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident, Participant, ReportDraft
from incidents.services import incidents, joining, reports, tracking
from portal import access, roles
from portal.models import Message
from tests.factories_governance import NOW, Company, make_person, make_workflow
from tests.factories_incidents import (
    fresh,
    later,
    make_acknowledged,
    make_incident,
    refuses,
    told,
    verbs,
    violations,
)

pytestmark = pytest.mark.django_db
BESIDE = "/incidents/new/beside/"
AFFECTED = {"text": "Our shop waits", "since": "now"}


def address(incident: Incident) -> str:
    return f"/incidents/{incident.reference}/affected/"


def beside(client: Client, **typed: str) -> str:
    response = client.post(BESIDE, typed)
    assert response.status_code == 200
    return response.content.decode()


# What may be known


def test_open_incidents_of_the_chosen_process_are_shown_to_join(client: Client, company: Company) -> None:
    incident = make_incident(company, by=company.outsider)
    client.force_login(company.reporter)
    page = beside(client, workflow="order sync")
    assert incident.title in page and f'href="{address(incident)}"' in page and "I am affected too" in page
    assert "Outsider" not in page and incident.get_absolute_url() + '"' not in page


def test_similar_words_find_it_without_the_process(client: Client, company: Company) -> None:
    incident = make_incident(company, by=company.outsider, title="Card payments are not captured")
    client.force_login(company.reporter)
    assert incident.title in beside(client, what="A customer’s card payment was not taken")
    assert incident.title not in beside(client, what="The printer burns")
    assert incident.title not in beside(client)


def test_what_is_restricted_or_over_is_never_shown(client: Client, company: Company) -> None:
    payroll = make_workflow("payroll", team=company.team, data_class="restricted")
    titles = [
        make_incident(company, by=company.outsider, workflow=payroll, title="Salary restricted"),
        make_incident(company, by=company.outsider, workflow=None, title="Salary of nobody knows what"),
    ]
    near = make_incident(company, by=company.outsider, kind=Incident.Kind.NEAR_MISS, title="Salary near miss")
    over = make_incident(company, by=company.outsider, title="Salary over")
    incidents.resolve(incident=over, resolution="Done", checked="Seen", by=company.responder, at=later(5))
    client.force_login(company.reporter)
    for incident in (*titles, near, over):
        name = incident.workflow.name if incident.workflow else ""
        page = beside(client, workflow=name, what=incident.title)
        assert incident.title not in page
        for response in (client.get(address(incident)), client.post(address(incident), AFFECTED)):
            assert response.status_code == 404
            assert incident.title not in response.content.decode()
    assert Participant.objects.filter(role="affected").count() == 0


def test_what_is_confidential_is_shown_to_who_names_the_process_but_not_for_mere_words(
    client: Client, company: Company
) -> None:
    capture = make_workflow("payment-capture", team=company.team, data_class="confidential")
    incident = make_incident(company, by=company.outsider, workflow=capture, title="Card payments are not captured")
    client.force_login(company.reporter)
    assert incident.title in beside(client, workflow="Payment capture")
    assert incident.title not in beside(client, what="Card payments are not captured")
    assert client.get(address(incident)).status_code == 200


def test_without_scripts_a_button_looks_and_sends_nothing(client: Client, company: Company) -> None:
    incident = make_incident(company, by=company.outsider)
    client.force_login(company.reporter)
    assert "Look for open incidents like it" in client.get("/incidents/new/").content.decode()
    response = client.post("/incidents/new/", {"what": "Orders are gone", "workflow": "Order sync", "look": "1"})
    page = response.content.decode()
    assert response.status_code == 200 and incident.title in page and "Orders are gone" in page
    assert Incident.objects.count() == 1


# I am affected too


def test_joining_a_colleagues_incident_leads_to_a_page_of_ones_own(client: Client, company: Company) -> None:
    incident = make_acknowledged(company, by=company.second)
    colleague = make_person("colleague")
    reports.save_draft(user=colleague, content={"what": "No orders in Graz"}, key="k", at=later(1))
    client.force_login(colleague)
    page = client.get(address(incident)).content.decode()
    assert incident.title in page and "No orders in Graz" in page and company.reporter.name not in page
    response = client.post(address(incident), AFFECTED)
    assert response["Location"] == tracking.track_path(incident, colleague)
    page = client.get(response["Location"]).content.decode()
    assert "You are affected too" in page and "Our shop waits" in page and "Second is looking into it." in page
    assert verbs(incident)[-1] == "affected"
    assert told(incident, event="incident.affected") == ["Second"]
    assert ReportDraft.objects.count() == 0
    assert "you are affected too" in client.get("/incidents/mine/").content.decode()
    assert not access.can(colleague, "view", incident)  # the page where people work stays theirs
    assert not access.can(colleague, "resolve", incident) and access.can(colleague, "reopen", incident)
    client.force_login(colleague)
    assert client.get(incident.get_absolute_url()).status_code == 404
    assert incident.title not in client.get("/incidents/?state=all").content.decode()
    assert violations() == []


def test_joining_twice_is_joining_once(client: Client, company: Company) -> None:
    incident = make_incident(company)
    client.force_login(company.outsider)
    for _ in range(2):
        assert client.post(address(incident), AFFECTED).status_code == 302
    assert verbs(incident).count("affected") == 1
    assert client.get(address(incident))["Location"] == tracking.track_path(incident, company.outsider)


def test_the_reporter_is_led_to_the_own_page(client: Client, company: Company) -> None:
    incident = make_incident(company)
    client.force_login(company.reporter)
    assert client.get(address(incident))["Location"] == tracking.track_path(incident)
    assert client.post(address(incident), AFFECTED).status_code == 302
    assert "affected" not in verbs(incident)


def test_worse_answers_of_a_colleague_are_scored(client: Client, company: Company) -> None:
    incident = make_incident(company)
    client.force_login(company.outsider)
    client.post(address(incident), AFFECTED | {"q_customers": "yes", "q_urgency": "no"})
    found = fresh(incident)
    assert (found.answers["customers"], found.answers["urgency"]) == ("yes", "yes")
    assert found.severity < incident.severity and found.scores.count() == 2


def test_what_is_missing_is_asked_for(client: Client, company: Company) -> None:
    incident = make_incident(company)
    client.force_login(company.outsider)
    for data, sentence in (
        ({"text": "", "since": "now"}, "Say in a few words who is hurt, and how."),
        ({"text": "We wait"}, "Choose the time that fits best."),
        ({"text": "We wait", "since": "other"}, "Say since when, about."),
        ({"text": "x\x00", "since": "now"}, "Null characters are not allowed."),
    ):
        response = client.post(address(incident), data)
        assert response.status_code == 422 and sentence in response.content.decode()
    assert "affected" not in verbs(incident)


def test_who_is_affected_hears_when_it_is_over(company: Company) -> None:
    incident = make_acknowledged(company)
    joining.affected(incident=incident, by=company.outsider, text="We wait", since=NOW, answers={}, at=later(2))
    incidents.resolve(incident=incident, resolution="Sent", checked="Seen", by=company.responder, at=later(5))
    message = Message.objects.get(event="report.news", channel="inbox", recipient=company.outsider)
    assert message.context["restricted"]["url"].endswith(tracking.track_path(incident, company.outsider))
    assert told(incident, event="incident.resolved") == []


# Ask others to join


def invite(company: Company, incident: Incident, to: Any, **extra: Any) -> Incident:
    values = {"by": company.responder, "reason": "Knows the shop", "at": later(3)} | extra
    return joining.invite(incident=incident, to=to, **values)


def test_who_is_asked_to_join_is_told_at_once_and_may_work(company: Company) -> None:
    expert = make_person("expert", role=roles.RESPONDER)
    incident = make_acknowledged(company)
    assert not access.can(expert, "view", incident) or not access.can(expert, "plan", incident)
    invite(company, incident, expert)
    assert told(incident, event="incident.invited") == ["Expert"]
    assert Message.objects.filter(event="incident.invited", lane="urgent").exists()
    assert access.can(expert, "plan", incident)
    assert fresh(incident).lead == company.responder
    assert verbs(incident)[-1] == "invited"
    assert violations() == []


def test_who_cannot_be_asked(company: Company) -> None:
    incident = make_acknowledged(company)
    for to, sentence in (
        (company.responder, "You are here already."),
        (company.reporter, "Reporter does not work on incidents."),
    ):
        refuses(joining.CannotJoin, sentence, lambda to=to: invite(company, incident, to))
    invite(company, incident, company.second)
    refuses(joining.CannotJoin, "Second takes part already.", lambda: invite(company, incident, company.second))
    refuses(joining.CannotJoin, "Say in a few words", lambda: invite(company, incident, company.second, reason=" "))
    refuses(access.Refused, "You reported this", lambda: invite(company, incident, company.second, by=company.reporter))


def test_the_page_asks_and_tells(client: Client, company: Company) -> None:
    incident = make_acknowledged(company)
    client.force_login(company.responder)
    page = client.get(f"/incidents/{incident.reference}/do/invite/").content.decode()
    assert "Who can help?" in page and company.second.email in page and company.reporter.email not in page
    response = client.post(
        f"/incidents/{incident.reference}/do/invite/", {"to": company.second.email, "reason": "Knows it"}
    )
    assert response.status_code == 302 and told(incident, event="incident.invited") == ["Second"]


def test_joining_is_one_press_on_the_page(client: Client, company: Company) -> None:
    incident = make_incident(company)
    client.force_login(company.second)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert f'action="/incidents/{incident.reference}/do/join/"' in page
    assert client.post(f"/incidents/{incident.reference}/do/join/").status_code == 302
    assert Participant.objects.filter(incident=incident, user=company.second, role="joined").exists()
