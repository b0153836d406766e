"""What the page of an incident says of its review, of actions, and of an earlier cause that is seen again."""

import re

import pytest
from django.test import Client

from incidents.models import Incident, Participant, Postmortem, Recurrence
from incidents.services import incidents, participants, reviews
from portal.models import User
from tests.factories_governance import Company, make_company
from tests.factories_incidents import fresh, later, make_incident
from tests.incidents.test_action_items import found_again, planned
from tests.incidents.test_reviews import resolved, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


def page(client: Client, incident: Incident, user: User) -> str:
    client.force_login(user)
    return re.sub(r"\s+", " ", client.get(incident.get_absolute_url()).content.decode())


def test_who_writes_the_review_is_asked_for_it_and_others_know(client: Client, company: Company) -> None:
    incident, review = resolved(company), Postmortem.objects.get()
    assert review.owner is not None
    shown = page(client, incident, review.owner)
    assert "Write down what we learn from it" in shown and review.get_absolute_url() in shown
    other = next(user for user in (company.responder, company.second) if user != review.owner)
    shown = page(client, incident, other)
    assert f"{review.owner} writes the review." in shown and "It closes when the review is published." in shown
    assert f"/incidents/{incident.reference}/do/close/" not in shown


def test_nothing_is_closed_by_hand_before_its_review(client: Client, company: Company) -> None:
    incident = resolved(company)
    client.force_login(company.responder)
    answer = client.post(f"/incidents/{incident.reference}/do/close/", follow=True)
    assert "Its review is not published yet." in answer.content.decode()
    assert fresh(incident).state == "resolved"
    review = write(Postmortem.objects.get(), company)
    reviews.publish(review=review, by=company.responder, at=later(130))
    assert "Does it work again for you?" in page(client, incident, company.reporter)
    assert "published" in page(client, incident, company.second)


def test_a_review_that_no_rule_demands_begins_with_a_click(client: Client, company: Company) -> None:
    incident = resolved(company, severity="sev3")
    assert "Begin a review" in page(client, incident, company.responder)
    assert "Begin a review" not in page(client, incident, company.reporter)
    answer = client.post(f"/incidents/{incident.reference}/review/")
    assert answer.status_code in (302, 403, 404) and not Postmortem.objects.exists()
    client.force_login(company.responder)
    client.post(f"/incidents/{incident.reference}/review/")
    assert Postmortem.objects.get().incident == incident
    assert Postmortem.objects.get().get_absolute_url() in page(client, incident, company.second)


def test_actions_stand_on_the_page_of_their_incident(client: Client, company: Company) -> None:
    incident = resolved(company)
    item = planned(incident, company)
    shown = page(client, incident, company.second)
    assert item.title in shown and item.get_absolute_url() in shown
    assert item.title in re.sub(r"\s+", " ", client.get(Postmortem.objects.get().get_absolute_url()).content.decode())


def test_what_was_seen_before_is_said_to_those_who_may_open_it(client: Client, company: Company) -> None:
    earlier = resolved(company)
    again = make_incident(company, at=later(300))
    assert found_again(again) and Recurrence.objects.count() == 1
    review = Postmortem.objects.get()
    shown = page(client, again, company.responder)
    assert "This was seen before" in shown and review.get_absolute_url() in shown and earlier.title in shown
    Incident.objects.filter(pk=earlier.pk).update(data_class="restricted")
    participants.add(again, company.outsider, Participant.Role.JOINED, at=later(302))
    shown = page(client, again, company.outsider)
    assert again.reference in shown and "This was seen before" not in shown


def test_it_is_over_and_nothing_is_left_to_say(client: Client, company: Company) -> None:
    incident = resolved(company, severity="sev4")
    incidents.close(incident=incident, by=company.responder, at=later(90))
    assert "What follows from it" in page(client, incident, company.responder)
    assert "What follows from it" not in page(client, incident, company.reporter)
