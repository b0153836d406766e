"""Plain facts that checks and rules read, and the findings that checks return.

Services build these from models; nothing here knows a model. All ids are `uuid.UUID`, all times aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Literal
from uuid import UUID

Level = Literal["blocking", "advisory"]
Rotation = Literal["daily", "weekly", "custom"]


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
class Window:
    """A layer holds only from `from_time` to `to_time` (local) of these days (0 = Monday).

    A `to_time` that is not after `from_time` is one of the next day: 18:00 to 08:00 passes midnight, 00:00 to 00:00
    is the whole day.
    """

    weekdays: frozenset[int]
    from_time: time
    to_time: time


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """A rotation: `people` take turns, one turn every `every` days (weekly: weeks), handing over at `handover` local.

    In force from the hand-over time of `starts_on` to that of the day after `ends_on`. Turns count from `starts_on`,
    weekly ones from the last `weekday` (0 = Monday) up to then. No `windows` means always.
    """

    key: str
    people: tuple[UUID, ...]
    rotation: Rotation
    every: int
    handover: time
    weekday: int
    starts_on: date
    ends_on: date | None = None
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class OverrideFacts:
    """In [from_at, until_at) `person` is on call whatever the layers say; None: nobody is, on purpose."""

    from_at: datetime
    until_at: datetime
    person: UUID | None = None


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """An on-call schedule in the IANA zone `zone`. Of layers that hold the later wins, of overrides the last one."""

    id: UUID
    name: str
    zone: str
    layers: tuple[LayerFacts, ...] = ()
    overrides: tuple[OverrideFacts, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class RosterFacts:
    """Whom an on-call schedule puts on call within the next week, in order; nobody twice."""

    id: UUID
    name: str
    people: tuple[UUID, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """A seat on a board, held from the beginning of `from_on` to the end of `until_on` (UTC; None: no end)."""

    person: UUID
    from_on: date
    until_on: date | None = None
    function: str = ""
    deputy: UUID | None = None

    def is_held_on(self, day: date) -> bool:
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """A board with its seats, past ones too, in their order."""

    id: UUID
    name: str
    seats: tuple[SeatFacts, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class PeopleFacts:
    """Everybody whom a resolution may meet. Missing entries count as inactive.

    Nothing of it changes once it is made: `known` keeps what the rules have found out about it.
    """

    people: Mapping[UUID, PersonFacts] = field(default_factory=dict)
    teams: Mapping[UUID, TeamFacts] = field(default_factory=dict)
    schedules: Mapping[UUID, ScheduleFacts] = field(default_factory=dict)
    boards: Mapping[UUID, BoardFacts] = field(default_factory=dict)
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """A playbook module: the digests of all versions that were ever in force, and which one is (None: retired)."""

    id: UUID
    key: str
    title: str
    versions: Mapping[int, str] = field(default_factory=dict)
    effective: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The world that a check judges a document against.

    `responsibilities`, `roles` and `actions` (authority limits) are keys of the effective company matrix, `paths` and
    `exceptions` those of all effective escalation policies; None: not known, so references to them are not judged.
    `permission_roles` are written with underscores (`governance_admin`). `jargon` are the words of each term that the
    glossary calls one of specialists, by its title.
    """

    people: Mapping[UUID, PersonFacts] = field(default_factory=dict)
    teams: Mapping[UUID, TeamFacts] = field(default_factory=dict)
    workflows: Mapping[UUID, WorkflowFacts] = field(default_factory=dict)
    departments: Mapping[UUID, str] = field(default_factory=dict)
    responsibilities: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    paths: frozenset[str] | None = None
    schedules: Mapping[UUID, RosterFacts] = field(default_factory=dict)
    jargon: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    platforms: Mapping[UUID, str] = field(default_factory=dict)
    modules: Mapping[UUID, ModuleFacts] = field(default_factory=dict)
    actions: frozenset[str] | None = None
    topics: Mapping[str, str] = field(default_factory=dict)
    """Titles of the training topics in use by key."""
    training: Mapping[UUID, frozenset[str]] | None = None
    """The topics that each person has learned and that still count; None: not known, so nobody is judged."""
    exceptions: frozenset[str] | None = None
    boards: Mapping[UUID, BoardFacts] = field(default_factory=dict)
    permission_roles: frozenset[str] | None = None
