"""What strangers and broken machines send to the door for events: a clear 4xx that names the field, no row, no 500."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from standardwebhooks import Webhook

from incidents.api import intake as api
from incidents.models import Event, Incident, Source
from incidents.services import sources
from portal import audit, limits
from tests import factories_governance as make
from tests.flows.rows import nothing_written

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def company() -> make.Company:
    return make.make_company(at=make.YESTERDAY)


class Door:
    """A source with its secrets, and a client that never lets an exception pass as an answer."""

    def __init__(self, company: make.Company, format: str = "generic", key: str = "shop") -> None:
        self.source, self.secrets = sources.set_up(
            key=key, format=format, workflow=company.workflow, by=None, at=timezone.now()
        )
        self.client = Client(raise_request_exception=False)

    def send(self, body: Any, *, type: str = JSON, key: str = "", headers: dict[str, str] | None = None) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.secrets.token}"} if headers is None else headers
        path = f"/api/v1/intake/{key or self.source.key}"
        return self.client.post(path, raw, type, headers=headers, CONTENT_TYPE=type)

    def signed(self, body: bytes, *, at: Any, id: str = "msg_1", over: bytes | None = None) -> dict[str, str]:
        signature = Webhook(self.secrets.signing).sign(id, at, (body if over is None else over).decode())
        return {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


@pytest.fixture
def door(company: make.Company) -> Door:
    return Door(company)


@pytest.fixture
def flow_door(company: make.Company) -> Door:
    return Door(company, "node_red", "flows")


def refused(answer: Any, status: int, field: str | None = None) -> str:
    """The sentence of a refusal that has `status` and names `field` (None: whichever)."""
    assert answer.status_code == status, answer.content[:500]
    assert answer["Content-Type"] == JSON
    content = answer.json()
    assert content["error"] and content["detail"]
    if field is not None:
        assert content.get("field", "") == field
    return str(content["detail"])


def deep(levels: int) -> bytes:
    return b'{"title": "x", "details": {"a": ' + b"[" * levels + b"]" * levels + b"}}"


BODIES: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", "", "empty"),
    "spaces": (b" \r\n ", "", "empty"),
    "not JSON": (b"title=It failed", "", "not JSON"),
    "half of it": (b'{"title": "It fai', "", "not JSON"),
    "two objects": (b'{"title": "a"}{"title": "b"}', "", "not JSON"),
    "not UTF-8": (b'{"title": "\xff\xfe"}', "", "UTF-8"),
    "UTF-16": ('{"title": "It failed"}'.encode("utf-16"), "", "UTF-8"),
    "a list": (b'[{"title": "x"}]', "", "object"),
    "a text": (b'"title"', "", "object"),
    "a number": (b"7", "", "object"),
    "null": (b"null", "", "object"),
    "not a number": (b'{"title": "x", "details": {"a": NaN}}', "", "NaN"),
    "infinite": (b'{"title": "x", "details": {"a": -Infinity}}', "", "Infinity"),
    "beyond floats": (b'{"title": "x", "details": {"a": 1e999}}', "details.a", "too large"),
    "5 000 digits": (b'{"title": "x", "details": {"a": ' + b"9" * 5_000 + b"}}", "", "digits"),
    "depth 10 000": (deep(10_000), "", "nested too deep"),
    "depth 100 000": (deep(100_000), "", "nested too deep"),
    "depth 21": (deep(19), "", "nested too deep"),
    "too many values": (json.dumps({"title": "x", "details": dict.fromkeys(map(str, range(3_000)))}).encode(), "", ""),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_no_event_is_refused_and_leaves_nothing(door: Door, name: str) -> None:
    body, field, words = BODIES[name]
    with nothing_written():
        answer = door.send(body)
    sentence = refused(answer, 422, field if field else None)
    assert words in sentence


FIELDS: list[tuple[str, Any]] = [
    ("title", None),
    ("title", ""),
    ("title", " \r\n\t "),
    ("title", ["It failed"]),
    ("title", {"text": "It failed"}),
    ("title", True),
    ("title", 1.5),
    ("title", "x" * (limits.TITLE_LENGTH + 1)),
    ("title", "It failed\x00"),
    ("title", "It \ud800 failed"),
    ("description", {"a": 1}),
    ("description", "x" * (limits.TEXT_LENGTH + 1)),
    ("description", "half \udc00 a sign"),
    ("workflow", ["order-sync"]),
    ("workflow", "x" * 500),
    ("workflow", "order\x00sync"),
    ("dedup_key", {"a": 1}),
    ("dedup_key", "x" * 201),
    ("event_id", [1]),
    ("event_id", "x" * 201),
    ("action", "explode"),
    ("action", 1),
    ("action", ["trigger"]),
    ("occurred_at", "yesterday"),
    ("occurred_at", "2026-02-30T10:00:00Z"),
    ("occurred_at", "2026-03-02T09:00:00"),
    ("occurred_at", "9999-12-31T23:59:59Z"),
    ("occurred_at", "9999-12-31T23:59:59-14:00"),
    ("occurred_at", "0001-01-01T00:00:00+14:00"),
    ("occurred_at", "1970-01-01T00:00:00Z"),
    ("occurred_at", (timezone.now() + timedelta(days=1)).isoformat()),
    ("occurred_at", 1_700_000_000),
    ("occurred_at", "2026-03-02T09:00:00+25:00"),
    ("severity", "sev9"),
    ("severity", 1),
    ("severity", {"sev": 1}),
    ("workflow_version", [1]),
    ("workflow_version", "x" * 65),
    ("components", "shop"),
    ("components", {"a": 1}),
    ("components", [1]),
    ("components", [["shop"]]),
    ("components", ["x" * 121]),
    ("components", ["x"] * 101),
    ("details", "text"),
    ("details", [1]),
]


@pytest.mark.parametrize(("field", "value"), FIELDS, ids=[f"{name} {n}" for n, (name, _) in enumerate(FIELDS)])
def test_a_field_that_cannot_be_is_named_in_the_refusal(door: Door, field: str, value: Any) -> None:
    with nothing_written():
        answer = door.send({"title": "It failed", field: value})
    refused(answer, 422, field)


HIDDEN: list[tuple[Any, str]] = [
    ({"details": {"a": [{"b": "x\x00"}]}}, "details.a[0].b"),
    ({"details": {"a\x00": 1}}, "details"),
    ({"details": {"\ud800": 1}}, "details"),
    ({"surprise": {"a": "\udfff"}}, "surprise.a"),
    ({"components": ["\x00"]}, "components[0]"),
]


@pytest.mark.parametrize(("extra", "field"), HIDDEN, ids=lambda value: repr(value)[:40])
def test_signs_that_no_database_keeps_are_found_wherever_they_hide(door: Door, extra: Any, field: str) -> None:
    with nothing_written():
        answer = door.send({"title": "It failed"} | extra)
    refused(answer, 422, field)


NODES: list[tuple[Any, str]] = [
    ({}, "error.message"),
    ({"error": None}, "error.message"),
    ({"error": "timeout"}, "error"),
    ({"error": {"message": ["timeout"]}}, "error.message"),
    ({"error": {"message": " "}}, "error.message"),
    ({"error": {"message": "x", "source": "node"}}, "error.source"),
    ({"error": {"message": "x", "source": {"id": []}}}, "error.source.id"),
    ({"error": {"message": "x", "source": {"name": {}}}}, "error.source.name"),
    ({"error": {"message": "x"}, "flow": []}, "flow"),
    ({"error": {"message": "x"}, "flow": {"id": {"a": 1}}}, "flow.id"),
    ({"error": {"message": "x"}, "flow": {"id": "x" * 101}}, "flow.id"),
    ({"error": {"message": "x"}, "msgid": {"a": 1}}, "msgid"),
    ({"error": {"message": "x\x00"}}, "error.message"),
]


@pytest.mark.parametrize(("content", "field"), NODES, ids=lambda value: repr(value)[:50])
def test_an_event_of_node_red_that_cannot_be_is_refused_by_its_field(flow_door: Door, content: Any, field: str) -> None:
    with nothing_written():
        answer = flow_door.send(content)
    refused(answer, 422, field)


def test_ten_megabytes_are_refused_before_they_are_read(door: Door) -> None:
    with nothing_written():
        answer = door.send(b'{"title": "' + b"x" * 10_000_000 + b'"}')
    assert str(limits.BODY_BYTES) in refused(answer, 413)


def test_a_body_that_hides_its_size_is_read_no_further_than_the_limit(door: Door) -> None:
    """A chunked request has no length; what it says of its length may be a lie."""
    for length in ("", "0", "17", "-1", "1e3", "٣"):
        request = RequestFactory().post(
            f"/api/v1/intake/{door.source.key}", b'{"title": "' + b"x" * limits.BODY_BYTES + b'"}', JSON
        )
        request.META["CONTENT_LENGTH"] = length
        request.META["HTTP_AUTHORIZATION"] = f"Bearer {door.secrets.token}"
        with nothing_written():
            answer = api.receive_event(request, door.source.key)
        assert answer.status_code in (413, 422), (length, answer.content)


@pytest.mark.parametrize(
    "type",
    ["", "text/plain", "text/html", "application/x-www-form-urlencoded", "multipart/form-data", "json", "a/b;" * 50],
)
def test_another_type_than_json_is_refused(door: Door, type: str) -> None:
    with nothing_written():
        answer = door.send({"title": "It failed"}, type=type)
    refused(answer, 415)


SECRETS = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    "Basic dXNlcjpwYXNz",
    "bearer \x00",
    "Bearer é",
    "Bearer " + "x" * 9_999,
]


@pytest.mark.parametrize("authorization", SECRETS, ids=lambda value: repr(value)[:30])
def test_a_wrong_secret_opens_nothing(door: Door, authorization: str) -> None:
    with nothing_written():
        answer = door.send({"title": "It failed"}, headers={"Authorization": authorization})
    refused(answer, 401)


def test_the_secret_of_another_source_an_old_one_and_a_closed_source_open_nothing(
    company: make.Company, door: Door
) -> None:
    other = Door(company, key="other")
    with nothing_written():
        refused(door.send({"title": "x"}, key="other"), 401)
        refused(door.send({"title": "x"}, key="unknown"), 401)
    old = door.secrets.token
    sources.set_up(key="shop", format="generic", workflow=None, by=None, at=timezone.now())
    with audit.action(actor=None, actor_label="test", reason="closed", at=timezone.now()):
        closed = Source.objects.get(key="other")
        closed.is_active = False
        closed.save(update_fields=["is_active"])
    with nothing_written():
        refused(door.send({"title": "x"}, headers={"Authorization": f"Bearer {old}"}), 401)
        refused(other.send({"title": "x"}), 401)


def test_a_signature_counts_for_five_minutes_for_its_body_and_its_id(door: Door) -> None:
    now, body = timezone.now(), b'{"title": "It failed"}'
    good = door.signed(body, at=now)
    wrong = [
        door.signed(body, at=now - timedelta(minutes=6)),
        door.signed(body, at=now + timedelta(minutes=6)),
        door.signed(body, at=now, over=b'{"title": "Other"}'),
        good | {"webhook-id": "msg_2"},
        good | {"webhook-timestamp": str(int(now.timestamp()) + 1)},
        good | {"webhook-timestamp": "soon"},
        good | {"webhook-timestamp": ""},
        good | {"webhook-signature": ""},
        good | {"webhook-signature": "v1,AAAA"},
        good | {"webhook-signature": "v1,é"},
        good | {"webhook-signature": "no comma"},
        good | {"webhook-signature": good["webhook-signature"].replace("v1,", "v2,")},
        {"webhook-signature": good["webhook-signature"]},
    ]
    for headers in wrong:
        with nothing_written():
            refused(door.send(body, headers=headers), 401)
    assert door.send(body, headers=good).status_code == 202


def test_a_signed_event_sent_again_by_somebody_who_overheard_it_changes_nothing(door: Door) -> None:
    body = b'{"title": "It failed"}'
    headers = door.signed(body, at=timezone.now())
    first = door.send(body, headers=headers)
    with nothing_written():
        again = door.send(body, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json() | {"deduplicated": True}


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_posting_is_open(door: Door, method: str) -> None:
    with nothing_written():
        answer = getattr(door.client, method)(f"/api/v1/intake/{door.source.key}")
    assert answer.status_code == 405


@pytest.mark.parametrize("key", ["%00", "..%2f..", "a%20b", "é", "x" * 5_000])
def test_an_impossible_name_of_a_source_is_no_page(door: Door, key: str) -> None:
    with nothing_written():
        answer = door.client.post(f"/api/v1/intake/{key}", b"{}", JSON)
    assert answer.status_code in (400, 401, 404)


@pytest.mark.parametrize("name", ["Something else", "42", "'; DROP TABLE incidents_incident; --", "%", "_", "İ"])
def test_an_unknown_workflow_is_taken_and_left_to_triage_or_the_source(door: Door, name: str) -> None:
    assert door.send({"title": "It failed", "workflow": name, "event_id": name}).status_code == 202
    assert Incident.objects.get().workflow == door.source.workflow


def test_an_unknown_workflow_of_a_source_without_one_belongs_to_triage(company: make.Company) -> None:
    door = Door(company, key="any")
    with audit.action(actor=None, actor_label="test", reason="no default", at=timezone.now()):
        source = Source.objects.get(key="any")
        source.workflow = None
        source.save(update_fields=["workflow"])
    assert door.send({"title": "It failed", "workflow": "nobody knows"}).status_code == 202
    incident = Incident.objects.get()
    assert (incident.workflow, incident.team) == (None, company.triage)


def test_strange_headers_become_harmless_ids(door: Door) -> None:
    for number, value in enumerate(("x" * 5_000, "a\tb", "é\x85", "\x7f"), 1):
        headers = {"Authorization": f"Bearer {door.secrets.token}", "Idempotency-Key": value}
        assert door.send({"title": f"It failed {number}"}, headers=headers).status_code == 202
    assert all(len(event.event_id) <= 200 and event.event_id.isprintable() for event in Event.objects.all())


def test_secrets_in_an_event_are_stored_nowhere(door: Door) -> None:
    secret = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
    content = {
        "title": f"Failed with api_key={secret}",
        "description": f"Authorization: Bearer {secret}",
        "components": [f"password={secret}"],
        "details": {"password": secret, "nested": [{"token": secret, "Authorization": f"Bearer {secret}"}]},
    }
    assert door.send(content).status_code == 202
    incident, event = Incident.objects.get(), Event.objects.get()
    kept = json.dumps([event.body, incident.title, incident.description, incident.components])
    assert secret not in kept
