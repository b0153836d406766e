"""Who is responsible for a workflow, and who would be told when: for the pages and for whoever asks.

Every answer comes from the pure rules that the live engine calls, with the row that decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import STAGES
from governance.models import Workflow
from governance.reads import assignments, documents, people
from governance.rules import escalation, outlook, ownership, triage


@dataclass(frozen=True)
class StageAnswer:
    """Who answers for one stage of an outage (D1)."""

    stage: str
    resolutions: tuple[ownership.Resolution, ...]


@dataclass(frozen=True)
class Explained:
    """Everything that the page of one workflow says for one severity."""

    stages: tuple[StageAnswer, ...]
    policy: Pinned[Escalation] | None
    steps: tuple[tuple[escalation.Step, escalation.Telling], ...]
    news: escalation.Step | None
    timeboxes: escalation.Timeboxes
    moments: tuple[outlook.Moment, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One cell of the grid. `place` is the kind of row that decided: workflow, team, criticality, default or ""."""

    name: str
    then: str
    minutes: int | None
    place: str
    sentence: str


@dataclass(frozen=True)
class Grid:
    """Responsibilities by workflow, as the page draws them: `columns` are titles."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Workflow, tuple[Cell, ...]], ...]


def responsible(
    workflow: Workflow | WorkflowFacts | None, severity: str, *, at: datetime, stage: str
) -> list[ownership.Resolution]:
    """Who is responsible for `stage` of `workflow` (None = unknown) at `severity`, each with its explanation."""
    facts, matrices = people.workflow_facts(workflow), documents.matrices_for(workflow)
    return ownership.responsible_for_stage(matrices, facts, stage, severity, people.facts(at), at)


def explain(workflow: Workflow | None, severity: str, *, at: datetime, wanted: str | None = None) -> Explained:
    """Who answers for each stage and who would be told when, if it broke at `at`; a constant number of queries.

    `wanted` is the path that the rubric named; None: the one that the rubric in force names for `severity`.
    """
    facts, matrices, folk = people.workflow_facts(workflow), documents.matrices_for(workflow), people.facts(at)
    stages = tuple(
        StageAnswer(stage, tuple(ownership.responsible_for_stage(matrices, facts, stage, severity, folk, at)))
        for stage in STAGES
    )
    try:
        policy = documents.policy_for(workflow)
    except documents.NothingInForce:
        return Explained(stages, None, (), None, escalation.timeboxes(None, severity))
    wanted = _wanted(workflow, severity) if wanted is None else wanted
    plan = escalation.plan(policy, severity, facts.criticality if facts else None, wanted=wanted)
    moments = outlook.outlook(policy, matrices, facts, severity, folk, at, wanted=wanted)
    return Explained(
        stages,
        policy,
        tuple(outlook.steps(moments)),
        plan.news[0] if plan.news else None,
        escalation.timeboxes(policy, severity),
        tuple(moments),
    )


def _wanted(workflow: Workflow | None, severity: str) -> str:
    """The path that the rubric in force names for `severity`, of the department that triages `workflow`."""
    try:
        department = None if workflow else documents.triage_team().department_id
        return triage.path_at(documents.rubric_for(workflow, department=department).content, severity)
    except documents.NothingInForce:
        return ""


def grid(workflows: Iterable[Workflow], severity: str, *, at: datetime) -> Grid:
    """Holder and alternates of every responsibility of the company matrix; `severity` may be "any".

    Give workflows with their team selected. A constant number of queries.
    """
    matrices, folk = documents.matrices(), people.facts(at)
    columns = assignments.responsibilities(matrices, None)
    rows = []
    for workflow in workflows:
        facts = people.workflow_facts(workflow)
        cells = tuple(_cell(matrices, facts, key, severity, folk, at) for key in columns)
        rows.append((workflow, cells))
    return Grid(tuple(columns.values()), tuple(rows))


def _cell(
    matrices: ownership.Matrices,
    workflow: WorkflowFacts | None,
    responsibility: str,
    severity: str,
    folk: PeopleFacts,
    at: datetime,
) -> Cell:
    decided = ownership.deciding(matrices, workflow, responsibility, severity)
    answer = ownership.resolve(matrices, workflow, responsibility, severity, folk, at)
    names = [", ".join(person.name for person in group.people) for group in answer.groups]
    return Cell(
        name=names[0] if names else "",
        then=", ".join(names[1:]),
        minutes=answer.acknowledge_minutes,
        place=decided[1].scope.kind if decided else "",
        sentence=answer.sentence,
    )
