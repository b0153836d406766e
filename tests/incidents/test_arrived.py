"""What machines sent, on the page of the incident: counted, with why it was grouped (P3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from incidents.models import Event, Incident, Source
from incidents.reads import arrived
from incidents.services import escalation, receive, sources
from portal import audit
from tests.factories_governance import NOW, Company, make_company
from tests.factories_incidents import later, make_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company(at=NOW - timedelta(days=1))


def send(
    company: Company, count: int, *, start: int = 0, reason: str = "it is the same flow", **extra: Any
) -> Incident:
    """`count` events of one group, a minute apart."""
    source = company.workflow.sources.first()
    if source is None:
        source, _secrets = sources.set_up(
            key="shop", format="generic", name="Web shop", workflow=company.workflow, by=None, at=NOW
        )
    for number in range(start, start + count):
        body = {"title": "Orders fail", "event_id": f"e{number}"}
        known = {**body, "dedup_key": "flow-1", "group_reason": reason}
        arrival = receive.Arrival(**known, body=body, body_hash=str(number))
        receive.receive(source=source, arrival=arrival, at=later(number))
    return Incident.objects.get()


def test_events_of_one_reason_stand_in_one_line(company: Company, client: Client) -> None:
    incident = send(company, 4)
    found = arrived.arrived(incident)
    assert found is not None and (found.total, found.is_more, found.folded) == (4, False, [])
    joined, opened = found.lines
    assert (joined.count, joined.first, joined.last, joined.source) == (3, later(1), later(3), "Web shop")
    assert joined.reason == f"Joined {incident.reference}, which is open: it is the same flow."
    assert (opened.count, opened.last) == (1, later(0)) and opened.reason.startswith(f"Opened {incident.reference}")
    client.force_login(company.responder)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert "What machines sent" in page and "4 events" in page and "3 times" in page and joined.reason in page


def test_more_than_three_reasons_are_folded(company: Company, client: Client) -> None:
    for number in range(5):
        incident = send(company, 1, start=number, reason=f"rule no. {number}")
    found = arrived.arrived(incident)
    assert found is not None and (len(found.lines), len(found.folded)) == (3, 2)
    client.force_login(company.responder)
    assert "2 more kinds of events" in client.get(incident.get_absolute_url()).content.decode()


def test_a_storm_is_counted_up_to_a_bound(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrived, "COUNTED", 3)
    found = arrived.arrived(send(company, 5))
    assert found is not None and (found.total, found.is_more) == (3, True)
    assert Event.objects.count() == 5


def test_what_a_person_reported_has_no_events(company: Company, client: Client, django_assert_num_queries: Any) -> None:
    incident = make_incident(company)
    with django_assert_num_queries(1):
        assert arrived.arrived(incident) is None
    client.force_login(company.responder)
    assert "What machines sent" not in client.get(incident.get_absolute_url()).content.decode()


def test_a_german_reader_reads_in_german_why_events_are_grouped(company: Company, client: Client) -> None:
    incident = send(company, 2, reason="it names the same dedup_key, “flow-1”")
    over = receive.Arrival(title="Orders fail", dedup_key="flow-1", action="resolve", body={}, body_hash="over")
    escalation.acknowledge(run=incident.run, by=company.responder, at=later(3))
    receive.receive(source=Source.objects.get(), arrival=over, at=later(4))
    with audit.action(actor=company.responder, reason="German", at=later(5)):
        company.responder.locale = "de"
        company.responder.save(update_fields=["locale"])
    client.force_login(company.responder)
    for path in (incident.get_absolute_url(), f"{incident.get_absolute_url()}events/", "/sources/shop/"):
        page = client.get(path).content.decode()
        assert 'lang="de"' in page and incident.reference in page
        found = ["Opened INC", "Joined INC", "it names the same", "Told the people", "says that it works again"]
        assert [text for text in found if text in page] == [], path
