"""The communication plan: who tells what to whom, when and in which words (D60, D62-D72, D80)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from governance.documents.base import (
    Content,
    Holder,
    Key,
    Minutes,
    Part,
    Scope,
    Severity,
    SeverityOrAny,
    Text,
    Title,
)
from governance.documents.sentences import Sentence as _

Function = Literal["product", "engineering", "operations", "customer_success"]
FUNCTIONS: tuple[Function, ...] = ("product", "engineering", "operations", "customer_success")
"""Those between whom the plan is the agreement (D60)."""
Topic = Literal["what", "impact", "doing", "who", "next"]
TOPICS: tuple[Topic, ...] = ("what", "impact", "doing", "who", "next")
"""What every update answers (D66)."""
DataClass = Literal["public", "internal", "confidential", "restricted"]
SCALE: tuple[DataClass, ...] = ("public", "internal", "confidential", "restricted")
"""How far words may travel, in order (DESIGN section 6)."""
Channel = Literal["bridge", "status_page", "email", "chat", "sms", "inbox"]
CHANNEL_CLASSES: dict[Channel, DataClass] = {
    "bridge": "confidential",
    "status_page": "public",
    "email": "confidential",
    "chat": "internal",
    "sms": "public",
    "inbox": "restricted",
}
"""The highest class that a channel may carry (D32, I14); the same as that of the portal's own channels."""
Event = Literal["opened", "update", "workaround", "delayed", "resolved", "wrap_up"]
Release = Literal["pre_approved", "prepared"]
SMS_LENGTH = 160
Elapsed = Annotated[int, Field(ge=0, le=43200)]
"""Minutes since the incident began, up to thirty days."""
Phrase = Annotated[str, StringConstraints(max_length=300)]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a template may leave open: the class of what will stand there, an example, and what it means."""

    data_class: DataClass
    sample: str
    meaning: str


PLACEHOLDERS: dict[str, Placeholder] = {
    "reference": Placeholder("public", "INC-2026-0042", _("number of the incident")),
    "severity": Placeholder("public", "SEV1", _("severity")),
    "since": Placeholder("public", "09:40", _("since when")),
    "what": Placeholder("public", "Card payments are not captured.", _("what happened, in plain words")),
    "impact": Placeholder("public", "214 orders wait, none is lost.", _("what it means for those who read it")),
    "doing": Placeholder("public", "We take the last version back.", _("what is being done")),
    "meanwhile": Placeholder("public", "Please do not order again.", _("what to do meanwhile")),
    "expected": Placeholder("public", "about 15:30", _("when it is expected to work again")),
    "next": Placeholder("public", "14:20", _("when the next news comes")),
    "contact": Placeholder("public", "help@example.com", _("whom to ask")),
    "who": Placeholder("internal", "Lena Lead", _("name of the person who leads")),
    "workflow": Placeholder("internal", "Payment capture", _("name of the workflow")),
    "team": Placeholder("internal", "Payments", _("team that owns the workflow")),
    "bridge": Placeholder("internal", "https://meet.example.com/bridge", _("address of the call")),
    "rationale": Placeholder("internal", "It stops double charges within minutes.", _("why this way was chosen")),
    "decision": Placeholder("internal", "Go back to version 41", _("what has to be decided or was decided")),
    "affected": Placeholder("confidential", "Three customers in Austria", _("who is affected, by name or number")),
    "cost": Placeholder("confidential", "about 4 000 euros an hour", _("what it costs")),
    "cause": Placeholder("confidential", "An expired credential", _("cause, as far as it is known")),
    "personal_data": Placeholder("restricted", "Names and cards of 12 people", _("personal data that is involved")),
}
"""Every placeholder that there is; it is written in braces, `{what}`."""
ANSWERS: dict[Topic, tuple[str, ...]] = {
    "what": ("what",),
    "impact": ("impact",),
    "doing": ("doing",),
    "who": ("who", "contact"),
    "next": ("next",),
}
"""Which placeholders answer a question; one of them is enough."""
_BRACES = re.compile(r"\{([^{}\n]{0,60})\}")


def placeholders(text: str) -> list[str]:
    """What stands in braces in `text`, known or not, each once in its order."""
    return list(dict.fromkeys(name.strip() for name in _BRACES.findall(text)))


def has_loose_braces(text: str) -> bool:
    """A brace opens or closes nothing."""
    return bool(re.search(r"[{}]", _BRACES.sub("", text)))


def filled(text: str, values: dict[str, str] | None = None) -> str:
    """`text` with `values` in place of its placeholders, without `values` with the examples; others stay."""

    def value(found: re.Match[str]) -> str:
        name = found[1].strip()
        if values is not None:
            return values.get(name, found[0])
        return PLACEHOLDERS[name].sample if name in PLACEHOLDERS else found[0]

    return _BRACES.sub(value, text)


class SignOff(Part):
    """A function that agrees to the plan. The signature itself is a review that approval policy demands (D60)."""

    key: Key
    title: Title
    function: Function
    team: UUID | None = None
    agrees: Text = ""


class Question(Part):
    """One of the questions that every update answers (D66), in the company's own words."""

    key: Key
    title: Title
    asks: Topic
    guide: Text = ""


class Audience(Part):
    """Who is told: over which channels, how much, by whom, and how they answer (D62, D67).

    `detail` business: they read what it means for them, never the technical part of a template.
    `members` are those inside the company; without them nobody there is told by it.
    """

    key: Key
    title: Title
    description: Text = ""
    channels: tuple[Channel, ...] = ()
    data_class: DataClass = "internal"
    detail: Literal["business", "technical"] = "business"
    members: tuple[Holder, ...] = ()
    issuer: Holder | None = None
    feedback: Text = ""
    answer_minutes: Minutes | None = None


class Cadence(Part):
    """How often an audience is told, from so many minutes after the beginning on (D64).

    `every_minutes` None: once. The next row of the same audience and severity takes its place; rows of a named
    severity stand instead of those for any.
    """

    key: Key
    title: Title
    audience: Key
    severity: SeverityOrAny = "any"
    after_minutes: Elapsed = 0
    every_minutes: Minutes | None = None


class Meeting(Part):
    """When people come together: the huddle in the crisis, the daily update, the wrap-up (D63).

    `at` is local time, `09:30`, of a daily one. `every_minutes` repeats a huddle.
    """

    key: Key
    title: Title
    occasion: Literal["huddle", "daily", "wrap_up"]
    minimum_severity: Severity = "sev2"
    after_minutes: Elapsed = 0
    every_minutes: Minutes | None = None
    at: Annotated[str, StringConstraints(max_length=5)] = ""
    leads: Holder | None = None
    audiences: tuple[Key, ...] = ()
    agenda: tuple[Title, ...] = ()


class Template(Part):
    """Words for an event, an audience and a channel (D65, D71, D72). `technical` stands apart from `text` (D67)."""

    key: Key
    title: Title
    event: Event
    audience: Key
    channel: Channel
    subject: Annotated[str, StringConstraints(max_length=200)] = ""
    text: Text = ""
    technical: Text = ""


class Statement(Part):
    """Prepared words for an audience, compensation included (D70)."""

    key: Key
    title: Title
    audience: Key
    use_when: Text = ""
    text: Text = ""
    compensation: Text = ""
    release: Release = "prepared"
    released_by: Holder | None = None


class ToneRule(Part):
    """How we speak: precise, with empathy, uncertainty stated (D69)."""

    key: Key
    title: Title
    say: Phrase = ""
    avoid: Phrase = ""


class Communication(Content):
    """The content of kind `communication`."""

    scope: Scope = Scope()
    functions: tuple[SignOff, ...] = ()
    questions: tuple[Question, ...] = ()
    audiences: tuple[Audience, ...] = ()
    cadence: tuple[Cadence, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    templates: tuple[Template, ...] = ()
    statements: tuple[Statement, ...] = ()
    tone: tuple[ToneRule, ...] = ()

    @cached_property
    def audience_by_key(self) -> dict[str, Audience]:
        return {audience.key: audience for audience in self.audiences}

    def rhythm(self, audience: str, severity: Severity) -> list[Cadence]:
        """The rows for `audience` at `severity` in the order in which they begin; named ones beat any."""
        own = [row for row in self.cadence if row.audience == audience]
        named = [row for row in own if row.severity == severity]
        return sorted(
            named or [row for row in own if row.severity == "any"],
            key=lambda row: row.after_minutes,
        )
