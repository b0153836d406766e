"""What the doors in PagerDuty's shape take and answer, for the document of the API.

What is said here is what is read; whatever else its clients send (images, client, names of their own) is kept with
the event or passed over. Texts that are too long are cut, never refused.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from incidents.forms.intake import ID_LENGTH
from portal.api.fields import Text, Words

FOLLOWS: dict[str, Any] = {
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"], "properties": {"payload": {"type": "object"}}},
    "else": {"required": ["dedup_key"], "properties": {"dedup_key": {"type": "string", "pattern": r"[^\s\u0000]"}}},
}
"""A trigger needs what it is about, the others which trigger they follow."""
RoutingKey = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=ID_LENGTH,
        description="The token of the source, as the routing (integration) key.",
        examples=["0123456789abcdef" * 2],
    ),
]


class LinkIn(Schema):
    """Where to look; other addresses than http(s) are left out."""

    href: Text = Field(examples=["https://flows.example/runs/12"])
    text: Text = ""


class PayloadIn(Schema):
    """What happened."""

    summary: Words = Field(description="The title of the incident.", examples=["Orders are not written to the CRM"])
    source: Words = Field(description="What it happened to; names the workflow if nothing else does.")
    severity: Literal["critical", "error", "warning", "info"] = Field(description="A hint; the rubric decides.")
    timestamp: Text = Field(default="", description="ISO 8601; else when it arrived.")
    component: Text = Field(default="", description="Key or name of the workflow, or a part of it.")
    group: Text = ""
    class_: Text = Field(default="", alias="class")
    custom_details: dict[str, Any] = Field(
        default={},
        description="`workflow` and `version` are looked for here first.",
        examples=[{"workflow": "order-sync", "version": "r118"}],
    )


class EnqueueIn(Schema):
    """A trigger needs `payload`; acknowledge and resolve need the `dedup_key` of what they follow."""

    model_config = ConfigDict(json_schema_extra=FOLLOWS)

    routing_key: RoutingKey
    event_action: Literal["trigger", "acknowledge", "resolve"]
    dedup_key: Text | None = Field(
        default=None, description="Events of one key join one open incident.", examples=["order-sync/crm"]
    )
    payload: PayloadIn | None = None
    links: list[LinkIn] = Field(default=[], max_length=100)
    client_url: Text = ""


class EnqueuedOut(Schema):
    """`dedup_key`: as it was sent, else one that equal events share."""

    status: Literal["success"]
    message: str
    dedup_key: str


class ChangePayloadIn(Schema):
    """What was changed."""

    summary: Words = Field(examples=["Order sync r119 deployed"])
    timestamp: Text = Field(default="", description="ISO 8601; else when it arrived.")
    source: Text = ""
    custom_details: dict[str, Any] = Field(default={}, examples=[{"workflow": "order-sync", "version": "r119"}])


class ChangeIn(Schema):
    """Somebody deployed or changed a workflow; it opens nothing, and incidents that follow name it."""

    routing_key: RoutingKey
    payload: ChangePayloadIn
    links: list[LinkIn] = Field(default=[], max_length=100)


class ChangedOut(Schema):
    status: Literal["success"]
    message: str


class EnqueueError(Schema):
    """Why nothing was taken; `errors` are all the reasons, each names its field."""

    status: Literal["invalid event", "event too large", "throttle exceeded", "unavailable"]
    message: str
    errors: list[str] = Field(min_length=1, examples=[["'payload.severity' is missing or is not one of …"]])
