"""What counts as one event of a source."""

from typing import Any

import pytest
from django.utils import timezone

from incidents.models import Event, Incident
from incidents.services import receive, sources
from portal.models import AuditEntry
from tests.factories_governance import YESTERDAY, make_company
from tests.pictures import counts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("event_id", ["alert-1", "a" * 200], ids=["short", "longest"])
def test_a_resolve_under_the_id_of_its_trigger_is_heard_once(event_id: str) -> None:
    at = timezone.now()
    company = make_company(at=YESTERDAY)
    source, _secrets = sources.set_up(key="shop", format="generic", workflow=company.workflow, by=None, at=at)

    def send(action: str) -> receive.Received:
        content: dict[str, Any] = {"title": f"Orders: {action}", "event_id": event_id, "action": action}
        arrival = receive.Arrival(**content, body=content, body_hash=action)
        return receive.receive(source=source, arrival=arrival, at=timezone.now())

    opened, ended = send("trigger"), send("resolve")
    incident = Incident.objects.get()
    assert (opened.deduplicated, ended.deduplicated) == (False, True)
    assert (ended.incident, ended.dedup_key) == (incident, event_id)
    assert incident.state == "resolved"
    before = counts((Incident, Event, AuditEntry))
    assert (send("resolve"), send("trigger").incident) == (ended, incident)
    assert counts((Incident, Event, AuditEntry)) == before
