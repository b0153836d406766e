"""The door for machines as a sender meets it: what is one event, what joins which incident, and why (DESIGN 10)."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from incidents.models import Event, Incident, Source
from incidents.services import escalation, sources
from portal import audit
from portal.models import AuditEntry
from tests.factories_governance import YESTERDAY, Company, make_company, make_workflow
from tests.factories_incidents import run_of, told, verbs, violations
from tests.pictures import counts

pytestmark = pytest.mark.django_db
ROWS = (Incident, Event, AuditEntry)


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


class Sender:
    """A platform that posts to its own source."""

    def __init__(self, company: Company, *, format: str = "generic", key: str = "shop", known: bool = True) -> None:
        workflow = company.workflow if known else None
        self.source, self.secrets = sources.set_up(
            key=key, format=format, workflow=workflow, by=None, at=timezone.now()
        )

    def post(self, content: dict[str, Any], **headers: str) -> Any:
        headers = {"Authorization": f"Bearer {self.secrets.token}"} | headers
        return Client().post(
            f"/api/v1/intake/{self.source.key}", json.dumps(content), "application/json", headers=headers
        )

    def send(self, headers: dict[str, str] | None = None, **content: Any) -> dict[str, Any]:
        """The answer to an event that is taken."""
        answer = self.post(content, **(headers or {}))
        assert answer.status_code == 202, answer.content
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def shop(company: Company) -> Sender:
    return Sender(company)


@pytest.fixture
def flows(company: Company) -> Sender:
    return Sender(company, format="node_red", key="flows", known=False)


def failure(msgid: str, *, node: str = "fn1", flow: str = "tab1", name: str = "Order sync") -> dict[str, Any]:
    source = {"id": node, "type": "function", "name": "Map to CRM"}
    return {
        "flow": {"id": flow, "name": name},
        "msgid": msgid,
        "error": {"message": "Error: account_id is missing\n  at line 7", "source": source},
    }


def take(incident: Incident, company: Company) -> None:
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=timezone.now())


# What an event brings


def test_an_event_becomes_an_incident_that_tells_the_first_level(company: Company, shop: Sender) -> None:
    began = timezone.now() - timedelta(minutes=20)
    answer = shop.send(
        title="Orders do not arrive",
        description="Since noon.",
        workflow="order-sync",
        dedup_key="orders",
        event_id="e-1",
        occurred_at=began.isoformat(),
        severity="sev2",
        workflow_version="r118",
        components=["CRM", "queue"],
        details={"waiting": 214},
        region="north",
    )
    incident = Incident.objects.get()
    assert answer == {
        "incident": incident.reference,
        "url": f"http://testserver/incidents/{incident.reference}/",
        "dedup_key": "orders",
        "deduplicated": False,
    }
    assert (incident.title, incident.description, incident.workflow) == (
        "Orders do not arrive",
        "Since noon.",
        company.workflow,
    )
    assert (incident.started_at, incident.workflow_version, incident.components) == (began, "r118", ["CRM", "queue"])
    assert (incident.reporter, told(incident)) == (None, ["Responder"])
    event = Event.objects.get()
    assert (event.event_id, event.incident, event.occurred_at) == ("e-1", incident, began)
    assert event.body["details"] == {"waiting": 214} and event.body["region"] == "north"
    assert event.group_reason == f"Opened {incident.reference}: no incident of this group was open."
    assert AuditEntry.objects.filter(verb="event.received", actor_label="source shop").count() == 1
    assert violations() == []


@pytest.mark.parametrize("name", ["returns", "Returns by mail", "RETURNS BY MAIL"])
def test_a_workflow_is_found_by_its_key_or_its_name(company: Company, shop: Sender, name: str) -> None:
    other = make_workflow("returns", name="Returns by mail", team=company.team)
    shop.send(title="Labels are not printed", workflow=name)
    assert Incident.objects.get().workflow == other


def test_a_name_that_two_workflows_share_decides_nothing(company: Company) -> None:
    for key in ("returns-north", "returns-south"):
        make_workflow(key, name="Returns", team=company.team)
    Sender(company, known=False).send(title="Labels are not printed", workflow="Returns")
    incident = Incident.objects.get()
    assert (incident.workflow, incident.team) == (None, company.triage)


# What is the same event


def test_the_same_event_again_is_answered_the_same_and_changes_nothing(shop: Sender) -> None:
    first = shop.send(title="Orders do not arrive", event_id="e-1", dedup_key="orders")
    before = counts(ROWS)
    again = shop.send(title="Orders do not arrive, told again", event_id="e-1", dedup_key="orders")
    assert again == first | {"deduplicated": True}
    assert counts(ROWS) == before


def test_the_same_body_without_an_id_is_the_same_event(shop: Sender) -> None:
    first, before = shop.send(title="Orders do not arrive"), counts(ROWS)
    assert shop.send(title="Orders do not arrive") == first | {"deduplicated": True}
    assert counts(ROWS) == {"Incident": 1, "Event": 1, "AuditEntry": before["AuditEntry"]}


def test_the_same_body_long_after_its_incident_was_over_is_a_new_event(shop: Sender, company: Company) -> None:
    shop.send(title="Orders do not arrive")
    first = Incident.objects.get()
    shop.send(title="Fixed", dedup_key=Event.objects.get().dedup_key, action="resolve")
    Event.objects.update(received_at=timezone.now() - timedelta(hours=1))
    answer = shop.send(title="Orders do not arrive")
    assert (answer["deduplicated"], answer["incident"] == first.reference) == (False, False)
    assert Incident.objects.count() == 2


def test_two_sources_may_use_the_same_ids(company: Company, shop: Sender) -> None:
    other = Sender(company, key="other")
    shop.send(title="Orders do not arrive", event_id="e-1", dedup_key="k")
    assert other.send(title="Labels are not printed", event_id="e-1", dedup_key="k")["deduplicated"] is False
    assert Incident.objects.count() == 2


def test_the_id_of_a_signed_delivery_stands_in_for_a_missing_event_id(shop: Sender) -> None:
    now = timezone.now()

    def deliver(content: dict[str, Any]) -> Any:
        body = json.dumps(content)
        headers = {
            "webhook-id": "msg_7",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(shop.secrets.signing).sign("msg_7", now, body),
        }
        return Client().post("/api/v1/intake/shop", body, "application/json", headers=headers)

    assert deliver({"title": "Orders do not arrive"}).json()["deduplicated"] is False
    before = counts(ROWS)
    assert deliver({"title": "Orders do not arrive"}).json()["deduplicated"] is True
    assert (Event.objects.get().event_id, counts(ROWS)) == ("msg_7", before)


# What joins which incident


def test_events_with_one_dedup_key_join_one_open_incident_and_say_why(shop: Sender) -> None:
    first = shop.send(title="Orders do not arrive", event_id="e-1", dedup_key="orders")
    second = shop.send(title="Orders still do not arrive", event_id="e-2", dedup_key="orders")
    shop.send(title="Orders still do not arrive at all", event_id="e-3", dedup_key="orders")
    incident = Incident.objects.get()
    assert second == first | {"deduplicated": True}
    assert Event.objects.filter(incident=incident).count() == 3
    why = f"Joined {incident.reference}, which is open: it names the same dedup_key, “orders”."
    assert Event.objects.get(event_id="e-2").group_reason == why
    assert verbs(incident).count("event") == 1, "the timeline says once that and why events are grouped"
    assert told(incident) == ["Responder"], "nobody is called again for each event"


def test_events_without_a_common_key_stay_apart(shop: Sender) -> None:
    shop.send(title="Orders do not arrive", event_id="e-1")
    assert shop.send(title="Orders do not arrive", event_id="e-2")["deduplicated"] is False
    assert Incident.objects.count() == 2


def test_after_the_incident_is_over_the_same_key_opens_a_new_one(shop: Sender) -> None:
    first = shop.send(title="Orders do not arrive", event_id="e-1", dedup_key="orders")
    shop.send(title="They arrive", event_id="e-2", dedup_key="orders", action="resolve")
    third = shop.send(title="Orders do not arrive", event_id="e-3", dedup_key="orders")
    assert third["incident"] != first["incident"] and third["deduplicated"] is False
    assert sorted(Incident.objects.values_list("state", flat=True)) == ["reported", "resolved"]


# Node-RED


def test_errors_of_one_step_join_while_its_incident_is_open(company: Company, flows: Sender) -> None:
    first, second = flows.send(**failure("m-1")), flows.send(**failure("m-2"))
    incident = Incident.objects.get()
    assert first == {
        "incident": incident.reference,
        "url": f"http://testserver/incidents/{incident.reference}/",
        "dedup_key": "tab1+fn1",
        "deduplicated": False,
    }
    assert second == first | {"deduplicated": True}
    assert (incident.title, incident.workflow) == ("Order sync: Error: account_id is missing", company.workflow)
    assert "the same step, “Map to CRM” of Order sync" in Event.objects.get(event_id="m-2").group_reason


def test_errors_of_another_step_or_flow_open_their_own(flows: Sender) -> None:
    for content in (failure("m-1"), failure("m-2", node="fn2"), failure("m-3", flow="tab2")):
        assert flows.send(**content)["deduplicated"] is False
    assert Incident.objects.count() == 3


def test_the_idempotency_key_stands_in_for_a_missing_msgid(flows: Sender) -> None:
    content = failure("")
    flows.send(headers={"Idempotency-Key": "once"}, **content)
    before = counts(ROWS)
    assert flows.send(headers={"Idempotency-Key": "once"}, **content)["deduplicated"] is True
    assert (Event.objects.get().event_id, counts(ROWS)) == ("once", before)


def test_a_flow_is_known_by_its_id_before_its_name(company: Company, flows: Sender) -> None:
    other = make_workflow("renamed", name="Renamed", team=company.team)
    with audit.action(actor=None, actor_label="test", reason="known", at=timezone.now()):
        other.external_id = "tab9"
        other.save(update_fields=["external_id"])
    flows.send(**failure("m-1", flow="tab9", name="Order sync"))
    assert Incident.objects.get().workflow == other


def test_an_unknown_flow_belongs_to_triage(company: Company, flows: Sender) -> None:
    flows.send(**failure("m-1", flow="tab0", name="Nobody knows it"))
    incident = Incident.objects.get()
    assert (incident.workflow, incident.team, told(incident)) == (None, company.triage, ["Responder", "Second"])


# What resolves


def test_a_resolve_ends_what_nobody_has_taken(shop: Sender) -> None:
    first = shop.send(title="Orders do not arrive", dedup_key="orders")
    answer = shop.send(title="They arrive", dedup_key="orders", action="resolve")
    incident = Incident.objects.get()
    assert answer == first | {"deduplicated": True}
    assert (incident.state, run_of(incident).state) == ("resolved", "stopped")
    assert violations() == []


def test_a_resolve_is_left_to_the_people_who_are_at_work(company: Company, shop: Sender) -> None:
    shop.send(title="Orders do not arrive", dedup_key="orders")
    incident = Incident.objects.get()
    take(incident, company)
    shop.send(title="They arrive", dedup_key="orders", action="resolve")
    incident.refresh_from_db()
    assert (incident.state, verbs(incident)[-1]) == ("investigating", "note")
    assert "Responder" in told(incident, event="incident.news")


def test_a_resolve_under_the_id_of_its_trigger_is_an_event_of_its_own(shop: Sender) -> None:
    first = shop.send(title="Orders do not arrive", event_id="alert-1")
    answer = shop.send(title="They arrive", event_id="alert-1", action="resolve")
    assert answer == first | {"deduplicated": True}
    assert (Incident.objects.get().state, Event.objects.count()) == ("resolved", 2)
    before = counts(ROWS)
    assert shop.send(title="They arrive", event_id="alert-1", action="resolve") == answer
    assert counts(ROWS) == before


def test_a_resolve_of_nothing_is_kept_and_opens_nothing(shop: Sender) -> None:
    answer = shop.send(title="They arrive", dedup_key="orders", action="resolve")
    assert answer == {"incident": None, "url": None, "dedup_key": "orders", "deduplicated": True}
    assert (Incident.objects.count(), Event.objects.get().group_reason) == (0, "Nothing of this group was open.")


# When the door is shut


def limit(source: Source, calls: int) -> None:
    with audit.action(actor=None, actor_label="test", reason="limited", at=timezone.now()):
        source.per_minute = calls
        source.save(update_fields=["per_minute"])


def test_above_the_limit_of_a_source_nothing_is_taken_and_the_retry_is(company: Company, shop: Sender) -> None:
    other = Sender(company, key="other")
    limit(shop.source, 2)
    for number in range(2):
        shop.send(title="Orders do not arrive", event_id=f"e-{number}", dedup_key="orders")
    before = counts(ROWS)
    answer = shop.post({"title": "Orders do not arrive", "event_id": "e-3", "dedup_key": "orders"})
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many")
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert counts(ROWS) == before
    assert other.send(title="Labels are not printed")["deduplicated"] is False, "another source has its own limit"
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        shop.send(title="Orders do not arrive", event_id="e-3", dedup_key="orders")
    assert Event.objects.filter(source=shop.source).count() == 3


def test_a_source_that_was_closed_takes_nothing(shop: Sender) -> None:
    with audit.action(actor=None, actor_label="test", reason="closed", at=timezone.now()):
        source = Source.objects.get(pk=shop.source.pk)
        source.is_active = False
        source.save(update_fields=["is_active"])
    before = counts(ROWS)
    assert shop.post({"title": "Orders do not arrive"}).status_code == 401
    assert counts(ROWS) == before
