"""Where people talk: said once, it stands on the page, in invitations, and in words that name it (D65)."""

import pytest
from django.test import Client

from incidents.models import Incident
from incidents.reads import update_words
from incidents.services import bridges, escalation
from portal.models import Message
from tests.factories_governance import Company, make_company
from tests.factories_incidents import fresh, later, make_acknowledged, run_of, tick, verbs, violations
from tests.incidents.test_meetings import bad
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db
CALL, CHANNEL = "https://meet.example.com/inc-1", "https://chat.example.com/inc-1"


@pytest.fixture
def company() -> Company:
    found = make_company()
    make_plan(found)
    return found


@pytest.fixture
def incident(company: Company) -> Incident:
    return make_acknowledged(company)


def send(company: Company, incident: Incident, **sent: str) -> Client:
    client = Client()
    client.force_login(company.responder)
    client.answer = client.post(f"{incident.get_absolute_url()}do/talk/", sent)  # type: ignore[attr-defined]
    return client


def test_what_was_said_stands_on_the_page_and_in_the_timeline(company: Company, incident: Incident) -> None:
    client = send(company, incident, bridge=CALL, chat=CHANNEL)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert f'href="{CALL}"' in page and f'href="{CHANNEL}"' in page
    assert verbs(incident)[-1] == "talk" and violations() == []
    assert update_words.facts(fresh(incident))["bridge"] == CALL


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", "http://meet.example.com/x", "meet", "https://a:b@meet.example/"]
)
def test_an_address_that_nobody_should_follow_is_refused_and_kept_in_the_form(
    company: Company, incident: Incident, bad: str
) -> None:
    answer = send(company, incident, bridge=bad, chat=CHANNEL).answer  # type: ignore[attr-defined]
    shown = answer.content.decode()
    assert answer.status_code == 422 and "Write the whole address, beginning with https://." in shown
    assert CHANNEL in shown and fresh(incident).chat == ""


def test_the_same_again_changes_nothing(company: Company, incident: Incident) -> None:
    for minute in (1, 2):
        bridges.say_where(incident=incident, bridge=CALL, chat="", by=company.responder, at=later(minute))
    assert verbs(incident).count("talk") == 1
    bridges.say_where(incident=incident, bridge="", chat="", by=company.responder, at=later(3))
    assert fresh(incident).bridge == "" and verbs(incident).count("talk") == 2


def test_whoever_works_on_it_reads_where_they_come_together(company: Company) -> None:
    incident = bad(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    bridges.say_where(incident=fresh(incident), bridge=CALL, chat="", by=company.responder, at=later(2))
    tick(60)
    rows = Message.objects.filter(event="incident.meeting", channel="inbox", subject_id=incident.pk)
    said = {row.recipient: next(iter(row.context.values())).get("bridge") for row in rows.select_related("recipient")}
    assert said[company.lead] == CALL
    assert said[company.outsider] is None  # may not open the incident
