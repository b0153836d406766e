"""What is known when a change is judged, and what the judgment says. Ids are UUIDs, times aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from governance.documents.approval import Action, Band, Model
from governance.documents.facts import BoardFacts, PersonFacts, SeatFacts, TeamFacts
from governance.documents.sentences import Sentence

__all__ = [
    "Authority",
    "BoardFacts",
    "ChangeFacts",
    "Counted",
    "DelegationFacts",
    "Opinion",
    "PanelFacts",
    "ReviewFacts",
    "SeatFacts",
    "Standing",
    "State",
    "Verdict",
]

Opinion = Literal["approve", "request_changes", "veto", "abstain", "recuse"]
State = Literal["satisfied", "waiting", "closed", "vetoed", "objected", "conflict", "unreachable", "refused"]
"""`closed`: an earlier stage comes first. `objected` waits for who objects or another text, `conflict` for the
tie-breaker; `vetoed` and `refused` end it for this text. `unreachable`: too few are left who could approve."""
Authority = Literal["first", "alternate", "next", "tie_breaker"]


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """The change under judgment. `criticalities` and `parts` are those that it touches; `digest` is its text.

    `contributors` are all who have written anything in the version or in something that it includes.
    """

    kind: str
    model: Model
    action: Action
    band: Band
    criticalities: frozenset[str]
    parts: frozenset[str]
    digest: str
    requester: UUID
    contributors: frozenset[UUID] = frozenset()

    @property
    def makers(self) -> frozenset[UUID]:
        """Who may not judge it, nor act for anybody who does, nor have anybody act for them."""
        return self.contributors | {self.requester}


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """One review of the text `digest`. It names no requirement: it counts wherever its person is asked.

    `on_behalf_of` is the giver of `delegation`. `band` is the risk that the reviewer sees, or empty. `confirmed`: they
    signed in anew for it.
    """

    by: UUID
    verdict: Opinion
    digest: str
    at: datetime
    on_behalf_of: UUID | None = None
    delegation: UUID | None = None
    band: Band | Literal[""] = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class DelegationFacts:
    """`giver` lets `taker` speak for them in [from_at, until_at), until it is ended at `ended_at`.

    On one board or wherever (`board` None); about one kind of document or any (`kind` empty).
    """

    id: UUID
    giver: UUID
    taker: UUID
    from_at: datetime
    until_at: datetime
    board: UUID | None = None
    kind: str = ""
    ended_at: datetime | None = None

    def holds_at(self, at: datetime) -> bool:
        return self.from_at <= at < self.until_at and (self.ended_at is None or at < self.ended_at)


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """Everybody who could be asked about one change.

    `people` with their absences since the change was submitted: a deputy's review counts when the seat's holder was
    away at that time. `roles` are permission roles by key (`governance_admin`), `responsibilities` those of the matrix
    for what the change is about, each with the people who hold them. Being a superuser appears nowhere.
    """

    people: Mapping[UUID, PersonFacts] = field(default_factory=dict)
    teams: Mapping[UUID, TeamFacts] = field(default_factory=dict)
    boards: Mapping[UUID, BoardFacts] = field(default_factory=dict)
    roles: Mapping[str, tuple[UUID, ...]] = field(default_factory=dict)
    responsibilities: Mapping[str, tuple[UUID, ...]] = field(default_factory=dict)
    delegations: tuple[DelegationFacts, ...] = ()

    def is_active(self, person: UUID) -> bool:
        return person in self.people and self.people[person].active


@dataclass(frozen=True, slots=True)
class Counted:
    """An approval that counts. `on_behalf_of`: whose seat it fills, None for their own."""

    person: UUID
    on_behalf_of: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How one requirement of one row stands.

    `needed` approvals of `asked` people (who have not stepped back). `waits_for` is who is asked now, `eligible` who
    may speak for themselves now, `foreseen` who may once the stages before it have agreed. `authority` is the last that
    has been asked, and `due_at` the end of its turn.
    Their turn began at `asked_at`; `is_early`: because those ahead could not approve any more, not because of time.
    """

    key: str
    title: str
    row: str
    stage: int
    state: State
    needed: int
    asked: int
    sentence: Sentence
    counted: tuple[Counted, ...] = ()
    waits_for: tuple[UUID, ...] = ()
    eligible: tuple[UUID, ...] = ()
    foreseen: tuple[UUID, ...] = ()
    objections: tuple[UUID, ...] = ()
    recused: tuple[UUID, ...] = ()
    authority: Authority = "first"
    opened_at: datetime | None = None
    asked_at: datetime | None = None
    is_early: bool = False
    due_at: datetime | None = None
    satisfied_at: datetime | None = None
    confirm: bool = False
    veto: bool = False
    validates_risk: bool = False
    band: Band | Literal[""] = ""
    satisfiable: bool = True

    @property
    def is_open(self) -> bool:
        """Somebody may do something about it now."""
        return self.state in ("waiting", "objected", "conflict", "unreachable")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a change is approved and what each requirement says.

    `rows` are the keys of the rows that matched, `pre_approved` the one that let a standard change through. `refused`:
    a veto or a tie-breaker has stopped this text. `satisfiable`: there are people who could approve it. `stale` are
    reviews of an earlier text whose people have not said anything about this one.
    """

    approved: bool
    sentence: Sentence
    band: Band
    refused: bool = False
    rows: tuple[str, ...] = ()
    standings: tuple[Standing, ...] = ()
    satisfiable: bool = True
    pre_approved: str = ""
    stale: tuple[ReviewFacts, ...] = ()

    @property
    def waits_for(self) -> tuple[UUID, ...]:
        """Everybody whom some requirement waits for, nobody twice."""
        return tuple(dict.fromkeys(person for standing in self.standings for person in standing.waits_for))
