"""Who is responsible: one deciding row per question, or an explained gap (D1, D6, D10, I17).

Per cell the order is: the workflow's row, then the team's row, both in the team's document; then the row of the
criticality, then the default row, both in the company's document. At equal rank a named severity beats `any`;
in one cell R decides before A.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Matrix


@dataclass(frozen=True, slots=True)
class Matrices:
    """The effective (or pinned) matrices: the company default and one per team id."""

    company: Pinned[Matrix] | None = None
    teams: Mapping[UUID, Pinned[Matrix]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DecidedBy:
    """Which row of which version decided, and the sentence that says so."""

    document: UUID
    digest: str
    row: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person who may be told. `via` says how they came in, `sentence` why, in plain words."""

    person: UUID
    name: str
    via: Literal["holder", "alternate", "cover", "target"]
    sentence: str


@dataclass(frozen=True, slots=True)
class Group:
    """People who stand at one position: 0 the holder, 1 the first alternate, and so on."""

    position: int
    people: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """A row that might have decided and did not, and why; or a person who was left out."""

    row: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer to "who is responsible for this?".

    `groups` holds only positions where somebody can be told, holder first. `gap` is True when there is nobody.
    `acknowledge_minutes`/`decide_minutes` come from the deciding row, None = the policy's windows hold.
    """

    responsibility: str
    severity: str
    groups: tuple[Group, ...] = ()
    letter: str = ""
    acknowledge_minutes: int | None = None
    decide_minutes: int | None = None
    decided_by: DecidedBy | None = None
    why_not: tuple[WhyNot, ...] = ()
    sentence: str = ""

    @property
    def gap(self) -> bool:
        """Nobody can be told (I17: then the operators are)."""
        return not self.groups

    @property
    def people(self) -> tuple[Candidate, ...]:
        """Everybody, holder first, then the alternates in order; nobody twice."""
        return tuple(person for group in self.groups for person in group.people)

    def told(self, alternate: int = 0) -> tuple[Candidate, ...]:
        """Who is told for position `alternate`, counted over those who can be told; past the end the last again."""
        return self.groups[min(alternate, len(self.groups) - 1)].people if self.groups else ()


def resolve(
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    responsibility: str,
    severity: str,
    people: PeopleFacts,
    at: datetime,
    *,
    letters: tuple[str, ...] = ("R", "A"),
) -> Resolution:
    """Who answers for `responsibility` of `workflow` (None = unknown: the triage team) at `severity` and time `at`.

    `letters` in order of preference inside one cell; pass ("C",) or ("I",) for consulted or informed.
    """
    raise NotImplementedError


def responsible_for_stage(
    matrices: Matrices, workflow: WorkflowFacts | None, stage: str, severity: str, people: PeopleFacts, at: datetime
) -> list[Resolution]:
    """One resolution per responsibility that covers `stage` (D1), in the order of the company matrix."""
    raise NotImplementedError


def expand(
    matrices: Matrices, workflow: WorkflowFacts | None, kind: str, ref: UUID | str, people: PeopleFacts, at: datetime
) -> tuple[list[Candidate], list[WhyNot]]:
    """The people behind a `role`, `person` or `team`: active, absent ones replaced by their cover."""
    raise NotImplementedError
