"""The pages of the communication desk: what is due, writing, sending, and what is refused stays typed."""

import pytest
from django.test import Client

from incidents.models import Incident, StatusUpdate
from incidents.services import incidents
from tests.factories_governance import Company, make_company
from tests.factories_incidents import later, make_acknowledged
from tests.incidents.test_updates import ANSWERS, STATEMENTS
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    found = make_company()
    make_plan(found, statements=STATEMENTS)
    return found


@pytest.fixture
def incident(company: Company) -> Incident:
    return make_acknowledged(company)


def page(incident: Incident, client: Client, company: Company) -> str:
    client.force_login(company.responder)
    return f"/incidents/{incident.reference}/updates/"


def test_the_desk_shows_each_audience_and_what_was_sent(client: Client, company: Company, incident: Incident) -> None:
    at = page(incident, client, company)
    assert "Business" in client.get(at).content.decode()
    typed = ANSWERS | {"subject": "Payments", "business": "{what} {impact}", "do": "send"}
    answer = client.post(f"{at}new/?audience=business&event=update", typed)
    assert answer.status_code == 302
    assert StatusUpdate.objects.get().state == "sent"
    assert "Payments fail. Orders wait." in client.get(at).content.decode()


def test_what_is_refused_stays_typed_and_nothing_is_sent(client: Client, company: Company, incident: Incident) -> None:
    at = page(incident, client, company)
    typed = ANSWERS | {"what": "", "business": "Typed words {cost}", "do": "send"}
    answer = client.post(f"{at}new/?audience=business&event=update", typed)
    assert answer.status_code == 422
    assert "Typed words" in answer.content.decode()
    assert not StatusUpdate.objects.filter(state="sent").exists()


def test_reading_the_form_keeps_nothing(client: Client, company: Company, incident: Incident) -> None:
    at = page(incident, client, company)
    body = client.get(f"{at}new/?audience=business&event=update").content.decode()
    assert "approved before" in body
    assert not StatusUpdate.objects.exists()


def test_how_it_reads_is_shown_for_each_channel_and_stores_nothing(
    client: Client, company: Company, incident: Incident
) -> None:
    at = page(incident, client, company)
    typed = ANSWERS | {"subject": "Payments", "business": "{what} {impact}", "do": "check"}
    answer = client.post(f"{at}new/?audience=business&event=update", typed)
    body = answer.content.decode()
    assert answer.status_code == 200 and "Payments fail. Orders wait." in body
    assert "Say when the next news comes" in body and "Say what they can do meanwhile." in body
    assert not StatusUpdate.objects.exists()


def test_prepared_words_are_taken_and_changed_ones_are_looked_over(
    client: Client, company: Company, incident: Incident
) -> None:
    at = page(incident, client, company)
    address = f"{at}new/?audience=business&event=update"
    taken = client.post(address, ANSWERS | {"statement": "safe", "business": "mine", "do": "use"}).content.decode()
    assert "All is safe." in taken and "Send now" in taken
    changed = ANSWERS | {"statement": "safe", "business": "All is safe, perhaps."}
    assert "somebody has to look them over" in client.post(address, changed | {"do": "check"}).content.decode()
    assert client.post(address, changed | {"do": "send"}).status_code == 422
    assert not StatusUpdate.objects.filter(state="sent").exists()
    assert client.post(address, changed | {"business": "All is safe.", "do": "send"}).status_code == 302
    assert StatusUpdate.objects.get(state="sent").is_pre_approved


def test_what_the_news_is_about_is_chosen_on_the_page(client: Client, company: Company, incident: Incident) -> None:
    at = page(incident, client, company)
    shown = client.get(f"{at}new/?audience=business").content.decode()
    assert '<a href="?audience=business&amp;event=update" aria-current="true">What is new</a>' in shown
    assert '<a href="?audience=business&amp;event=resolved">It works again</a>' in shown
    assert client.get(f"{at}new/?audience=business&event=nothing").status_code == 404
    incidents.resolve(incident=incident, resolution="Back", checked="Looked", by=company.responder, at=later(20))
    shown = client.get(f"{at}new/?audience=business").content.decode()
    assert '<a href="?audience=business&amp;event=resolved" aria-current="true">It works again</a>' in shown
