"""The roles of an incident on their page and on the incident's: one click takes, the form hands over (D5, D8, P5)."""

import re
from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident, Participant, RoleAssignment
from incidents.services import joining, timeline
from portal import audit, timers
from portal.models import User
from tests.factories_governance import NOW, Company, make_absence
from tests.factories_incidents import fresh, later, make_incident, told, verbs
from tests.incidents.role_scenes import (
    COMMANDER,
    COMMS,
    TECHNICAL,
    give,
    held,
    holds,
    make_led,
    pass_on,
    take,
    with_roles,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def matrix(company: Company) -> None:
    spend = {"key": "spend", "action": "Spend", "severity": "sev2", "risk": "low"}
    with_roles(company, comms=[spend])


def address(incident: Incident, *parts: str) -> str:
    return "/".join([f"/incidents/{incident.reference}/roles", *parts, ""])


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def page(client: Client, user: User, incident: Incident) -> str:
    client.force_login(user)
    response = client.get(address(incident))
    assert response.status_code == 200
    return words(response)


def test_the_page_says_who_holds_each_role_what_it_may_do_and_who_stands_in(client: Client, company: Company) -> None:
    incident = take(make_led(company), company.second, minutes=0)
    found = page(client, company.responder, incident)
    assert "Incident commander" in found and "Communications lead" in found and "Technical lead" in found
    assert "Deputies Lead" in found and "Spend up to SEV2, low risk" in found
    assert "It keeps Every update sent" in found and "The next update is known" in found
    assert "Not named by the matrix" in found  # the responder, who commands
    assert found.count("Nobody holds it") == 2 and "Named by the matrix Second" in found


def test_one_click_takes_a_free_role(client: Client, company: Company) -> None:
    incident = make_led(company)
    client.force_login(company.second)
    shown = client.get(incident.get_absolute_url()).content.decode()
    assert f'action="{address(incident, COMMS, "take")}"' in shown
    assert client.get(address(incident, COMMS, "take")).status_code == 200 and holds(incident) == ""
    assert client.post(address(incident, COMMS, "take")).url == address(incident)
    assert holds(incident) == "Second"
    shown = client.get(incident.get_absolute_url()).content.decode()
    assert f'action="{address(incident, COMMS, "take")}"' not in shown
    response = client.post(address(incident, COMMS, "take"))
    assert response.status_code == 422 and "Second has it" in words(response)


def test_the_hand_over_asks_for_criteria_and_artefacts_and_keeps_what_was_typed(
    client: Client, company: Company
) -> None:
    incident = take(make_led(company), company.second)
    client.force_login(company.second)
    url = address(incident, COMMS, "hand-over")
    shown = words(client.get(url))
    assert "The next update is known" in shown and "Every update sent: where is it?" in shown
    assert "The matrix names Lead." in shown
    typed = {"to": company.lead.email, "artefact_0": "In the wiki"}
    response = client.post(url, typed)
    assert response.status_code == 422 and "Say why this is still open: The next update is known." in words(response)
    assert 'value="In the wiki"' in response.content.decode() and holds(incident) == "Second"
    assert client.post(url, typed | {"criteria": ["The next update is known"]}).status_code == 302
    assert held(incident) == [("Second", "assumed"), ("Lead", "handed_over")]
    found = page(client, company.lead, incident)
    assert "1 person held it before" in found and "Every update sent In the wiki" in found
    client.force_login(company.second)
    assert client.post(url, typed).status_code == 422


def test_giving_a_role_tells_the_person(client: Client, company: Company) -> None:
    incident = make_led(company)
    client.force_login(company.responder)
    url = address(incident, TECHNICAL, "give")
    assert client.post(url, {"to": "", "reason": ""}).status_code == 422
    assert client.post(url, {"to": company.second.email, "reason": "You built it"}).status_code == 302
    assert (holds(incident, TECHNICAL), told(incident, event="role.assigned")) == ("Second", ["Second"])


def test_a_deputy_is_offered_to_step_in_when_the_holder_is_away(client: Client, company: Company) -> None:
    incident = take(make_led(company), company.second, minutes=0)
    assert "Step in" not in page(client, company.lead, incident)
    make_absence(company.second, starts_at=later(0), ends_at=later(60 * 24 * 365 * 50))
    assert "Step in : Communications lead" in page(client, company.lead, incident)
    assert "Step in : Communications lead" not in page(client, company.responder, incident)
    client.force_login(company.responder)
    assert client.post(address(incident, COMMS, "step-in")).status_code == 422
    client.force_login(company.lead)
    assert client.post(address(incident, COMMS, "step-in")).status_code == 302
    assert holds(incident) == "Lead"


def test_asking_for_a_sign_and_giving_it(client: Client, company: Company) -> None:
    incident = take(make_led(company), company.second)
    client.force_login(company.responder)
    assert client.post(address(incident, COMMS, "ask")).status_code == 302
    assert client.post(address(incident, COMMS, "ask")).status_code == 422
    client.force_login(company.second)
    assert "I am here" in words(client.get(address(incident)))
    assert client.post(address(incident, COMMS, "here")).status_code == 302
    assert verbs(incident)[-2:] == ["role_asked", "role_confirmed"]


def test_giving_up_asks_why(client: Client, company: Company) -> None:
    incident = take(make_led(company), company.second)
    client.force_login(company.second)
    url = address(incident, COMMS, "give-up")
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "Another fire"}).status_code == 302
    assert holds(incident) == ""


def test_a_long_history_costs_no_more_questions(
    client: Client, company: Company, django_assert_max_num_queries: Any
) -> None:
    incident = take(make_led(company), company.second, minutes=0)
    for number in range(8):
        to, by = (company.lead, company.second) if number % 2 == 0 else (company.second, company.lead)
        pass_on(incident, to, by, minutes=number + 1)
    client.force_login(company.responder)
    client.get(address(incident))
    with django_assert_max_num_queries(34):
        client.get(address(incident))


def test_the_card_shows_who_is_here_and_who_was_brought_in(client: Client, company: Company) -> None:
    incident = make_led(company)
    joining.invite(incident=incident, to=company.second, reason="Help", by=company.responder, at=later(1))
    with audit.action(actor=None, actor_label="test", reason="rubric", at=NOW):
        timeline.add(incident, verb="specialists", by=None, at=NOW, data={"people": ["Lead"], "sentence": ""})
    client.force_login(company.responder)
    shown = words(client.get(incident.get_absolute_url()))
    card = shown[shown.index("Here now") :]
    assert "Responder" in card and "Lead Specialist, was told and is not here yet" in card
    assert "Ask somebody to join" in card
    Participant.objects.filter(incident=incident, user=company.lead).update(role="joined")
    shown = words(client.get(incident.get_absolute_url()))
    assert "Lead Specialist" in shown and "is not here yet" not in shown


def test_the_live_part_of_the_page_follows_a_role(client: Client, company: Company) -> None:
    incident = make_led(company)
    client.force_login(company.responder)
    shown = client.get(incident.get_absolute_url()).content.decode()
    cursor = re.search(r"cursor=([^\"]+)", shown)[1]  # type: ignore[index]
    poll = f"{incident.get_absolute_url()}?part=status&cursor={cursor}"
    assert client.get(poll).status_code == 204
    take(incident, company.second)
    assert "Communications lead" in client.get(poll).content.decode()


def test_a_near_miss_and_an_ended_incident_offer_nothing(client: Client, company: Company) -> None:
    near = make_incident(company, kind=Incident.Kind.NEAR_MISS, by=company.responder)
    client.force_login(company.responder)
    assert "Take it" not in words(client.get(address(near)))
    response = client.post(address(near, COMMS, "take"))
    assert response.status_code == 422 and "near miss" in words(response)


def test_strangers_know_nothing_and_readers_only_read(client: Client, company: Company) -> None:
    incident = make_led(company)
    client.force_login(company.outsider)
    for url in (address(incident), address(incident, COMMS, "take")):
        assert client.get(url).status_code == 404
    client.force_login(company.reporter)
    assert "Take it" not in words(client.get(address(incident)))
    assert client.post(address(incident, COMMS, "take")).status_code == 403
    client.force_login(company.responder)
    for parts in (("cook", "take"), (COMMS, "eat")):
        assert client.get(address(incident, *parts)).status_code == 404
    assert RoleAssignment.objects.filter(incident=incident).count() == 1


def test_the_command_passes_by_its_form_with_one_message(client: Client, company: Company) -> None:
    incident = make_led(company)
    client.force_login(company.responder)
    form = {"to": company.second.email, "criteria": ["The timeline was read", "Open decisions are named"]}
    response = client.post(address(incident, COMMANDER, "hand-over"), form | {"artefact_0": "Wiki"})
    assert response.status_code == 302 and fresh(incident).lead == company.second
    assert told(incident, event="incident.reassigned") == ["Second"]
    timers.fire_due(at=later(5))
    give(incident, company.lead, company.second, TECHNICAL, minutes=6)
    assert "Technical lead" in page(client, company.lead, incident)


def test_who_commands_is_led_from_the_menu_to_the_form_with_the_criteria(client: Client, company: Company) -> None:
    incident = make_led(company)
    client.force_login(company.responder)
    url = f"/incidents/{incident.reference}/do/reassign/"
    assert client.get(url).url == address(incident, COMMANDER, "hand-over")
    client.force_login(company.second)
    assert client.get(url).status_code == 200
