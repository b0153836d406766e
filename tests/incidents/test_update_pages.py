"""The pages of the communication desk: what is due, writing, sending, and what is refused stays typed."""

import pytest
from django.test import Client

from incidents.models import Incident, StatusUpdate
from tests.factories_governance import Company, make_company
from tests.factories_incidents import make_acknowledged
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
