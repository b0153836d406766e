"""The desk at a glance: who is told next, what never came, what was promised, and that it stays cheap."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from incidents.reads import updates as reads
from incidents.services import updates
from portal.models import Timer
from tests.factories_governance import NOW, Company, make_company
from tests.factories_incidents import later, make_acknowledged, tick
from tests.incidents.test_updates import STATEMENTS, send, write
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db
ROWS = [
    {"key": "b", "title": "b", "audience": "business", "after_minutes": 0, "every_minutes": 60},
    {"key": "c", "title": "c", "audience": "customers", "after_minutes": 30, "every_minutes": 90},
]


@pytest.fixture
def company() -> Company:
    found = make_company()
    make_plan(found, cadence=ROWS, meetings=[], statements=STATEMENTS)
    return found


@pytest.fixture
def incident(company: Company) -> Incident:
    found = make_acknowledged(company)
    Timer.objects.filter(state="armed").exclude(kind="update.due").update(state="cancelled", ended_at=NOW)
    return found


def line(incident: Incident, audience: str) -> reads.Line:
    return next(item for item in reads.desk(incident).lines if item.audience.key == audience)


def test_whoever_waits_longest_is_told_first(incident: Incident) -> None:
    first = reads.desk(incident).first
    assert first is not None and (first.audience.key, first.due) == ("business", NOW)


def test_what_never_came_is_said_until_news_goes_out(company: Company, incident: Incident) -> None:
    assert line(incident, "business").missed is None
    tick(0)
    tick(20)
    found = line(incident, "business")
    assert (found.missed, found.due) == (NOW, later(60))
    send(incident, company.responder, minutes=21)
    found = line(incident, "business")
    assert (found.missed, found.due) == (None, later(81))


def test_the_page_asks_for_the_next_one_and_the_card_says_what_is_late(
    client: Client, company: Company, incident: Incident
) -> None:
    tick(0)
    tick(20)
    client.force_login(company.responder)
    page = client.get(f"/incidents/{incident.reference}/updates/").content.decode()
    assert page.count('class="btn primary"') == 1
    assert f'class="btn primary" href="/incidents/{incident.reference}/updates/new/?audience=customers"' in page
    assert "was not sent." in page
    card = client.get(f"/incidents/{incident.reference}/").content.decode().partition('id="news"')[2]
    assert "was not sent." in card.partition("</section>")[0]


def test_whoever_may_release_is_asked_to_look_first(client: Client, company: Company, incident: Incident) -> None:
    row = write(incident, company.responder, statement="waits", business="It waits.")
    updates.submit(update=row, by=company.responder, at=later(2))
    address = f"/incidents/{incident.reference}/updates/"
    for user, is_asked in ((company.lead, True), (company.responder, False)):
        client.force_login(user)
        assert ("It is sent when you find it good." in client.get(address).content.decode()) is is_asked


def test_the_writer_is_not_offered_a_release_that_would_be_refused(
    client: Client, company: Company, incident: Incident
) -> None:
    row = write(incident, company.responder, statement="waits", business="It waits.")
    updates.submit(update=row, by=company.responder, at=later(2))
    address = f"/incidents/{incident.reference}/updates/{row.pk}/"
    for user, is_offered in ((company.lead, True), (company.responder, False)):
        client.force_login(user)
        page = client.get(address).content.decode()
        assert ('value="release"' in page) is is_offered
        assert ("asks you to look it over" in page) is is_offered


def test_what_a_look_changes_is_neither_sent_unseen_nor_lost(
    client: Client, company: Company, incident: Incident
) -> None:
    row = write(incident, company.responder, statement="waits", business="It waits.\nFor long.")
    updates.submit(update=row, by=company.responder, at=later(2))
    address = f"/incidents/{incident.reference}/updates/{row.pk}/"
    client.force_login(company.lead)
    shown = client.get(address).context["form"]
    posted = {bound.html_name: bound.value() or "" for bound in shown} | {"do": "release"}
    changed = client.post(address, posted | {"business": "It waits no more."})
    assert changed.status_code == 422
    assert "You have changed something" in changed.content.decode()
    assert "It waits no more." in changed.content.decode()
    row.refresh_from_db()
    assert (row.state, row.business) == ("in_review", "It waits.\nFor long.")
    as_shown = client.post(address, posted | {"business": "It waits.\r\nFor long."})
    assert as_shown.status_code == 302
    row.refresh_from_db()
    assert (row.state, row.reviewed_by) == ("sent", company.lead)


def test_a_promise_is_said_with_its_time_and_how_it_ended(client: Client, company: Company, incident: Incident) -> None:
    client.force_login(company.responder)
    address = f"/incidents/{incident.reference}/updates/"
    send(incident, company.responder, expected_at=later(40), next_at=later(30))
    page = client.get(address).content.decode()
    for word, minutes in (("It works again by", 40), ("Next news by", 30)):
        assert f"{later(minutes):%Y-%m-%dT%H:%M:%SZ}" in page.partition(word)[2][:200]
    assert "promised, not kept" not in page
    tick(40)
    assert "promised, not kept" in client.get(address).content.decode()


def test_the_page_takes_as_many_queries_for_fifty_updates_as_for_one(
    client: Client, company: Company, incident: Incident
) -> None:
    client.force_login(company.responder)
    address = f"/incidents/{incident.reference}/updates/"

    def count() -> int:
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as taken:
            assert client.get(address).status_code == 200
        return len(taken)

    send(incident, company.responder)
    write(incident, company.responder)
    few = count()
    for minute in range(2, 27):
        send(incident, company.responder, audience=("business", "customers", "partners")[minute % 3], minutes=minute)
        write(incident, company.responder, minutes=minute)
    assert count() == few
