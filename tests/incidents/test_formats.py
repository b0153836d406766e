"""What real systems post, as recorded in tests/cases: what becomes an incident, joins it, and ends it."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from governance.models import Workflow
from incidents.models import Event, Incident
from incidents.services import escalation
from tests.factories_governance import YESTERDAY, Company, make_company, make_workflow
from tests.factories_incidents import armed, run_of, told, verbs, violations
from tests.incidents.doors import Door, case

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


def outcomes() -> list[str]:
    return list(Event.objects.order_by("received_at", "id").values_list("outcome", flat=True))


def stored() -> str:
    """Everything that is kept of events and incidents, as text."""
    kept = [[event.body, event.facts, event.event_id, event.group_key] for event in Event.objects.all()]
    filed = [[item.title, item.description, item.components] for item in Incident.objects.all()]
    return json.dumps([kept, filed])


# Alertmanager


def test_a_group_of_alerts_is_one_incident_until_all_of_them_are_over(company: Company) -> None:
    door = Door("alertmanager")
    first = door.take(case("alertmanager_group_first"))
    grown = door.take(case("alertmanager_group_grown"))
    over = door.take(case("alertmanager_group_over"))
    incident = Incident.objects.get()
    assert [first["incident"], grown["incident"], over["incident"]] == [incident.reference] * 3
    assert [first["deduplicated"], grown["deduplicated"], over["deduplicated"]] == [False, True, True]
    assert outcomes() == ["opened", "joined", "resolved"]
    assert (incident.title, incident.workflow, incident.state) == (
        "order-sync failing: 12 errors in 5m",
        company.workflow,
        "resolved",
    )
    assert first["dedup_key"] == '{}:{alertname="FlowErrorRate", workflow="order-sync"}'
    assert violations() == []


def test_the_same_group_again_is_a_retry_at_once_and_a_reminder_later(company: Company) -> None:
    door, body = Door("alertmanager"), case("alertmanager_firing")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        door.take(body)
        door.take(body)
        assert outcomes() == ["opened"]
        clock.shift(timedelta(hours=4))
        assert door.take(body)["deduplicated"] is True
    assert outcomes() == ["opened", "joined"]
    assert Incident.objects.count() == 1


def test_a_group_that_fires_again_after_its_end_is_another_incident(company: Company) -> None:
    door, body = Door("alertmanager"), case("alertmanager_firing")
    door.take(body)
    door.take(case("alertmanager_resolved"))
    body["alerts"][0]["startsAt"] = "2026-11-21T09:30:00Z"
    assert door.take(body)["deduplicated"] is False
    assert Incident.objects.count() == 2


@pytest.mark.parametrize(
    ("label", "severity"), [("critical", "sev1"), ("warning", "sev3"), ("info", "sev4"), ("weather", None)]
)
def test_the_severity_of_alerts_is_a_hint(company: Company, label: str, severity: str | None) -> None:
    body = case("alertmanager_group_first")
    body["commonLabels"]["severity"] = body["alerts"][0]["labels"]["severity"] = label
    Door("alertmanager").take(body)
    assert Event.objects.get().facts["severity"] == severity


def test_alerts_without_annotations_labels_or_a_key_are_taken(company: Company) -> None:
    door = Door("alertmanager", workflow=company.workflow)
    door.take({"status": "firing", "alerts": [{"status": "firing"}]})
    door.take({"status": "firing", "alerts": []})
    body = case("alertmanager_firing")
    for alert in body["alerts"]:
        del alert["annotations"]
    door.take(body)
    titles = set(Incident.objects.values_list("title", flat=True))
    assert titles == {"An alert without a name", "FlowErrorRate"}


def test_several_hundred_alerts_in_one_call_are_taken(company: Company) -> None:
    body = case("alertmanager_firing")
    body["alerts"] = [body["alerts"][0] | {"fingerprint": str(number)} for number in range(300)]
    Door("alertmanager").take(body)
    assert "and 280 more alerts" in Incident.objects.get().description


@pytest.mark.parametrize("status", [None, "", "pending", 7, ["firing"]])
def test_a_call_that_says_neither_firing_nor_resolved_is_refused(company: Company, status: Any) -> None:
    door = Door("alertmanager")
    answer = door.post(case("alertmanager_firing") | {"status": status})
    assert (answer.status_code, answer.json()["field"]) == (422, "status")
    assert door.refusals() == [(422, "unacceptable", "status")]
    assert not Event.objects.exists()


# n8n


@pytest.fixture
def orders(company: Company) -> Workflow:
    return make_workflow("orders", name="Order sync by n8n", external_id="f8Tq2", team=company.team)


def test_a_failed_execution_names_its_workflow_and_its_step(orders: Workflow) -> None:
    door = Door("n8n")
    answer = door.take(case("n8n_execution"))
    incident, event = Incident.objects.get(), Event.objects.get()
    assert (incident.workflow, incident.components) == (orders, ["Write to CRM"])
    assert incident.title == "Order sync: The resource you are requesting could not be found"
    assert "https://n8n.example/workflow/f8Tq2/executions/231" in incident.description
    assert (event.event_id, answer["dedup_key"]) == ("231", "f8Tq2+Write to CRM")


def test_executions_that_fail_at_the_same_step_join_and_the_same_one_comes_once(orders: Workflow) -> None:
    door, body = Door("n8n"), case("n8n_execution")
    door.take(body)
    assert door.take(body)["deduplicated"] is True
    body["execution"]["id"] = "232"
    door.take(body)
    body["execution"] |= {"id": "233", "error": body["execution"]["error"] | {"node": {"name": "Another step"}}}
    door.take(body)
    assert outcomes() == ["opened", "joined", "opened"]


def test_a_trigger_that_cannot_start_is_an_event_without_an_execution(orders: Workflow) -> None:
    door, body = Door("n8n"), case("n8n_trigger")
    door.take(body)
    assert door.take([body])["deduplicated"] is True, "n8n hands items on in lists"
    incident = Incident.objects.get()
    assert (incident.workflow, incident.components) == (orders, ["Orders arrive"])
    assert "connect ECONNREFUSED" in incident.title


def test_what_n8n_posted_is_understood(company: Company) -> None:
    orders = make_workflow("orders", name="Order sync by n8n", external_id="f8Tq200000000002", team=company.team)
    answer = Door("n8n").take(case("n8n_recorded"))
    incident = Incident.objects.get()
    assert (incident.workflow, incident.components) == (orders, ["Write to CRM"])
    assert incident.title == "Order sync: The service refused the connection - perhaps it is offline"
    assert answer["dedup_key"] == "f8Tq200000000002+Write to CRM"
    assert Event.objects.get().body["execution"]["error"]["messages"] == ["connect ECONNREFUSED 192.0.2.7:80"] * 2


@pytest.mark.parametrize("name", ["n8n_execution", "n8n_recorded", "n8n_trigger"])
def test_settings_of_nodes_and_failed_requests_are_stored_nowhere(orders: Workflow, name: str) -> None:
    Door("n8n").take(case(name))
    assert "canary" in json.dumps(case(name))
    assert "canary" not in stored()


def test_the_workflow_is_found_by_its_id_its_name_or_the_source(company: Company, orders: Workflow) -> None:
    door, body = Door("n8n", workflow=company.workflow), case("n8n_execution")
    found = []
    for number, workflow in enumerate([{"id": "f8Tq2"}, {"id": "?", "name": "ORDER SYNC BY N8N"}, {"name": "new"}, {}]):
        body["execution"]["id"] = f"e{number}"
        body["workflow"] = workflow
        found.append(Incident.objects.get(reference=door.take(body)["incident"]).workflow)
    assert found == [orders, orders, company.workflow, company.workflow]


# Node-RED


@pytest.mark.parametrize("name", ["node_red_function_failed", "node_red_needs_decision"])
def test_what_node_red_posts_is_an_incident(company: Company, name: str) -> None:
    Door("node_red", workflow=company.workflow).take(case(name))
    event = Event.objects.get()
    assert (event.event_id, event.outcome) == (case(name)["msgid"], "opened")


# PagerDuty's shape


def test_an_event_of_pagerduty_opens_is_noted_and_ends(company: Company) -> None:
    door = Door("pagerduty")
    opened = door.enqueue(case("pagerduty_trigger"))
    assert opened.status_code == 202
    answer = opened.json()
    assert (answer["status"], answer["message"]) == ("success", "Event processed")
    incident = Incident.objects.get()
    assert (incident.title, incident.workflow, incident.workflow_version, incident.components) == (
        "Orders are not written to the CRM",
        company.workflow,
        "r118",
        ["crm", "shop"],
    )
    assert Event.objects.get().facts["severity"] == "sev2"
    assert "order: 4711" in incident.description and "The run https://flows.example/runs/12" in incident.description
    for name in ("pagerduty_acknowledge", "pagerduty_resolve"):
        content = case(name) | {"dedup_key": answer["dedup_key"]}
        assert door.enqueue(content).json() == answer
    assert outcomes() == ["opened", "acknowledged", "resolved"]
    assert Incident.objects.get().state == "resolved"
    assert violations() == []


def test_what_fails_ends_and_fails_again_in_the_same_words_is_news(company: Company) -> None:
    door = Door("pagerduty")
    trigger = case("pagerduty_trigger") | {"dedup_key": "orders"}
    over = {"event_action": "resolve", "dedup_key": "orders"}
    for body in (trigger, trigger, over, over, trigger, over, trigger):
        door.enqueue(body)
    assert outcomes() == ["opened", "resolved", "opened", "resolved", "opened"]
    assert Incident.objects.count() == 3


def test_somebody_works_on_it_over_there_is_told_to_the_people_here(company: Company) -> None:
    door = Door("pagerduty")
    key = door.enqueue(case("pagerduty_trigger")).json()["dedup_key"]
    incident = Incident.objects.get()
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=timezone.now())
    door.enqueue({"event_action": "acknowledge", "dedup_key": key})
    incident.refresh_from_db()
    assert (incident.state, verbs(incident)[-1]) == ("investigating", "note")
    assert told(incident, event="incident.news") == ["Responder"]
    door.enqueue({"event_action": "resolve", "dedup_key": key})
    assert outcomes() == ["opened", "acknowledged", "told"]


def test_somebody_works_on_it_over_there_ends_no_duty_here_and_the_page_says_so(company: Company) -> None:
    door = Door("pagerduty")
    key = door.enqueue(case("pagerduty_trigger")).json()["dedup_key"]
    incident = Incident.objects.get()
    before = (run_of(incident).state, armed(run_of(incident)), incident.state, incident.lead)
    door.enqueue({"event_action": "acknowledge", "dedup_key": key})
    incident.refresh_from_db()
    assert (run_of(incident).state, armed(run_of(incident)), incident.state, incident.lead) == before
    client = Client()
    client.force_login(company.responder)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert "somebody is working on it there. Here nobody has answered, so the calls go on." in page
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=timezone.now())
    door.enqueue({"event_action": "acknowledge", "dedup_key": key, "client": "another body"})
    assert incident.timeline.filter(verb="note").latest("id").text_row.text.endswith("is working on it there.")


def test_what_ends_or_is_taken_without_having_begun_is_kept(company: Company) -> None:
    door = Door("pagerduty")
    for action in ("acknowledge", "resolve"):
        assert door.enqueue({"event_action": action, "dedup_key": "nobody knows"}).status_code == 202
    assert outcomes() == ["nothing_open", "nothing_open"]
    assert not Incident.objects.exists()


def test_the_key_that_a_sender_gives_is_given_back_whatever_its_length(company: Company) -> None:
    door, key = Door("pagerduty"), "orders/" + "x" * 248
    answer = door.enqueue(case("pagerduty_trigger") | {"dedup_key": key})
    assert answer.json()["dedup_key"] == key
    door.enqueue({"event_action": "resolve", "dedup_key": key})
    assert outcomes() == ["opened", "resolved"]


# Slack's shape


def test_a_message_for_slack_becomes_an_incident_and_is_answered_ok(company: Company) -> None:
    door = Door("slack", workflow=company.workflow)
    answer = door.post(case("slack_blocks"), path=door.secret_path)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"ok", "text/plain")
    incident = Incident.objects.get()
    assert (incident.title, incident.workflow) == ("Order sync failed: 12 orders wait", company.workflow)
    assert "Open the run (https://flows.example/runs/12)" in incident.description
    assert "Step: Write to CRM" in incident.description


def test_older_senders_post_a_form_field(company: Company) -> None:
    door = Door("slack", workflow=company.workflow)
    answer = door.post(
        b"payload=%7B%22text%22%3A%20%22Zap%20failed%20%E2%9A%A0%22%7D",
        path=door.secret_path,
        type="application/x-www-form-urlencoded",
    )
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert Incident.objects.get().title == "Zap failed ⚠"


def test_messages_that_differ_in_numbers_join_and_the_word_resolved_ends_them(company: Company) -> None:
    door = Door("slack", workflow=company.workflow)
    for number in (4711, 4712):
        door.post({"text": f"Order {number} was not sent"}, path=door.secret_path)
    door.post(case("slack_firing"), path=door.secret_path)
    door.post(case("slack_resolved"), path=door.secret_path)
    assert outcomes() == ["opened", "joined", "opened", "resolved"]
    assert Event.objects.filter(facts__severity="sev2").count() == 1


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (b"{}", "application/json"),
        (b'{"text": "  "}', "application/json"),
        (b"payload=", "application/x-www-form-urlencoded"),
        (b"text=hello", "application/x-www-form-urlencoded"),
        (b"payload=%FF", "application/x-www-form-urlencoded"),
        (b"payload=\xff", "application/x-www-form-urlencoded"),
    ],
)
def test_a_message_that_says_nothing_is_refused_in_slacks_words(company: Company, body: bytes, type: str) -> None:
    door = Door("slack")
    answer = door.post(body, path=door.secret_path, type=type)
    assert (answer.status_code, answer.content) == (400, b"invalid_payload")
    assert len(door.refusals()) == 1
    assert door.post({"text": "x"}, path=f"{door.path}/wrong").content == b"invalid_token"
    assert not Event.objects.exists()


# Products that write in the shape of another one


@pytest.mark.parametrize("format", ["pagerduty", "slack"])
def test_an_alertmanager_that_is_set_up_for_another_product_opens_and_ends(company: Company, format: str) -> None:
    door = Door(format, workflow=company.workflow)
    for name in ("firing", "resolved"):
        body = case(f"alertmanager_to_{format}_{name}")
        answer = door.enqueue(body) if format == "pagerduty" else door.post(body, path=door.secret_path)
        assert answer.status_code in (200, 202), answer.content
    assert outcomes() == ["opened", "resolved"]
    assert Incident.objects.get().title == "[FIRING:1] FlowErrorRate order-sync (a critical)"
