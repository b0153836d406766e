"""A decision played through: whom each level would ask and by when, what is missing, who could decide (D15, D78).

The same pure rules as the live engine, in its order, from any facts and any version of the rules. Nobody answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from governance.documents.base import Pinned, Target
from governance.documents.escalation import Escalation
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Decision
from governance.rules import authority, deciding, escalation
from governance.rules.authority import Authority
from governance.rules.deciding import Choice
from governance.rules.escalation import Step, Telling
from governance.rules.resolution import Matrices

MINUTE = timedelta(minutes=1)
MOST = 60  # steps that are looked at


@dataclass(frozen=True)
class Setting:
    """What is asked under which rules. `criticality` None: the process is unknown; `lead` is asked first where no row
    names anybody."""

    policy: Pinned[Escalation]
    matrices: Matrices
    workflow: WorkflowFacts | None
    severity: str
    risk: str
    name: str = ""
    category: str = ""
    offered: tuple[Choice, ...] = ()
    safe_default: str = ""
    given: Mapping[str, str] | None = None
    lead: UUID | None = None
    lead_title: str = ""


@dataclass(frozen=True, slots=True)
class Able:
    """Somebody who is asked, the ways that they may take, and why the first of the others is beyond them."""

    name: str
    ways: tuple[Choice, ...]
    refused: Authority | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One level: it is asked at `at`, and the next one at `until`. `missing` stops the clock until somebody says it."""

    step: Step
    at: datetime
    until: datetime
    telling: Telling
    permitted: tuple[Choice, ...]
    missing: tuple[str, ...]
    able: tuple[Able, ...]


@dataclass(frozen=True)
class Played:
    """`row` is the named decision that applies; `refused` are ways that it does not accept."""

    row: Decision | None
    is_unknown: bool
    choices: tuple[Choice, ...]
    refused: tuple[Choice, ...]
    stages: tuple[Stage, ...]
    ends: Literal["hold", "deny"]


def ladder(setting: Setting) -> tuple[escalation.Plan, deciding.Question]:
    """The levels to which the decision goes, and what is asked."""
    row = deciding.row_of(setting.matrices, setting.workflow, setting.name)
    question = deciding.question_of(row, row is not None and row.key == setting.name, setting.offered)
    criticality = setting.workflow.criticality if setting.workflow is not None else None
    category = setting.category or None
    plan = escalation.plan(setting.policy, setting.severity, criticality, category)
    boxes = escalation.timeboxes(setting.policy, setting.severity, category)
    first: tuple[Target, ...] = ()
    title = ""
    if row is not None:
        first, title = (Target(responsibility=row.responsibility),), row.title
    elif setting.lead is not None:
        first, title = (Target(person=setting.lead),), setting.lead_title
    minutes = (row.minutes if row is not None else None) or boxes.decision_minutes
    content = setting.policy.content
    return deciding.ladder(plan, content, question.choices, first=first, title=title, minutes=minutes), question


def play(setting: Setting, people: PeopleFacts, at: datetime) -> Played:
    """Everything that happens if it is asked at `at` and nobody answers; data that is missing comes at once."""
    plan, question = ladder(setting)
    already: set[tuple[str, int, UUID]] = set()
    stages: list[Stage] = []
    now = at
    for step in plan.steps[:MOST]:
        resolved = escalation.resolutions(
            setting.policy, step, setting.matrices, setting.workflow, setting.severity, people, now
        )
        telling = escalation.tell(step, resolved, already)
        already |= {(step.level, step.round, tell.person) for tell in telling.tells}
        following = escalation.next_step(plan, step.index)
        minutes = escalation.window(step, resolved)
        if following is not None:
            minutes = escalation.wait(step, following, minutes)
        if telling.nobody and following is not None:
            minutes = 0
        level = setting.policy.content.level_by_key.get(step.level)
        permitted = deciding.permitted(level, question.choices)
        missing = deciding.missing(level, setting.given or {})
        able = tuple(_able(setting, tell.person, tell.name, permitted, people, now) for tell in telling.tells)
        until = now + minutes * MINUTE
        stages.append(Stage(step, now, until, telling, permitted, missing, able))
        now = until
    last = plan.steps[-1].index if plan.steps else None
    ends = deciding.after(plan, last, can_deny=bool(setting.safe_default)).does
    return Played(
        deciding.row_of(setting.matrices, setting.workflow, setting.name),
        bool(setting.name) and question.is_unknown,
        question.choices,
        question.refused,
        tuple(stages),
        "deny" if ends == "deny" else "hold",
    )


def _able(
    setting: Setting, person: UUID, name: str, permitted: tuple[Choice, ...], people: PeopleFacts, at: datetime
) -> Able:
    """Which of the `permitted` ways `person` has the authority for."""
    ways, beyond = [], None
    for choice in permitted:
        for key in filter(None, (choice.key, setting.name)):
            about = (setting.severity, setting.risk, people, at)
            found = authority.may(setting.matrices, setting.workflow, person, key, *about)
            if not found:
                beyond = beyond or found
                break
        else:
            ways.append(choice)
    return Able(name, tuple(ways), beyond)


def needed(setting: Setting) -> tuple[str, ...]:
    """All data that some level on the way needs to know, in the order in which it is asked."""
    plan, _question = ladder(setting)
    levels = (setting.policy.content.level_by_key.get(step.level) for step in plan.steps)
    return tuple(dict.fromkeys(name for level in levels if level is not None for name in level.required_data))
