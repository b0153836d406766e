"""The communication plan in force as people read it: who is told how often, by whom, and who has agreed (D60, D62)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.documents.base import SEVERITIES, Holder
from governance.documents.communication import Audience, Cadence, Communication, Meeting, SignOff, Statement, Template
from governance.documents.facts import WorkflowFacts
from governance.models import Review, Workflow
from governance.reads import documents, named, people
from governance.reads.documents import PinnedVersion
from governance.rules import scoping
from portal.models import Team


@dataclass(frozen=True)
class Signature:
    """Who has approved the text that is in force, and when; `giver` is for whom, where it was done for somebody."""

    name: str
    at: datetime
    giver: str = ""


@dataclass(frozen=True)
class Agreed:
    """A function that agrees, and who has signed for its team."""

    function: SignOff
    team: str
    signatures: list[Signature] = field(default_factory=list)


@dataclass(frozen=True)
class Rhythm:
    """The rows that count at `severities`, in the order in which they begin."""

    severities: list[str]
    rows: list[Cadence]


@dataclass(frozen=True)
class Told:
    """An audience with whoever tells it and how often."""

    audience: Audience
    issuer: str
    rhythms: list[Rhythm]
    templates: list[Template]
    statements: list[tuple[Statement, str]]

    @property
    def prepared(self) -> int:
        return len(self.templates) + len(self.statements)


@dataclass(frozen=True)
class Plan:
    """The whole plan; `others` have approved it without belonging to a team that is named in it."""

    pinned: PinnedVersion[Communication]
    audiences: list[Told]
    meetings: list[tuple[Meeting, str, list[str]]]
    agreed: list[Agreed]
    others: list[Signature]


def in_force(workflow: Workflow | WorkflowFacts | None = None) -> PinnedVersion[Communication] | None:
    """The plan for `workflow`, the most specific one; without it the company's. None: there is none yet."""
    found = scoping.applicable(documents.in_force("communication").plans(), workflow=people.workflow_facts(workflow))
    return found if isinstance(found, PinnedVersion) else None


def plan() -> Plan | None:
    """The company's plan in words; a constant number of queries."""
    pinned = in_force()
    if pinned is None:
        return None
    content = pinned.content
    say = _Names(content)
    agreed, others = _signed(pinned)
    return Plan(
        pinned=pinned,
        audiences=[_told(content, audience, say) for audience in content.audiences],
        meetings=[
            (meeting, say(meeting.leads), [say.audience(key) for key in meeting.audiences])
            for meeting in content.meetings
        ],
        agreed=agreed,
        others=others,
    )


class _Names:
    """What holders and audiences are called."""

    def __init__(self, content: Communication) -> None:
        self._content = content
        self._named = named.Named([content.model_dump(mode="json")])
        self._roles: Mapping[str, str] = named.titles().get("role", {})

    def __call__(self, holder: Holder | None) -> str:
        if holder is None:
            return ""
        if isinstance(holder.ref, UUID):
            return self._named.name(holder.kind, holder.ref) or ""
        return self._roles.get(holder.ref, holder.ref)

    def audience(self, key: str) -> str:
        audience = self._content.audience_by_key.get(key)
        return audience.title if audience is not None else key


def _told(content: Communication, audience: Audience, say: _Names) -> Told:
    rhythms: list[Rhythm] = []
    for severity in SEVERITIES:
        rows = content.rhythm(audience.key, severity)
        if rhythms and rhythms[-1].rows == rows:
            rhythms[-1].severities.append(severity.upper())
        elif rows:
            rhythms.append(Rhythm([severity.upper()], rows))
    return Told(
        audience=audience,
        issuer=say(audience.issuer),
        rhythms=rhythms,
        templates=[item for item in content.templates if item.audience == audience.key],
        statements=[(item, say(item.released_by)) for item in content.statements if item.audience == audience.key],
    )


def _signed(pinned: PinnedVersion[Communication]) -> tuple[list[Agreed], list[Signature]]:
    """Who has approved exactly this text, by the team for which the plan names them; two queries."""
    teams = [item.team for item in pinned.content.functions if item.team is not None]
    members: dict[UUID, set[Any]] = {}
    names: dict[UUID, str] = {}
    for pk, name, person in Team.objects.filter(pk__in=teams).values_list("pk", "name", "group__memberships__user_id"):
        names[pk] = name
        members.setdefault(pk, set()).add(person)
    rows = Review.objects.filter(change_request__document_id=pinned.document, digest=pinned.digest, verdict="approve")
    reviews = [
        (review.on_behalf_of_id or review.by_id, _signature(review))
        for review in rows.select_related("by", "on_behalf_of").order_by("at", "pk")
    ]
    agreed, known = [], set()
    for function in pinned.content.functions:
        own = members.get(function.team, set()) if function.team is not None else set()
        signed = [signature for person, signature in reviews if person in own]
        known |= {person for person, _signature in reviews if person in own}
        agreed.append(Agreed(function, names.get(function.team, "") if function.team else "", signed))
    return agreed, [signature for person, signature in reviews if person not in known]


def _signature(review: Review) -> Signature:
    giver = review.on_behalf_of
    return Signature(
        review.by.name or review.by.email, review.at, (giver.name or giver.email) if giver is not None else ""
    )
