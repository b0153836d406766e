"""What happens next: the plan of a run, whom each step tells, and the times that hold (D16-D24, I8).

All functions are pure; minutes count from the start of the run's generation.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from governance.documents.base import Pinned, Target
from governance.documents.escalation import Escalation
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.rules.ownership import DecidedBy, Matrices, Resolution, WhyNot


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `index` is its position in its own list (`Plan.steps` or `Plan.news`), `round` starts at 1."""

    index: int
    kind: Literal["level", "repeat", "fallback", "news"]
    level: str
    title: str
    round: int
    after_minutes: int
    window_minutes: int
    targets: tuple[Target, ...]
    lane: Literal["urgent", "routine"]
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The ladder (`steps`: levels, repeats, at the end the fallback) and, beside it, the periodic `news`.

    Both together never exceed the policy's cap. `path` is the path's key, `ends` what happens after the last
    step. `sentence` says it all in plain words.
    """

    path: str
    steps: tuple[Step, ...]
    news: tuple[Step, ...]
    ends: Literal["fallback", "hold", "deny"]
    sentence: str

    @property
    def fallback(self) -> Step | None:
        """The step for when nobody was reached; a run that finds nobody goes there at once."""
        return self.steps[-1] if self.steps and self.steps[-1].kind == "fallback" else None


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell this person. `responsibility` is the key when a responsibility was the target, else ""."""

    person: UUID
    name: str
    responsibility: str
    decided_by: DecidedBy | None
    reason: str


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom a step tells, who was left out and why, and which targets have nobody (sentences, I4, I17)."""

    tells: tuple[Tell, ...]
    skipped: tuple[WhyNot, ...]
    gaps: tuple[str, ...]

    @property
    def nobody(self) -> bool:
        """No target of the step has anybody at all (different from: all were told before)."""
        return not self.tells and not self.skipped


@dataclass(frozen=True, slots=True)
class Timeboxes:
    """Minutes for triage and decision, and the key of the row that says so ("" = the built-in default, D24)."""

    triage_minutes: int
    decision_minutes: int
    row: str


@dataclass(frozen=True, slots=True)
class FollowUpTimes:
    """Minutes until a run escalates again after an acknowledgement without progress, and after silence."""

    acknowledged_minutes: int
    silence_minutes: int


def plan(policy: Pinned[Escalation], severity: str, criticality: str | None, category: str | None = None) -> Plan:
    """The whole plan for an incident; `criticality` None = workflow unknown, `category` names an exception (D23)."""
    raise NotImplementedError


def next_step(plan: Plan, position: int | None) -> Step | None:
    """The ladder's step after index `position` (None = nothing taken yet); None when the ladder has ended."""
    raise NotImplementedError


def next_news(plan: Plan, position: int | None) -> Step | None:
    """The news step after index `position` of `plan.news` (None = none sent yet); None when there are no more."""
    raise NotImplementedError


def resolutions(
    policy: Pinned[Escalation],
    step: Step,
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    severity: str,
    people: PeopleFacts,
    at: datetime,
) -> tuple[Resolution, ...]:
    """One resolution per target of `step`, in order; direct targets are decided by the policy's level."""
    raise NotImplementedError


def tell(step: Step, resolved: tuple[Resolution, ...], already_told: Collection[tuple[str, int, UUID]]) -> Telling:
    """Whom `step` tells, given `resolutions(...)` of its targets.

    `already_told` holds (level key, round, person) of every generation of the run: nobody is told twice for a level.
    """
    raise NotImplementedError


def timeboxes(policy: Pinned[Escalation] | None, severity: str, category: str | None = None) -> Timeboxes:
    """How long triage and decision may take; 15 and 60 minutes when nothing says otherwise (D24)."""
    raise NotImplementedError


def follow_up(policy: Pinned[Escalation] | None) -> FollowUpTimes:
    """When to escalate again after an acknowledgement without progress, and after silence."""
    raise NotImplementedError
