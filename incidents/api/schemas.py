"""Incidents as programs read them, and what programs send."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Path, Schema
from pydantic import ConfigDict, Field, StrictBool

from incidents.api.course_schemas import CourseOut
from portal import limits
from portal.api.fields import Key, Severity, Text, Words

State = Literal["reported", "investigating", "contained", "monitoring", "resolved", "closed", "declined", "duplicate"]
RunState = Literal["running", "paused", "acknowledged", "exhausted", "nobody_reached", "stopped"]
Kind = Literal["incident", "near_miss", "drill"]
DataClass = Literal["public", "internal", "confidential", "restricted"]
MOST = 200
LAST_ID = 2**63 - 1
Reference = Annotated[str, Path(max_length=32, description="As the list says it.", examples=["INC-2026-0042"])]


class ThingOut(Schema):
    key: str = Field(examples=["order-sync"])
    name: str = Field(examples=["Order sync"])


class SomebodyOut(Schema):
    id: UUID
    name: str = Field(examples=["Ines Weber"])


class IncidentOut(Schema):
    """An incident in short. `lead` is null while nobody has answered; a time is null until it has come."""

    reference: str = Field(examples=["INC-2026-0042"])
    url: str = Field(description="Its page.", examples=["https://portal.example/incidents/INC-2026-0042/"])
    title: str = Field(examples=["Orders do not arrive"])
    kind: Kind
    state: State
    severity: Severity
    priority: int = Field(description="1 is the most urgent.")
    workflow: ThingOut | None = Field(description="Null when nobody knows which.")
    team: ThingOut
    lead: SomebodyOut | None
    is_restricted: bool
    started_at: datetime = Field(description="When it was first noticed.")
    reported_at: datetime
    acknowledged_at: datetime | None
    triaged_at: datetime | None
    decided_at: datetime | None
    contained_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None


class ListOut(Schema):
    """`next`: send it as `after` for the page that follows; null on the last."""

    incidents: list[IncidentOut]
    next: str | None


class WayOut(Schema):
    """One message: by which channel, what became of it, why not; in words."""

    channel: str
    state: str
    at: datetime
    reason: str


class CalledOut(Schema):
    """One person at one level. `why` is the row that decided."""

    person: SomebodyOut
    level: int = Field(description="Counted from 1; 0: handed over, or asked when nobody else could be.")
    title: str
    at: datetime
    answer: Literal["answered", "waiting", "none", "told"] = Field(
        description="`none`: no answer in time, or not reached. `told`: nothing is asked any more."
    )
    why: str
    ways: list[WayOut]


class NextOut(Schema):
    """Who is told at `at` if nothing happens before; follow_up is the look at what was answered."""

    kind: Literal["step", "follow_up", "news"]
    at: datetime
    title: str
    names: list[str]
    why: str


class EscalationOut(Schema):
    """Who was told, the latest first, and what comes. `generation` rises whenever it starts anew."""

    state: RunState
    severity: Severity
    generation: int
    level: int
    started_at: datetime
    acknowledged_by: SomebodyOut | None
    acknowledged_at: datetime | None
    paused_until: datetime | None
    told: list[CalledOut]
    next: list[NextOut]


class RuleOut(Schema):
    """A version of a document that steers the incident, as it was approved."""

    kind: str
    key: str
    title: str
    version: int
    digest: str


class DueOut(Schema):
    """Until when it has to be judged, and decided; null when that is done or not asked."""

    triage_at: datetime | None
    decision_at: datetime | None


class TriggerOut(Schema):
    """A trigger of the policy that fitted; `opened`: it is the one that opened the incident."""

    at: datetime
    title: str
    why: str
    opened: bool


class WholeOut(IncidentOut):
    """An incident with everything that its page says. `may`: what this person could do to it now."""

    description: str
    just_before: str
    who_is_hurt: str
    answers: dict[str, Any] = Field(description="Impact answers: {dimension: yes, no or unknown}.")
    components: list[Any]
    workflow_version: str
    data_class: DataClass
    hint: str = Field(description="The severity that the sender suggested; empty: none.")
    trigger: str = Field(description="Key of the trigger of the policy that opened it; empty: none.")
    path: str = Field(description="Key of the path that the rubric chose; empty: by the rule of the policy.")
    reporter: SomebodyOut | None
    plan: str
    resolution: str
    checked: str = Field(description="How it was checked that it works again.")
    merged_into: str | None = Field(description="The incident of which this one is a duplicate.")
    due: DueOut
    escalation: EscalationOut | None = Field(description="Null for a near miss: nobody is called for it.")
    triggers: list[TriggerOut] = Field(description="The first ones; the timeline has them all.")
    rules: list[RuleOut]
    course: CourseOut | None = Field(description="The playbook at work; null: none was chosen.")
    may: list[str] = Field(examples=[["acknowledge", "note"]])


class EntryOut(Schema):
    """One thing that happened. `verb` is stable, `text` and `detail` are for people."""

    id: int = Field(description="Rises; send it as `after` to go on from here.")
    at: datetime
    verb: str = Field(examples=["acknowledged"])
    by: SomebodyOut | None = Field(description="Null: the portal itself, a machine, or a reporter without an account.")
    text: str
    detail: str
    is_public: bool = Field(description="Whether the reporter reads it.")


class TimelineOut(Schema):
    """`next`: send it as `after` for the page that follows; null on the last."""

    entries: list[EntryOut]
    next: int | None


# What programs send


class ListIn(Schema):
    """The filters of the board; open incidents stand by severity, all others by time alone, the newest first."""

    state: Literal["open", "resolved", "all"] = Field(
        default="open", description="`resolved`: works again, closed ones too. `all`: declined ones and duplicates too."
    )
    severity: Severity | None = None
    team: Key = Field(default="", description="Key of the team that is responsible; empty: any.")
    workflow: Key = Field(default="", description="Key of the workflow; empty: any.", examples=["order-sync"])
    mine: bool = Field(default=False, description="Only those that this person leads.")
    q: Annotated[Text, Field(max_length=100)] = Field(default="", description="Words of the title, or a reference.")
    after: Annotated[Text, Field(max_length=200)] = Field(default="", description="`next` of the page before.")
    limit: Annotated[int, Field(ge=1, le=MOST)] = Field(default=limits.PAGE_ROWS, description="Incidents at most.")


class TimelineIn(Schema):
    """Which part of the timeline; `order=oldest` with the last id goes on where a program has stopped."""

    only: Literal["all", "decisions", "steps", "messages", "platform", "notes", "learning"] = "all"
    order: Literal["newest", "oldest"] = "newest"
    after: Annotated[int, Field(ge=1, le=LAST_ID)] | None = Field(default=None, description="`next`, or an `id`.")
    limit: Annotated[int, Field(ge=1, le=MOST)] = Field(default=limits.PAGE_ROWS, description="Entries at most.")


class RecheckIn(Schema):
    """What was found of a part or of a process that hangs on the one that broke."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[Words, Field(max_length=limits.TITLE_LENGTH)] = Field(
        description="Name of the component, or key of the workflow downstream.", examples=["invoices"]
    )
    result: Literal["passed", "waived"] = Field(description="`passed`: it works again; `waived`: nobody looked.")
    note: Annotated[str, Field(max_length=limits.REASON_LENGTH)] = Field(
        default="", description="Why nobody looked; needed for `waived`.", examples=["It runs at night only."]
    )


class SettledIn(Schema):
    """What becomes of something that was halted or isolated."""

    model_config = ConfigDict(extra="forbid")

    what: Annotated[Words, Field(max_length=limits.REASON_LENGTH)] = Field(
        description="What stands still, in the words of the incident’s page.", examples=["New orders wait in a queue"]
    )
    runs: StrictBool = Field(description="True: it runs again. False: it stays as it is.")
    words: Annotated[Words, Field(max_length=limits.REASON_LENGTH)] = Field(
        description="How one knows that it is safe, or why it stays.", examples=["Ten test orders came through."]
    )


class ResolveIn(Schema):
    """Both sentences are told to the reporter and to everybody who was told."""

    model_config = ConfigDict(extra="forbid")

    resolution: Annotated[Words, Field(max_length=limits.TEXT_LENGTH)] = Field(
        description="What made it work again.", examples=["The token of the shop was renewed."]
    )
    checked: Annotated[Words, Field(max_length=limits.TEXT_LENGTH)] = Field(
        description="How that was checked.", examples=["Ten orders arrived."]
    )
    rechecks: Annotated[list[RecheckIn], Field(max_length=100)] = Field(
        default=[],
        description="Each component and each workflow downstream; 409 names what is missing.",
    )
    settled: Annotated[list[SettledIn], Field(max_length=100)] = Field(
        default=[], description="Each thing that still stands still; 409 names what is missing."
    )


class NoteIn(Schema):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[Words, Field(max_length=limits.TEXT_LENGTH)] = Field(
        description="What somebody saw or said.", examples=["The supplier confirms the outage."]
    )
    is_public: StrictBool = Field(default=False, description="Show it to the reporter, who always sees the own ones.")
