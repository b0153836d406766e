"""The same for every format: recorded bodies with something wrong in them become an event or a clear refusal."""

import copy
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from incidents.forms import intake as forms
from incidents.models import Event, Incident, Source
from portal import limits
from tests import factories_governance as make
from tests.flows.rows import nothing_written
from tests.incidents.doors import Door, case

CASES = {
    "generic": {
        "title": "It failed",
        "components": ["a"],
        "details": {"a": 1},
        "action": "trigger",
        "severity": "sev1",
    },
    "node_red": case("node_red_function_failed"),
    "n8n": case("n8n_execution"),
    "alertmanager": case("alertmanager_group_grown"),
    "pagerduty": case("pagerduty_trigger"),
    "slack": case("slack_blocks") | {"attachments": case("slack_firing")["attachments"]},
}
MAPPING = {"title": "title", "components": "details", "action": "action", "event_id": "severity", "severity": "a[*].b"}
VALUES = (
    *(
        None,
        True,
        0,
        -1,
        1.5,
        10**400,
        "",
        " ",
        "x" * 20_000,
        "é\u202e",
        "0001-01-01T00:00:00Z",
        "%s{}",
        "<a|b>",
        "*" * 500,
    ),
    *([], {}, [[]], [{}], [None], {"": ""}, {"a": {"b": {"c": []}}}, [1, "a", None, {"text": {"text": []}}]),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=10), below, max_size=3),
    max_leaves=8,
)


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in `content`."""
    below = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [path] + [place for key, item in below for place in places(item, (*path, key))]


def changed(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    content = copy.copy(content)
    content[path[0]] = changed(content[path[0]], path[1:], value)
    return content


def read(format: str, content: Any, **set_up: Any) -> None:
    """What is read fits its columns, or the refusal is a sentence."""
    source = Source(key="shop", name="Shop", format=format, **set_up)
    try:
        body = json.dumps(content).encode()
        arrival = forms.read(body, source=source, at=timezone.now())
    except forms.Unacceptable as error:
        assert str(error)
        return
    assert arrival.title.strip() and len(arrival.title) <= limits.TITLE_LENGTH
    assert len(arrival.description) <= limits.TEXT_LENGTH
    assert len(arrival.workflow_version) <= limits.KEY_LENGTH
    assert len(arrival.group_reason) < limits.REASON_LENGTH - 100
    assert arrival.severity in (None, "sev1", "sev2", "sev3", "sev4")
    assert arrival.action in ("trigger", "acknowledge", "resolve")
    assert all(0 < len(item) <= limits.NAME_LENGTH for item in arrival.components)
    assert json.dumps([arrival.facts(), arrival.body])
    forms.excerpt(body, source=source)


@pytest.mark.parametrize("format", CASES)
def test_a_strange_value_anywhere_in_a_recorded_body_is_read_or_refused(format: str) -> None:
    for path in places(CASES[format]):
        for value in VALUES:
            read(format, changed(CASES[format], path, value))


@pytest.mark.parametrize("format", CASES)
@given(data=st.data())
def test_any_value_anywhere_is_read_or_refused(format: str, data: st.DataObject) -> None:
    content = CASES[format]
    for _ in range(2):
        content = changed(content, data.draw(st.sampled_from(places(content))), data.draw(anything))
    read(format, content)
    read(format, content, redact=["payload", "alerts[*]", "execution.error", "text", "title", "error.message"])
    read("generic", content, mapping=MAPPING)


# Through the doors


@pytest.fixture
def company(db: None) -> make.Company:
    return make.make_company(at=make.YESTERDAY)


BODIES = {
    "nothing": b" ",
    "half": b'{"text": "It fai',
    "no text": b'\xff\xfe{"text": "x"}',
    "a list": b"[]",
    "null": b"null",
    "an empty object": b"{}",
    "deep": b'{"text": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "NaN": b'{"text": NaN}',
    "NUL": b'{"text": "a\\u0000b"}',
    "half a sign": b'{"text": "\\ud800"}',
    "digits": b'{"text": ' + b"9" * 5_000 + b"}",
    "large": b'{"text": "' + b"x" * limits.BODY_BYTES + b'"}',
}
STATUS = {"pagerduty": 422, "slack": 400}


@pytest.mark.parametrize("format", CASES)
@pytest.mark.parametrize("name", BODIES)
def test_no_event_leaves_no_more_than_a_note(company: make.Company, format: str, name: str) -> None:
    door = Door(format, workflow=company.workflow)
    with nothing_written():
        answer = door.post(BODIES[name], path=door.secret_path)
    assert answer.status_code == (413 if name == "large" else STATUS.get(format, 422)), answer.content
    assert len(door.refusals()) == 1


@pytest.mark.parametrize("address", ["/v2/enqueue", "/v2/change/enqueue"])
@pytest.mark.parametrize("name", BODIES)
def test_nothing_of_that_enters_by_pagerdutys_doors(company: make.Company, address: str, name: str) -> None:
    with nothing_written():
        answer = Client(raise_request_exception=False).post(address, BODIES[name], "application/json")
    assert answer.status_code == (413 if name == "large" else 400)
    assert set(answer.json()) == {"status", "message", "errors"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"event_action": None}, "event_action"),
        ({"event_action": ["trigger"]}, "event_action"),
        ({"event_action": "explode"}, "event_action"),
        ({"event_action": "resolve"}, "dedup_key"),
        ({"event_action": "acknowledge", "dedup_key": " "}, "dedup_key"),
        ({"dedup_key": {"a": 1}}, "dedup_key"),
        ({"payload": None}, "payload"),
        ({"payload": []}, "payload"),
        ({"payload": {}}, "payload.summary"),
        ({"payload": {"summary": "x", "source": "y"}}, "payload.severity"),
        ({"payload": {"summary": "x", "source": "y", "severity": "SEV1"}}, "payload.severity"),
    ],
)
def test_what_pagerduty_would_refuse_is_refused_in_its_shape(
    company: make.Company, wrong: dict[str, Any], field: str
) -> None:
    door = Door("pagerduty")
    with nothing_written():
        answer = door.enqueue(case("pagerduty_trigger") | wrong)
    assert answer.status_code == 400
    content = answer.json()
    assert (content["status"], content["message"]) == ("invalid event", "Event object is invalid")
    assert f"'{field}'" in content["errors"][0]
    assert door.refusals() == [(422, "unacceptable", field)]


@pytest.mark.parametrize("key", [None, "", "wrong", 7, ["a"], {"a": 1}, "x" * 10_000, "é\u0085", "0" * 32])
def test_a_wrong_routing_key_opens_nothing(company: make.Company, key: Any) -> None:
    door = Door("generic")
    for shown in (key, door.secrets.token):
        with nothing_written():
            answer = door.post(case("pagerduty_trigger") | {"routing_key": shown}, path="/v2/enqueue")
        assert answer.status_code == 400 and "'routing_key'" in answer.json()["errors"][0]
    assert door.refusals() == []


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("address", ["/v2/enqueue", "/v2/change/enqueue", "/api/v1/intake/shop/token"])
def test_only_posting_is_open(company: make.Company, address: str, method: str) -> None:
    assert getattr(Client(), method)(address).status_code == 405


@pytest.mark.parametrize("token", ["%00", "é", "a%20b", "x" * 5_000, "..", "%ed%a0%80"])
def test_an_impossible_token_in_an_address_opens_nothing(company: make.Company, token: str) -> None:
    Door("slack")
    with nothing_written():
        answer = Client(raise_request_exception=False).post(f"/api/v1/intake/shop/{token}", b"{}", "application/json")
    assert answer.status_code in (400, 401, 403, 404)


@pytest.mark.parametrize("format", CASES)
def test_every_recorded_body_is_taken_and_again_is_the_same(company: make.Company, format: str) -> None:
    door = Door(format, workflow=company.workflow)
    for _ in range(2):
        answer = door.enqueue(CASES[format]) if format == "pagerduty" else door.post(CASES[format])
        assert answer.status_code in (200, 202)
    assert (Incident.objects.count(), Event.objects.count()) == (1, 1)
