"""Questions that workflows ask, and what they are answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from incidents.forms.intake import asked
from portal import limits
from portal.api.fields import Key, Severity, Text, Words

State = Literal["open", "waiting", "contested", "decided", "denied", "held", "withdrawn", "closed"]
Outcome = Literal["decided", "denied", "held"]
Given = Annotated[
    dict[str, Any],
    Field(
        description="What the decision needs to know: {name: value}; what lies inside is named with dots. Secrets are "
        f"taken out. At most {asked.GIVEN} things.",
        examples=[{"invoice": "INV-9", "amount": 25000}],
    ),
]


class ChoiceIn(Schema):
    """One way to decide. `key` comes back in the answer."""

    key: Annotated[Text, Field(min_length=1, max_length=limits.KEY_LENGTH)] = Field(examples=["pay"])
    title: Annotated[Words, Field(max_length=limits.TITLE_LENGTH)] = Field(examples=["Pay the invoice"])


class DecisionIn(Schema):
    """What is asked. Whatever else is sent is passed over; a source of Node-RED may send the message it stopped at."""

    question: Annotated[Words, Field(max_length=limits.TITLE_LENGTH)] = Field(
        examples=["Invoice above limit: pay it?"], description="One sentence that a person can answer."
    )
    key: Annotated[Text, Field(max_length=asked.KEY_LENGTH)] = Field(
        default="",
        examples=["dac3336e7fa92739"],
        description="Your name of this question, such as `msgid`; it comes back in the answer. Sent again with the "
        "same body it is the same decision, with another body it is refused (422, `key_reused`). Without it the "
        "header `Idempotency-Key` or `webhook-id` counts.",
    )
    choices: Annotated[list[ChoiceIn], Field(max_length=12)] = Field(
        default=[], description="Empty: those of the named decision, or to approve and to reject."
    )
    name: Key = Field(default="", description="Key of a decision of the matrix.", examples=["payment-above-limit"])
    category: Key = Field(default="", description="Key of an exception category of the escalation policy.")
    details: Annotated[Text, Field(max_length=limits.TEXT_LENGTH)] = ""
    given: Given = {}
    link: Annotated[Text, Field(max_length=limits.ADDRESS_LENGTH)] = Field(
        default="", description="Where exactly it stopped.", examples=["https://flows.example/#flow/tab1"]
    )
    delay_costs: Annotated[Text, Field(max_length=limits.REASON_LENGTH)] = Field(
        default="", description="What it costs to wait.", examples=["The discount ends tomorrow."]
    )
    safe_default: Key = Field(
        default="", description="Key of the safe choice: shown, never taken by itself unless the policy denies."
    )
    severity: Severity = "sev3"
    risk: Literal["low", "medium", "high"] = "medium"
    data_class: Literal["public", "internal", "confidential", "restricted"] = "internal"
    workflow: Annotated[Text, Field(max_length=limits.NAME_LENGTH)] = Field(
        default="", description="Key or name; empty: the one of the source.", examples=["order-sync"]
    )
    workflow_version: Annotated[Text, Field(max_length=limits.KEY_LENGTH)] = ""
    incident: Annotated[Text, Field(max_length=32)] = Field(
        default="", description="The incident that it belongs to, if any.", examples=["INC-2026-0042"]
    )
    callback: Annotated[Text, Field(max_length=limits.ADDRESS_LENGTH)] = Field(
        default="",
        description="Where the answer is posted, signed with the secret of the source: the address of an `http in` "
        "node. Empty: poll.",
        examples=["https://flows.example/answers"],
    )


class DataIn(Schema):
    """Data that the decision still waits for."""

    given: Given


class WithdrawIn(Schema):
    reason: Annotated[Words, Field(max_length=limits.REASON_LENGTH)] = Field(examples=["The order was cancelled."])


class ChoiceOut(Schema):
    key: str
    title: str


class CallbackOut(Schema):
    """How far the answer is on its way."""

    state: Literal["pending", "sending", "sent", "dead"]
    tries: int
    reason: str


class DecisionOut(Schema):
    """A decision as whoever asked reads it. `outcome` is null while somebody is asked; then `choice` is the key that
    was chosen, null where time ran out. Words are left out where the class of the data forbids it."""

    decision: str = Field(examples=["DEC-2026-0042"])
    url: str = Field(description="Its page.")
    key: str
    msgid: str = Field(description="The key again, as Node-RED calls it.")
    state: State
    outcome: Outcome | None
    choice: str | None
    choice_title: str | None
    rationale: str | None
    decided_by: str | None = Field(description="The level that decided, never a person.")
    decided_at: datetime | None
    number: int | None = Field(description="Rises when a later answer takes the place of one before.")
    question: str | None
    choices: list[ChoiceOut]
    owed: list[str] = Field(description="What has to be given before anybody decides; the clock stands still.")
    opened_at: datetime
    due_at: datetime | None = Field(description="Until when those who are asked now have time.")
    ended_at: datetime | None
    safe_default: str
    workflow: str | None
    incident: str | None
    callback: CallbackOut | None
