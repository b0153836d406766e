"""What the door for machines owes beside its contract: names in the ledger, no secrets kept, nothing dropped."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from incidents.models import Event, Incident, TimelineEntry
from incidents.services import escalation, sources
from portal import bulk, limits
from portal.models import AuditEntry, Message, Timer
from tests.factories_governance import Company, make_company
from tests.factories_incidents import run_of, told
from tests.pictures import counts

pytestmark = pytest.mark.django_db
ROWS = (Incident, Event, TimelineEntry, Timer, Message, AuditEntry)


@pytest.fixture
def company(db: None) -> Company:
    return make_company()


class Door:
    """A sender with its token."""

    def __init__(self, key: str, format: str) -> None:
        extra = {"name": "Shop monitor", "workflow": None, "by": None, "at": timezone.now()}
        _source, secrets = sources.set_up(key=key, format=format, **extra)  # type: ignore[arg-type]
        self.path, self.headers = f"/api/v1/intake/{key}", {"Authorization": f"Bearer {secrets.token}"}

    def send(self, body: dict[str, Any]) -> Any:
        return Client().post(self.path, json.dumps(body), content_type="application/json", headers=self.headers)

    def opened(self, body: dict[str, Any]) -> Incident:
        response = self.send(body)
        assert response.status_code == 202, response.content
        return Incident.objects.get(reference=response.json()["incident"])


@pytest.fixture
def door(company: Company) -> Door:
    return Door("shop", "generic")


def test_the_ledger_and_the_history_name_the_source(door: Door) -> None:
    incident = door.opened({"title": "Stopped"})
    entries = AuditEntry.objects.filter(target_id=str(incident.pk))
    assert set(entries.values_list("actor_label", flat=True)) == {"source shop"}
    assert set(incident.history.values_list("actor_label", flat=True)) == {"source shop"}  # type: ignore[attr-defined]
    assert AuditEntry.objects.get(verb="event.received").actor_label == "source shop"
    assert incident.timeline.get(verb="reported").data["source"] == "Shop monitor"


def test_secrets_are_not_stored_anywhere(door: Door) -> None:
    body = {
        "title": "Login failed: password=hunter2",
        "description": "Card 4111 1111 1111 1111 declined, order 4711471147114711",
        "components": ["postgres://app:hunter2@db"],
        "details": {"headers": {"Authorization": "Bearer hunter2"}, "node": [{"apiKey": "hunter2"}], "order": 4711},
        "surprise": {"kept": [1, {"client_secret": "hunter2"}]},
    }
    incident, event = door.opened(body), Event.objects.get()
    stored = json.dumps([event.body, incident.title, incident.description, incident.components])
    stored += json.dumps(list(Message.objects.values_list("context", flat=True)), default=str)
    assert "hunter2" not in stored and "4111 1111" not in stored
    assert "4711471147114711" in incident.description
    assert event.body["details"]["order"] == 4711
    assert event.body["surprise"]["kept"][0] == 1


def test_the_timeline_says_once_why_events_join(door: Door) -> None:
    first = door.opened({"title": "Stopped", "dedup_key": "k", "event_id": "1"})
    for number in range(2, 5):
        door.send({"title": "Again", "dedup_key": "k", "event_id": str(number)})
    why = f"Joined {first.reference}, which is open: it names the same dedup_key, “k”."
    assert first.timeline.get(verb="event").data == {"source": "Shop monitor", "reason": why}
    assert list(Event.objects.order_by("id").values_list("group_reason", flat=True))[1:] == [why] * 3
    assert told(first) == ["Responder", "Second"]  # the triage team, once


def test_a_sender_that_says_it_works_again_is_heard_by_those_at_work(door: Door, company: Company) -> None:
    incident = door.opened({"title": "Stopped", "dedup_key": "k"})
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=timezone.now())
    door.send({"title": "Works", "dedup_key": "k", "action": "resolve"})
    assert incident.timeline.get(verb="note").text_row.text == "Shop monitor says that it works again."
    assert told(incident, event="incident.news") == ["Responder", "Second"]


def test_long_texts_of_a_platform_are_cut_not_refused(company: Company) -> None:
    source = {"id": "n7", "name": "S" * 500}
    body = {"flow": {"id": "t", "name": "N" * 500}, "error": {"message": "x" * 50_000, "source": source}}
    incident = Door("nodes", "node_red").opened(body)
    assert (len(incident.title), len(incident.description)) == (limits.TITLE_LENGTH, limits.TEXT_LENGTH)


def test_a_counter_that_the_cache_drops_refuses_nobody(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "")
    monkeypatch.setattr(cache, "add", lambda *args, **more: True)  # as if it was evicted at once
    assert door.send({"title": "x"}).status_code == 202


def test_an_absent_database_is_a_503_and_the_retry_makes_one_incident(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = bulk.insert

    def gone(rows: list[Any]) -> list[Any]:
        if any(isinstance(row, Event) for row in rows):
            raise OperationalError("gone")
        return insert(rows)

    before = counts(ROWS)
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "insert", gone)
        response = door.send({"title": "Stopped", "event_id": "e-1"})
        assert (response.status_code, response.json()["error"]) == (503, "unavailable")
    assert counts(ROWS) == before
    door.opened({"title": "Stopped", "event_id": "e-1"})
    assert Incident.objects.count() == 1
