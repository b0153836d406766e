"""What happened before that is like something: while filing, while triaging, and near misses in the same place."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.models import Workflow
from incidents.models import Incident
from incidents.reads import alike
from incidents.services import escalation, incidents
from portal import audit, roles
from portal.models import User
from tests import searching
from tests.factories_governance import NOW, Company, make_person, make_workflow
from tests.factories_incidents import fresh, later, make_acknowledged, make_incident, run_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(company: Company) -> Workflow:
    return make_workflow("returns", name="Returns", team=company.team)


def over(company: Company, title: str, *, ended: str = "Renewed the credential", days: float = 30, **extra: Any) -> Any:
    at = NOW - timedelta(days=days)
    row = make_acknowledged(company, title=title, at=at, **extra)
    ends = at + timedelta(hours=2)
    return incidents.resolve(incident=fresh(row), resolution=ended, checked="Looked", by=company.responder, at=ends)


@pytest.fixture
def past(company: Company, other: Workflow) -> Company:
    over(company, "Invoices are sent twice", days=20)
    over(company, "The connector refuses its credential", workflow=other)
    over(company, "Nobody gets parcels", workflow=other)
    over(company, "The connector’s credentials were refused", days=60)
    over(company, "Unrelated: the printer smokes", days=10)
    make_incident(company, title="A credential nearly ran out", kind="near_miss", at=NOW - timedelta(days=3))
    make_incident(company, title="Kettle almost fell", kind="near_miss", at=NOW - timedelta(days=2))
    make_incident(company, title="Kettle almost fell there", kind="near_miss", workflow=other)
    make_incident(company, title="Connector refuses credential drill", kind="drill", at=NOW - timedelta(days=2))
    return company


def names(rows: list[alike.Before]) -> list[str]:
    return [row.incident.title for row in rows]


def test_the_same_words_and_the_same_process_come_first(past: Company) -> None:
    row = make_incident(past, title="Connectors refuse the credential again", at=later(1))
    searching.follow()
    found = alike.of_incident(row, past.responder)
    assert names(found.before)[:2] == [
        "The connector’s credentials were refused",
        "The connector refuses its credential",
    ]
    assert "Unrelated: the printer smokes" not in names(found.before) and row.title not in names(found.before)
    first = found.before[0]
    assert (first.state, first.ending, first.is_same) == ("Works again", "Renewed the credential", True)
    assert names(found.near) == ["Kettle almost fell", "A credential nearly ran out"]
    assert all(row.is_near_miss and row.is_same for row in found.near)


def test_typed_words_in_another_form_find_what_is_over(past: Company) -> None:
    make_incident(past, title="The connector refuses a credential right now", at=later(1))
    searching.follow()
    found = alike.while_filing(past.responder, None, "connector refusing our credentials")
    assert set(names(found.before)) == {
        "The connector’s credentials were refused",
        "The connector refuses its credential",
    }
    assert not alike.while_filing(past.responder, None, "  ")
    assert not alike.while_filing(past.responder, None, "the and of")


def test_nobody_learns_of_what_they_may_not_open(past: Company) -> None:
    secret = over(past, "Connector refuses the credential of the payroll")
    with audit.action(actor=past.admin, reason="delicate", at=later(1)):
        secret = fresh(secret)
        secret.is_restricted = True
        secret.save(update_fields=["is_restricted"])
    row = make_incident(past, title="Connector refuses the credential", at=later(2))
    searching.follow()
    colleague = make_person("colleague", teams=(past.team,), role=roles.RESPONDER)
    assert secret.title in names(alike.of_incident(row, past.responder).before)
    found = alike.of_incident(row, colleague)
    assert found.before and secret.title not in names(found.before)
    files = make_person("files", role=roles.REPORTER)
    assert not alike.while_filing(files, past.workflow, "connector refuses the credential")
    own = make_incident(past, title="The connector refuses my credential", by=files, at=later(3))
    escalation.acknowledge(run=run_of(own), by=past.responder, at=later(4))
    incidents.resolve(incident=fresh(own), resolution="Back", checked="Looked", by=past.responder, at=later(5))
    searching.follow()
    mine = alike.while_filing(files, past.workflow, "connector refuses the credential")
    assert names(mine.before) == ["The connector refuses my credential"] and mine.near == []


def page_of(user: User, address: str, **sent: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.post(address, sent) if sent else client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_while_filing_shows_how_it_ended_and_takes_the_report_all_the_same(past: Company) -> None:
    searching.follow()
    sent = {"what": "connector refuses the credential", "workflow": past.workflow.name}
    page = page_of(past.responder, "/incidents/new/beside/", **sent)
    assert "It may have happened before" in page and "How it ended: Renewed the credential" in page
    assert "It may have happened before" not in page_of(past.outsider, "/incidents/new/beside/", **sent)


def test_whoever_triages_is_shown_it_beside_the_incident(past: Company) -> None:
    row = make_incident(past, title="Connectors refuse the credential again", at=later(1))
    searching.follow()
    place = f"{row.get_absolute_url()}similar/"
    assert f'hx-get="{place}?part=card"' in page_of(past.responder, row.get_absolute_url())
    assert "similar/" not in page_of(past.reporter, row.get_absolute_url())
    card, whole = page_of(past.responder, f"{place}?part=card"), page_of(past.responder, place)
    for page in (card, whole):
        assert "credentials were refused" in page and "Near misses in the same place" in page
    assert "<html" not in card and "<html" in whole
    alone = make_incident(past, title="Zebra", workflow=None, at=later(2))
    assert "Nothing like it that you can see." in page_of(past.responder, f"{alone.get_absolute_url()}similar/")
    stranger = Client()
    stranger.force_login(make_person("stranger"))
    assert stranger.get(place).status_code == 404


def test_it_asks_as_often_among_many(past: Company) -> None:
    def queries(incident: Incident) -> int:
        with CaptureQueriesContext(connection) as seen:
            alike.of_incident(incident, past.responder)
        return len(seen)

    row = make_incident(past, title="Connectors refuse the credential again", at=later(1))
    searching.follow()
    few = queries(row)
    for number in range(12):
        make_incident(past, title=f"Connector {number} refuses", at=later(2))
    searching.follow()
    assert queries(row) == few <= 8
