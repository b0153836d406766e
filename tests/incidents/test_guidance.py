"""What those who wait can do meanwhile (D33)."""

from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident, Subscription
from incidents.reads import guidance
from incidents.services import escalation, tracking
from portal.models import Message
from tests import factories_keeping as keeping
from tests.factories_governance import Company, make_person
from tests.factories_incidents import fresh, later, make_incident, run_of
from tests.factories_steps import make_stepped, working
from tests.incidents.told import make_plan, make_update

pytestmark = pytest.mark.django_db
MANUAL = {
    "when": "When orders wait for an hour.",
    "steps": [{"key": "list", "title": "Write orders into the list", "how": "Technical words"}],
    "back": "Hand the list over.",
}


@pytest.fixture
def company() -> Company:
    company = keeping.make_company(has_module=True)
    make_plan(company)
    return company


def told(incident: Incident, audience: str, company: Company, **answers: str) -> None:
    make_update(incident, audience, by=company.responder, answers=answers)


def words(incident: Incident) -> guidance.Guidance:
    return guidance.guidance(fresh(incident))


def test_without_anything_there_is_general_advice_and_no_message_says_it(company: Company) -> None:
    incident = make_incident(company)
    assert words(incident).is_general and "write down what cannot wait" in words(incident).text
    assert guidance.sentence(fresh(incident)) == ""


def test_what_was_told_last_counts_and_what_is_for_those_inside_comes_first(company: Company) -> None:
    incident = make_incident(company)
    told(incident, "customers", company, impact="Orders wait.")
    assert words(incident).text == "Orders wait."
    told(incident, "customers", company, meanwhile="Please do not order again.")
    assert words(incident).text == "Please do not order again."
    told(incident, "business", company, meanwhile="Take orders by phone.")
    told(incident, "customers", company, meanwhile="Please wait.")
    assert words(incident).text == "Take orders by phone."


def test_nothing_that_is_confidential_or_not_sent_is_guidance(company: Company) -> None:
    incident = make_incident(company)
    told(incident, "leadership", company, meanwhile="Canary", impact="Canary")
    told(incident, "responders", company, meanwhile="Canary")
    draft = {"state": "draft", "sent_at": None, "answers": {"meanwhile": "Canary"}}
    make_update(incident, "business", by=company.responder, **draft)
    assert words(incident).is_general


def test_the_playbook_says_how_it_goes_on_by_hand_but_not_how(company: Company) -> None:
    liaison = [
        {"key": "open", "title": "Open", "text": "Since {since} orders wait."},
        {"key": "plain", "title": "Plain", "text": "Please take orders by phone."},
    ]
    incident = working(company, make_stepped(company.admin, manual=MANUAL, liaison=liaison))
    found = words(incident)
    assert found.text == "Please take orders by phone." and found.steps == ("Write orders into the list",)
    assert "Technical" not in guidance.sentence(fresh(incident))


def test_without_words_for_the_business_the_manual_way_is_shown(company: Company) -> None:
    incident = working(company, make_stepped(company.admin, manual=MANUAL, liaison=[]))
    assert words(incident).text == "When orders wait for an hour."


def test_it_is_on_the_tracking_page_and_beside_the_form(company: Company) -> None:
    incident = make_incident(company)
    told(incident, "business", company, meanwhile="Take orders by phone.")
    page = Client().get(tracking.track_path(incident)).content.decode()
    assert "What you can do meanwhile" in page and "Take orders by phone." in page
    client = Client()
    client.force_login(make_person("somebody"))
    beside = client.get("/incidents/new/beside/", {"workflow": company.workflow.name}).content.decode()
    assert "Take orders by phone." in beside


def test_the_news_that_somebody_has_it_says_it(company: Company) -> None:
    incident = make_incident(company)
    told(incident, "business", company, meanwhile="Take orders by phone.")
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    news = Message.objects.get(event="report.news", recipient=company.reporter, channel="inbox")
    assert next(iter(news.context.values()))["meanwhile"] == "Take orders by phone."


def test_one_can_follow_from_the_tracking_page_without_signing_in(company: Company) -> None:
    incident = make_incident(company)
    path = tracking.track_path(incident)

    def press(answer: str) -> Any:
        return Client().post(path, {"answer": answer}, follow=True)

    assert "Tell me about this" in Client().get(path).content.decode()
    assert "Tell me no more" in press("follow").content.decode()
    row = Subscription.objects.get()
    assert (row.user, row.audience, row.ended_at) == (company.reporter, "business", None)
    assert "Tell me about this" in press("unfollow").content.decode()


def test_the_page_of_an_incident_offers_to_follow_it(company: Company) -> None:
    incident = make_incident(company)
    client = Client()
    client.force_login(company.responder)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert "Tell me about this" in page and '<option value="business" selected>' in page
    client.post(f"/incidents/{incident.reference}/follow/", {"audience": "business"})
    assert "You hear what is told to Business." in client.get(incident.get_absolute_url()).content.decode()
