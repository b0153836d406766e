"""The doors of decisions in the document of the API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from incidents.api import decision_schemas as schemas
from incidents.api import doors
from portal import limits

TAG = "decisions"
TAG_TEXT = (
    "A workflow that cannot go on asks for a human decision, and goes on with the answer: by polling, or by a signed "
    "callback that an `http in` node of Node-RED takes as its `msg.payload`. A source shows its token (`Authorization: "
    "Bearer …`), or signs by Standard Webhooks and adds `?source=<key>`; programs of a person show a personal token. "
    "The callback carries the headers of Standard Webhooks, signed with the secret of "
    "the source. What may have arrived is sent again under the same `id`."
)
WORDS = doors.WORDS | {
    200: "Done; this is the decision.",
    201: "Asked; it is stored, and people are told.",
    304: "Nothing has changed.",
    401: "The source or token is unknown, or the signature does not match.",
    403: "The person may not do that, or the token may only read.",
    404: "There is no decision of yours at this address.",
    422: "What was sent cannot be understood or is refused; `field` says what. `key_reused`: the key was used for "
    "another question.",
}
MODELS = (schemas.DecisionIn, schemas.DataIn, schemas.WithdrawIn, schemas.DecisionOut)
REFERENCE = {
    "in": "path",
    "name": "reference",
    "required": True,
    "description": "As the answer says it.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 32, "examples": ["DEC-2026-0042"]},
}
SOURCE = {
    "in": "query",
    "name": "source",
    "required": False,
    "description": "Key of the source, for calls that are signed and show no token.",
    "schema": {"type": "string", "maxLength": limits.KEY_LENGTH, "examples": ["node-red"]},
}
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Counts where the body names no `key`.",
    "schema": {"type": "string", "maxLength": 140, "pattern": r"^[\x20-\x7e]*$"},
}


def part() -> dict[str, Any]:
    """Paths, schemas and the tag of these doors, as they stand in an OpenAPI document."""
    ask = _operation(
        "ask_decision",
        gettext_noop("Ask for a decision"),
        "Those who may decide are told at once, level by level. The answer is durable; ask again with the same key "
        "whenever it is unclear.",
        schemas.DecisionIn,
        (201, 200, 401, 403, 413, 415, 422, 429),
        [SOURCE, KEY],
    )
    read = _operation(
        "get_decision",
        gettext_noop("One decision, and what became of it"),
        "To poll: send the `ETag` of the answer before as `If-None-Match`.",
        None,
        (200, 304, 401, 404, 413, 422, 429),
        [REFERENCE, SOURCE],
    )
    give = _operation(
        "give_decision_data",
        gettext_noop("Give the data that a decision waits for"),
        "When nothing is owed any more, the clock goes on and people are asked.",
        schemas.DataIn,
        (200, 401, 403, 404, 413, 415, 422, 429),
        [REFERENCE, SOURCE],
    )
    withdraw = _operation(
        "withdraw_decision",
        gettext_noop("Withdraw a question"),
        "Nobody has to decide it any more; who was asked is told.",
        schemas.WithdrawIn,
        (200, 401, 403, 404, 413, 415, 422, 429),
        [REFERENCE, SOURCE],
    )
    found: dict[str, Any] = {}
    for model in MODELS:
        one = model.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= one.pop("$defs", {}) | {model.__name__: one}
    return {
        "paths": {
            "/api/v1/decisions": {"post": ask},
            "/api/v1/decisions/{reference}": {"get": read},
            "/api/v1/decisions/{reference}/data": {"post": give},
            "/api/v1/decisions/{reference}/withdraw": {"post": withdraw},
        },
        "schemas": found,
        "securitySchemes": {},
        "tag": {"name": TAG, "description": TAG_TEXT},
    }


def _operation(
    name: str, summary: str, text: str, body: Any, statuses: tuple[int, ...], parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "description": text,
        "tags": [TAG],
        "security": [{"SourceToken": []}, {"PersonalToken": ["write" if body is not None else "read"]}],
        "parameters": parameters,
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": _json(body.__name__)}
    answers: dict[str, Any] = {}
    for status in sorted({*statuses, 400, 503}):
        answers[str(status)] = {"description": WORDS[status]}
        if status < 300:
            answers[str(status)]["content"] = _json("DecisionOut")
        elif status >= 400:
            answers[str(status)]["content"] = _json("DoorError")
    return found | {"responses": answers}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
