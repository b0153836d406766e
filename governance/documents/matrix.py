"""The ownership matrix: responsibilities, roles, rows, decisions (D1, D3, D6, D7, D10-D15).

One document per team plus one company default. The team's document holds rows for the team and its workflows,
the company's holds rows for criticalities and the default.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from governance.documents.base import (
    Content,
    Holder,
    Key,
    Minutes,
    Part,
    Scope,
    SeverityOrAny,
    Text,
    Title,
)

Stage = Literal["detect", "triage", "contain", "remediate", "verify", "inform", "review"]
STAGES: tuple[Stage, ...] = ("detect", "triage", "contain", "remediate", "verify", "inform", "review")
Letter = Literal["R", "A", "C", "I"]
LETTERS: tuple[Letter, ...] = ("R", "A", "C", "I")
"""Responsible, accountable, consulted, informed."""
ON_CALL = "on_call"
"""The responsibility that stands for "on-call": its holder answers first, then its alternates in order."""

DEFAULT = "default"
"""The key of the named decision that stands for every one without a row of its own (D11)."""


Topics = Annotated[tuple[Key, ...], Field(max_length=20)]
"""Keys of training topics. The portal keeps them, no document does."""


class Responsibility(Part):
    """A duty and the stages of an outage that it covers (D1). `training` are keys of topics to be learned (D108)."""

    key: Key
    title: Title
    stages: tuple[Stage, ...] = ()
    description: Text = ""
    training: Topics = ()


class Limit(Part):
    """What a role may do: `action` up to a severity and a risk. `any` means without limit."""

    key: Key
    action: Title
    severity: SeverityOrAny = "any"
    risk: Literal["low", "medium", "high", "any"] = "any"


class Role(Part):
    """A role in an incident: who holds it, what it may do, what it owes, when it is handed over (D5, D7, D8).

    `training` are keys of topics that its holders have to have learned (D108).
    """

    key: Key
    title: Title
    holders: tuple[Holder, ...] = ()
    limits: tuple[Limit, ...] = ()
    artefacts: tuple[Title, ...] = ()
    handoff: tuple[Title, ...] = ()
    hours: Annotated[int, Field(ge=1, le=168)] | None = None
    training: Topics = ()


class Row(Part):
    """scope x responsibility x severity -> who. `alternates` in the order in which they stand in (D6)."""

    key: Key
    scope: Scope = Scope()
    responsibility: Key
    severity: SeverityOrAny = "any"
    letter: Letter = "A"
    holder: Holder
    alternates: tuple[Holder, ...] = ()
    acknowledge_minutes: Minutes | None = None
    decide_minutes: Minutes | None = None


class Option(Part):
    """An acceptable answer to a named decision."""

    key: Key
    title: Title


class Decision(Part):
    """A decision with a name: who takes it, between what, how fast (D11)."""

    key: Key
    title: Title
    responsibility: Key
    options: tuple[Option, ...] = ()
    minutes: Minutes | None = None


class ConflictRule(Part):
    """Who decides when stakeholders contradict each other, and by when (D12)."""

    tie_breaker: Holder
    minutes: Minutes = 60
    note: Text = ""


class Matrix(Content):
    """The content of kind `matrix`. `triage_team` (company default only) owns what nobody can name yet."""

    scope: Scope = Scope()
    responsibilities: tuple[Responsibility, ...] = ()
    roles: tuple[Role, ...] = ()
    rows: tuple[Row, ...] = ()
    decisions: tuple[Decision, ...] = ()
    conflict: ConflictRule | None = None
    triage_team: UUID | None = None

    @cached_property
    def cells(self) -> dict[tuple[str, UUID | str | None, str], tuple[Row, ...]]:
        """Rows by (scope kind, scope ref, responsibility), in document order."""
        found: dict[tuple[str, UUID | str | None, str], list[Row]] = {}
        for row in self.rows:
            found.setdefault((row.scope.kind, row.scope.ref, row.responsibility), []).append(row)
        return {cell: tuple(rows) for cell, rows in found.items()}

    @cached_property
    def questions(self) -> dict[tuple[str, UUID | str | None, str], dict[tuple[str, str], tuple[Row, ...]]]:
        """The rows of each of `cells` by (severity, letter), in document order."""
        found: dict[tuple[str, UUID | str | None, str], dict[tuple[str, str], tuple[Row, ...]]] = {}
        for cell, rows in self.cells.items():
            asked = found[cell] = {}
            for row in rows:
                asked[row.severity, row.letter] = (*asked.get((row.severity, row.letter), ()), row)
        return found

    @cached_property
    def special(self) -> frozenset[UUID]:
        """The workflows that have rows of their own."""
        return frozenset(row.scope.workflow for row in self.rows if row.scope.workflow is not None)

    @cached_property
    def duties(self) -> dict[str, str]:
        """Titles by key of the responsibilities that are defined, then those that only rows name, by their key."""
        titles = {duty.key: duty.title for duty in self.responsibilities}
        return titles | {
            row.responsibility: row.responsibility for row in self.rows if row.responsibility not in titles
        }

    @cached_property
    def letters(self) -> frozenset[tuple[str, str]]:
        """(responsibility, letter) of every row: all others can be skipped."""
        return frozenset((row.responsibility, row.letter) for row in self.rows)

    @cached_property
    def role_by_key(self) -> dict[str, Role]:
        return {role.key: role for role in self.roles}

    @cached_property
    def authorities(self) -> dict[str, str]:
        """What roles may do, by key of the limit; of several limits with one key the first one names it."""
        found: dict[str, str] = {}
        for role in self.roles:
            for limit in role.limits:
                found.setdefault(limit.key, limit.action)
        return found

    @cached_property
    def responsibility_by_key(self) -> dict[str, Responsibility]:
        return {duty.key: duty for duty in self.responsibilities}
