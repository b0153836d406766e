"""Plain facts that checks and rules read, and the findings that checks return.

Services build these from models; nothing here knows a model. All ids are `uuid.UUID`, all times aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

Level = Literal["blocking", "advisory"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has to say. `path` is a JSON pointer whose list parts are row keys (`/rows/on-call/holder`)."""

    level: Level
    path: str
    message: str
    line: int | None = None

    @property
    def blocking(self) -> bool:
        return self.level == "blocking"


@dataclass(frozen=True, slots=True)
class Reference:
    """Something outside the document that it names. `kind`: person, team, workflow, department, schedule, board."""

    kind: str
    id: UUID
    path: str


@dataclass(frozen=True, slots=True)
class AbsenceFacts:
    """Somebody is away in [from_at, until_at); `cover` takes over, None = nobody was named."""

    from_at: datetime
    until_at: datetime
    cover: UUID | None = None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person. An inactive one is never told anything."""

    id: UUID
    name: str
    active: bool = True
    absences: tuple[AbsenceFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """A team with its members in their order."""

    id: UUID
    name: str
    members: tuple[UUID, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class WorkflowFacts:
    """A workflow as the rules see it. `criticality`: high, medium, low."""

    id: UUID
    name: str
    team: UUID | None = None
    criticality: str = "medium"
    department: UUID | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class PeopleFacts:
    """Everybody whom a resolution may meet. Missing entries count as inactive."""

    people: Mapping[UUID, PersonFacts] = field(default_factory=dict)
    teams: Mapping[UUID, TeamFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """The world that a check judges a document against.

    `responsibilities` and `roles` are the keys of the effective company matrix; None: not known, so references to
    them are not judged.
    """

    people: Mapping[UUID, PersonFacts] = field(default_factory=dict)
    teams: Mapping[UUID, TeamFacts] = field(default_factory=dict)
    workflows: Mapping[UUID, WorkflowFacts] = field(default_factory=dict)
    departments: Mapping[UUID, str] = field(default_factory=dict)
    responsibilities: frozenset[str] | None = None
    roles: frozenset[str] | None = None
