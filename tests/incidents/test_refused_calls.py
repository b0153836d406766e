"""What is kept of calls that were not taken, what is never stored, and the limit of a source."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from governance.models import WorkflowChange
from governance.services import workflow_changes
from incidents.forms import intake as forms
from incidents.models import Event, Incident, RefusedCall
from incidents.services import sources
from portal import limits
from portal.models import AuditEntry, Message
from tests.factories_governance import YESTERDAY, Company, make_company
from tests.incidents.doors import Door, case

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a"


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


def kept() -> str:
    """Everything that the portal keeps of events, as text."""
    rows: list[Any] = [
        [row.body, row.facts, row.event_id, row.group_key, row.group_reason] for row in Event.objects.all()
    ]
    rows += [[row.title, row.description, row.components] for row in Incident.objects.all()]
    rows += [[row.detail, row.excerpt] for row in RefusedCall.objects.all()]
    changes = WorkflowChange.objects.all()
    rows += [[row.summary, row.details, row.links, row.source, row.version] for row in changes]
    rows += [[row.context] for row in Message.objects.all()]
    rows += [row.payload.content for row in AuditEntry.objects.select_related("payload") if hasattr(row, "payload")]
    return json.dumps(rows, default=str)


# Calls that were refused


def test_a_refused_call_says_why_with_the_beginning_of_its_body(company: Company) -> None:
    door = Door("generic")
    door.post({"title": ["Orders"], "password": CANARY, "details": {"a": 1}})
    door.post(b"title=Orders", type="text/plain")
    door.post(b"not JSON, api_key=" + CANARY.encode())
    assert door.refusals() == [(422, "unacceptable", ""), (415, "unsupported_type", ""), (422, "unacceptable", "title")]
    first = RefusedCall.objects.order_by("id")[0]
    assert first.detail == "Send a text." and '"details": {"a": 1}' in first.excerpt
    assert CANARY not in kept()
    assert not Event.objects.exists()


def test_what_a_source_calls_secret_is_not_kept_of_a_refused_call_wherever_it_is_repeated(company: Company) -> None:
    door = Door("generic").change(redact=["details.customer"])
    door.post({"title": ["Orders"], "details": {"customer": CANARY, "note": f"asked by {CANARY}"}})
    assert door.refusals() == [(422, "unacceptable", "title")]
    assert CANARY not in kept()


def test_a_form_that_was_refused_is_shown_as_the_json_inside_it(company: Company) -> None:
    """Percent signs would hide what looks like a secret."""
    door = Door("slack", workflow=company.workflow)
    sent = [{"blocks": [], "password": CANARY}, {"blocks": [], "note": f"api_key={CANARY}"}]
    for body in [urlencode({"payload": json.dumps(content)}) for content in sent] + [f"payload=password%22%3A{CANARY}"]:
        assert door.post(body.encode(), path=door.secret_path, type=forms.FORM).status_code == 400
    excerpts = list(RefusedCall.objects.order_by("id").values_list("excerpt", flat=True))
    shown = ['{"blocks": [], "password": "[redacted]"}', '{"blocks": [], "note": "[redacted]"}']
    assert excerpts == [*shown, ""]


@pytest.mark.parametrize("end", ["", '"\\u0000"}'])
def test_nothing_is_shown_of_an_n8n_body_that_cannot_be_read(company: Company, end: str) -> None:
    """Settings of a node have names of their own: only reading the body shows where they stand."""
    door = Door("n8n", workflow=company.workflow)
    node = json.dumps({"parameters": {"customer": CANARY}})
    body = f'{{"execution": {{"error": {{"node": {node}}}}}, "x": {end}'
    assert door.post(body.encode()).status_code == 422
    assert RefusedCall.objects.get().excerpt == ""


def test_a_body_that_is_too_large_is_noted_for_a_source_that_showed_its_token(company: Company) -> None:
    door = Door("generic")
    body = b'{"title": "' + b"x" * limits.BODY_BYTES + b'"}'
    assert door.post(body).status_code == 413
    assert door.post(body, path=door.path).status_code == 413
    assert door.refusals() == [(413, "too_large", "")]


def test_who_shows_no_secret_leaves_nothing(company: Company) -> None:
    door = Door("generic")
    for path in (door.path, f"{door.path}/wrong", "/api/v1/intake/unknown"):
        assert Client().post(path, b"{}", "application/json").status_code == 401
    assert Client().post("/v2/enqueue", {"routing_key": "wrong"}, "application/json").status_code == 400
    assert not RefusedCall.objects.exists()


def test_only_the_newest_refusals_of_a_source_stay(company: Company) -> None:
    door, other = Door("generic"), Door("generic", key="other")
    for refusing, count in ((other, 1), (door, limits.REFUSED_CALLS + 3)):
        for number in range(count):
            sources.note_refusal(
                source=refusing.source, status=422, error="unacceptable", detail=str(number), at=timezone.now()
            )
    details = [call.detail for call in RefusedCall.objects.filter(source=door.source).order_by("id")]
    assert details == [str(number) for number in range(3, limits.REFUSED_CALLS + 3)]
    assert other.refusals() == [(422, "unacceptable", "")]


@pytest.mark.parametrize("address", ["/v2/enqueue", "/v2/change/enqueue", "/api/v1/intake/shop/"])
def test_an_outage_is_503_in_the_shape_of_the_door(company: Company, address: str) -> None:
    door = Door("slack" if "intake" in address else "pagerduty")
    address += door.secrets.token if "intake" in address else ""

    def fail(*_: Any) -> Any:
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(fail):
        answer = door.enqueue(case("pagerduty_trigger"), path=address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    said = answer.json()
    assert said["detail"] == "The database does not answer. Nothing was stored; please send again."
    assert (said.get("status"), said.get("errors")) == (
        ("unavailable", [said["detail"]]) if "v2" in address else (None, None)
    )


# The limit


@time_machine.travel(datetime(2026, 11, 22, 10, 0, 20, tzinfo=UTC), tick=False)
def test_above_its_limit_a_source_is_told_when_to_send_again(company: Company) -> None:
    door = Door("pagerduty").change(per_minute=2)
    event = case("pagerduty_trigger")
    accepted = [door.enqueue(event | {"dedup_key": str(number)}).status_code for number in range(2)]
    for _ in range(3):
        answer = door.enqueue(event | {"dedup_key": "late"})
        assert (answer.status_code, answer["Retry-After"]) == (429, "40")
        assert answer.json()["status"] == "throttle exceeded"
    assert accepted == [202, 202]
    assert Event.objects.count() == 2
    assert door.refusals() == [(429, "too_many", "")], "a storm is noted once a minute"
    with time_machine.travel(timezone.now() + timedelta(seconds=40), tick=False):
        assert door.enqueue(event | {"dedup_key": "late"}).status_code == 202


def test_slack_is_told_of_the_limit_in_its_words(company: Company) -> None:
    door = Door("slack", workflow=company.workflow).change(per_minute=1)
    door.post({"text": "Orders stopped"}, path=door.secret_path)
    answer = door.post({"text": "Labels stopped"}, path=door.secret_path)
    assert (answer.status_code, answer.content) == (429, b"rate_limited")
    assert 1 <= int(answer["Retry-After"]) <= 60


# What is never stored


SENT: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "text and its repetition": (
        "generic",
        {"title": f"Order of {CANARY}", "description": CANARY, "details": {"customer": CANARY}, "components": [CANARY]},
        ["details.customer"],
    ),
    "the title itself": ("generic", {"title": CANARY, "event_id": "1"}, ["title"]),
    "an id": (
        "generic",
        {"title": "Orders", "event_id": f"x-{CANARY}", "dedup_key": CANARY},
        ["event_id", "dedup_key"],
    ),
    "a time": (
        "generic",
        {"title": CANARY, "occurred_at": f"{datetime.now(UTC):%Y-%m-%d}T00:00:00Z"},
        ["occurred_at", "title"],
    ),
    "a whole branch": ("generic", {"title": "Orders", "a": {"b": [{"c": CANARY}], CANARY[:3]: CANARY}}, ["a"]),
    "a number": ("generic", {"title": "Order 4711477", "n": 4711477, "m": {"n": 4711477}}, ["n"]),
    "a node": (
        "node_red",
        case("node_red_function_failed") | {"original": {"customer": CANARY}},
        ["original.customer"],
    ),
    "a label": (
        "alertmanager",
        {"status": "firing", "groupKey": "g", "alerts": [{"status": "firing", "annotations": {"summary": CANARY}}]},
        ["alerts[*].annotations"],
    ),
    "a message": ("slack", {"text": "Order failed", "attachments": [{"text": CANARY}]}, ["attachments[0].text"]),
    "details": (
        "pagerduty",
        {
            "event_action": "trigger",
            "payload": {
                "summary": f"{CANARY} stopped",
                "source": "s",
                "severity": "info",
                "custom_details": {"c": CANARY},
            },
        },
        ["payload.custom_details"],
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_what_a_source_calls_secret_is_stored_nowhere(company: Company, name: str) -> None:
    format, content, paths = SENT[name]
    door = Door(format, workflow=company.workflow).change(redact=paths)
    for body in (content, content):  # the same again stays the same
        answer = door.enqueue(body) if format == "pagerduty" else door.post(body)
        assert answer.status_code in (200, 202), answer.content
    assert (Event.objects.count(), Incident.objects.count()) == (1, 1)
    assert CANARY not in kept() and "4711477" not in kept()
    assert "[redacted]" in kept()


def test_refused_bodies_are_redacted_as_well(company: Company) -> None:
    door = Door("pagerduty").change(redact=["payload.custom_details"])
    door.enqueue({"event_action": "trigger", "payload": {"summary": "x", "custom_details": {"c": CANARY}}})
    door.post(b"not JSON " + CANARY.encode(), path="/v2/enqueue")
    assert len(door.refusals()) == 1
    assert CANARY not in kept() and door.secrets.token not in kept()


def test_the_routing_key_is_stored_nowhere(company: Company) -> None:
    door = Door("pagerduty")
    door.enqueue(case("pagerduty_trigger"))
    door.enqueue(case("pagerduty_change"), path="/v2/change/enqueue")
    door.enqueue({"event_action": "explode"})
    assert (Event.objects.count(), WorkflowChange.objects.count(), RefusedCall.objects.count()) == (1, 1, 1)
    assert door.secrets.token not in kept()


# Changes of workflows


def test_a_change_is_kept_with_its_workflow_and_audited_once(company: Company) -> None:
    door = Door("pagerduty", workflow=company.workflow).change(redact=["payload.custom_details.author"])
    body = case("pagerduty_change")
    body["payload"]["custom_details"]["author"] = CANARY
    body["payload"]["custom_details"]["version"] = f"r119-{CANARY}"
    body["payload"]["source"] = f"Flow builder of {CANARY}"
    body["links"] = [{"href": f"https://flows.example/{CANARY}", "text": CANARY}]
    for _ in range(2):
        answer = door.enqueue(body, path="/v2/change/enqueue")
        assert (answer.status_code, answer.json()) == (
            202,
            {"status": "success", "message": "Change event processed"},
        )
    change = WorkflowChange.objects.get()
    assert (change.summary, change.version, change.workflow) == (
        "Order sync r119 deployed",
        "r119-[redacted]",
        company.workflow,
    )
    assert AuditEntry.objects.filter(verb="workflow.changed").count() == 1
    assert (change.source, change.links) == (
        "Flow builder of [redacted]",
        [{"href": "https://flows.example/[redacted]", "text": "[redacted]"}],
    )
    assert CANARY not in kept()
    assert not Incident.objects.exists()


def test_a_change_without_a_time_of_its_own_is_another_one_later(company: Company) -> None:
    at = timezone.now()
    told = {"workflow": None, "summary": "Deployed", "source": "flows", "call": "x", "is_dated": False, "label": "test"}
    first = workflow_changes.record(**told, changed_at=at, at=at)  # type: ignore[arg-type]
    soon, later = at + timedelta(minutes=1), at + timedelta(hours=1)
    assert workflow_changes.record(**told, changed_at=soon, at=soon) == first  # type: ignore[arg-type]
    assert workflow_changes.record(**told, changed_at=later, at=later) != first  # type: ignore[arg-type]
    assert WorkflowChange.objects.count() == 2


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"summary": ""}, {"summary": {"a": 1}}])
def test_a_change_that_says_nothing_is_refused(company: Company, payload: Any) -> None:
    door = Door("pagerduty")
    answer = door.enqueue({"payload": payload}, path="/v2/change/enqueue")
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")
    assert not WorkflowChange.objects.exists()
