"""What a resolution is asked of, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.matrix import Matrix
from governance.documents.sentences import Sentence


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
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person who may be told. `via` says how they came in, `sentence` why, in plain words."""

    person: UUID
    name: str
    via: Literal["holder", "alternate", "cover", "target"]
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Group:
    """People who stand at one position: 0 the holder, 1 the first alternate, and so on."""

    position: int
    people: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """A row that might have decided and did not, and why; or a person who was left out."""

    row: str
    sentence: Sentence


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
    sentence: Sentence = Sentence("")

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
