"""The doors for machines in the document of the API; their views are plain: each answers as its sender expects."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import Field

from incidents.api import pagerduty_schemas as v2
from incidents.forms.intake import ID_LENGTH
from portal import limits
from portal.api.fields import Severity, Text

TAG = "events"
TAG_TEXT = (
    "Doors for machines: each has a secret of its own, of a source or of a beat, and needs no person. Other products "
    "(Alertmanager, n8n, Node-RED, Slack) send there as they are, in their own words; those that know PagerDuty's "
    "Events API v2 send to `/v2/enqueue` and `/v2/change/enqueue`."
)
SOURCE = "The token of the source, shown once when it is made or renewed; or a Standard Webhooks signature."


class EventIn(Schema):
    """What stopped, or works again. Whatever else is sent is kept with the details, without secrets."""

    title: Annotated[Text, Field(min_length=1, max_length=limits.TITLE_LENGTH)] = Field(
        examples=["Order sync failed at step 3"]
    )
    description: Annotated[Text, Field(max_length=limits.TEXT_LENGTH)] = ""
    workflow: Annotated[Text, Field(max_length=limits.NAME_LENGTH)] = Field(
        default="", description="Key or name; empty: the one of the source.", examples=["order-sync"]
    )
    dedup_key: Annotated[Text, Field(max_length=ID_LENGTH)] = Field(
        default="", description="Events of one key join one open incident.", examples=["order-sync/step-3"]
    )
    event_id: Annotated[Text, Field(max_length=ID_LENGTH)] = Field(
        default="", description="The same event is taken once, however often it is sent."
    )
    action: Literal["trigger", "acknowledge", "resolve"] = "trigger"
    occurred_at: datetime | None = Field(default=None, description="ISO 8601 with offset; else when it arrived.")
    severity: Severity | None = Field(default=None, description="A hint; the rubric decides.")
    workflow_version: Annotated[Text, Field(max_length=limits.KEY_LENGTH)] = ""
    components: list[Annotated[Text, Field(max_length=limits.NAME_LENGTH)]] = Field(default=[], max_length=100)
    details: dict[str, Any] = Field(default={}, examples=[{"node": "Fetch orders"}])


class TakenOut(Schema):
    """`incident`: the one that the event opened or joined; null when it opened none."""

    incident: str | None = Field(examples=["INC-2026-0042"])
    url: str | None = Field(examples=["https://portal.example/incidents/INC-2026-0042/"])
    dedup_key: str
    deduplicated: bool


class BeatOut(Schema):
    """`next_by`: when the next beat would be missing; null while the beat is paused."""

    ok: bool
    next_by: datetime | None


class DoorError(Schema):
    """Why nothing was taken. `error` is stable, `detail` is for people."""

    error: str = Field(examples=["unacceptable"])
    detail: str
    field: str | None = None
    request_id: str | None = Field(default=None, description="Of what did not get as far as the door.")


WORDS = {
    200: "Heard; it is stored.",
    202: "Taken; it is stored.",
    400: "The address holds a sign that no address can hold.",
    401: "The source is unknown, or its token or signature does not match.",
    404: "There is nothing at this address; a secret may have been renewed.",
    413: f"More than {limits.BODY_BYTES} bytes were sent.",
    415: "The body is not called application/json.",
    422: "What was sent cannot be understood or kept; `field` says what.",
    429: "Too many within a minute; nothing was taken, send again.",
    503: "The database does not answer; nothing was stored, send again.",
}
ENQUEUE_WORDS = WORDS | {400: "The routing key is unknown, or `errors` says what the event misses."}
MODELS = (v2.EnqueueIn, v2.EnqueuedOut, v2.ChangeIn, v2.ChangedOut, v2.EnqueueError)


def part() -> dict[str, Any]:
    """Paths, schemas, ways to prove oneself and the tag of these doors, as they stand in an OpenAPI document."""
    event = {
        "operationId": "send_event",
        "summary": gettext_noop("Say that something stopped, or works again"),
        "description": "The body of a source of the format `generic`; the answer is durable.",
        "tags": [TAG],
        "security": [{"SourceToken": []}],
        "parameters": [_path("source", "Key of the source.", limits.KEY_LENGTH, "node-red")],
        "requestBody": {"required": True, "content": _json(EventIn)},
        "responses": _answers(202, TakenOut, 401, 404, 413, 415, 422, 429),
    }
    beat = {
        "operationId": "send_beat",
        "summary": gettext_noop("Give a sign of life"),
        "description": "Nothing has to be sent but the call itself; when it stays away, an incident is opened.",
        "tags": [TAG],
        "parameters": [_path("secret", "Secret of the beat, shown once.", 40, "0123456789abcdef" * 2 + "01234567")],
        "responses": _answers(200, BeatOut, 404, 429),
    }
    enqueue = {
        "operationId": "enqueue_event",
        "summary": gettext_noop("Say that something stopped, or works again, as to PagerDuty"),
        "description": "The Events API v2 of PagerDuty, for a source of the format `pagerduty`; the answer is durable.",
        "tags": [TAG],
        "requestBody": {"required": True, "content": _json(v2.EnqueueIn)},
        "responses": _enqueued(v2.EnqueuedOut),
    }
    change = {
        "operationId": "enqueue_change",
        "summary": gettext_noop("Say that a workflow was changed, as to PagerDuty"),
        "description": "Change events of PagerDuty's Events API v2. The same call again is the same change.",
        "tags": [TAG],
        "requestBody": {"required": True, "content": _json(v2.ChangeIn)},
        "responses": _enqueued(v2.ChangedOut),
    }
    schemas: dict[str, Any] = {}
    for model in (EventIn, TakenOut, BeatOut, DoorError, *MODELS):
        found = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= found.pop("$defs", {}) | {model.__name__: found}
    return {
        "paths": {
            "/api/v1/intake/{source}": {"post": event},
            "/v2/enqueue": {"post": enqueue},
            "/v2/change/enqueue": {"post": change},
            "/api/v1/beats/{secret}": {"post": beat},
        },
        "schemas": schemas,
        "securitySchemes": {"SourceToken": {"type": "http", "scheme": "bearer", "description": SOURCE}},
        "tag": {"name": TAG, "description": TAG_TEXT},
    }


def _path(name: str, text: str, longest: int, sample: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": longest, "examples": [sample]}
    return {"in": "path", "name": name, "required": True, "description": text, "schema": schema}


def _json(model: type[Schema]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _enqueued(done: type[Schema]) -> dict[str, Any]:
    found = {202: done} | dict.fromkeys((400, 413, 429, 503), v2.EnqueueError)
    return {str(code): {"description": ENQUEUE_WORDS[code], "content": _json(found[code])} for code in found}


def _answers(done: int, model: type[Schema], *refusals: int) -> dict[str, Any]:
    found = {done: model} | dict.fromkeys((400, *refusals, 503), DoorError)
    return {str(code): {"description": WORDS[code], "content": _json(found[code])} for code in sorted(found)}
