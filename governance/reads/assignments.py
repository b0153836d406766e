"""What the effective matrices come to for each workflow: who holds what, and who may therefore see it.

Computed in memory from typed matrices; ``services/ownership.py`` writes it, the preview and the invariant only
compare. A workflow is visible to everybody who holds any letter, to whoever holds a role that does or is in a schedule
that does, and to its team.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from governance.documents.base import SEVERITIES, Holder
from governance.documents.facts import WorkflowFacts
from governance.documents.matrix import LETTERS
from governance.models import Assignment, Schedule, WorkflowGroupObjectPermission, WorkflowUserObjectPermission
from governance.rules import ownership, ranking
from portal.models import Team


class Held(NamedTuple):
    """One row of ``Assignment``: exactly one of user, team, schedule (ids) and role (key)."""

    workflow: UUID
    responsibility: str
    severity: str
    letter: str
    position: int
    user: UUID | None
    team: UUID | None
    schedule: UUID | None
    role: str
    version: UUID
    row: str


class Viewer(NamedTuple):
    """Who may see a workflow: `kind` is user or team, `holder` its id."""

    workflow: UUID
    kind: str
    holder: UUID


def held(matrices: ownership.Matrices, workflows: Iterable[WorkflowFacts]) -> list[Held]:
    """Everything that is held, for every workflow. Workflows without rows of their own share one answer per team
    and criticality."""
    known: dict[object, list[Held]] = {}
    found: list[Held] = []
    for workflow in workflows:
        own = matrices.teams.get(workflow.team) if workflow.team else None
        special = own is not None and workflow.id in own.content.special
        key = workflow.id if special else (workflow.team, workflow.criticality)
        if key not in known:
            known[key] = list(_cells(matrices, workflow))
            found += known[key]
        else:
            found += [Held(workflow.id, *item[1:]) for item in known[key]]
    return found


def _cells(matrices: ownership.Matrices, workflow: WorkflowFacts) -> Iterator[Held]:
    documents = list(ranking.documents(matrices, workflow))
    for responsibility in responsibilities(matrices, workflow):
        for letter in LETTERS:
            if not any((responsibility, letter) in pinned.content.letters for pinned in documents):
                continue
            decided = {
                severity: ownership.deciding(matrices, workflow, responsibility, severity, letters=(letter,))
                for severity in SEVERITIES
            }
            rows = {(item.pinned.digest, item.row.key) if item else None for item in decided.values()}
            for severity, item in {"any": decided["sev1"]}.items() if len(rows) == 1 else decided.items():
                if item is None:
                    continue
                for position, holder in enumerate((item.row.holder, *item.row.alternates)):
                    yield Held(
                        workflow=workflow.id,
                        responsibility=responsibility,
                        severity=severity,
                        letter=letter,
                        position=position,
                        user=holder.person,
                        team=holder.team,
                        schedule=holder.schedule,
                        role=holder.role or "",
                        version=item.pinned.version,  # type: ignore[attr-defined]
                        row=item.row.key,
                    )


def responsibilities(matrices: ownership.Matrices, workflow: WorkflowFacts | None) -> dict[str, str]:
    """Key and title of every responsibility that a matrix of `workflow` defines, the company's first."""
    own = matrices.teams.get(workflow.team) if workflow is not None and workflow.team else None
    found: dict[str, str] = dict(matrices.company.content.duties) if matrices.company is not None else {}
    if own is not None:
        found |= {duty.key: duty.title for duty in own.content.responsibilities}
        found |= {key: title for key, title in own.content.duties.items() if key not in found}
    return found


def viewers(matrices: ownership.Matrices, workflows: Iterable[WorkflowFacts], items: Iterable[Held]) -> set[Viewer]:
    """Who may see which workflow, from what is held (``Held``) by people, teams, schedules and the holders of roles."""
    teams = {workflow.id: workflow.team for workflow in workflows}
    found = {Viewer(workflow, "team", team) for workflow, team in teams.items() if team}
    roles: dict[tuple[UUID | None, str], list[Holder]] = {}
    duty: dict[UUID, set[UUID]] = defaultdict(set)  # schedule -> workflows
    for item in items:
        holders: list[Any] = [item]
        if item.role:
            key = (teams.get(item.workflow), item.role)
            if key not in roles:
                roles[key] = _role_holders(matrices, *key)
            holders = roles[key]
        for holder in holders:
            person = holder.user if isinstance(holder, Held) else holder.person
            if person:
                found.add(Viewer(item.workflow, "user", person))
            elif holder.team:
                found.add(Viewer(item.workflow, "team", holder.team))
            elif holder.schedule:
                duty[holder.schedule].add(item.workflow)
    return found | _of_schedules(duty)


def _of_schedules(duty: Mapping[UUID, Iterable[UUID]]) -> set[Viewer]:
    """The teams of schedules and everybody who has a turn; one query, none without schedules."""
    if not duty:
        return set()
    turns = Schedule.objects.filter(pk__in=duty).values_list("pk", "team_id", "layers__members__person_id")
    found = {Viewer(workflow, "team", team) for pk, team, _person in turns for workflow in duty[pk]}
    return found | {Viewer(workflow, "user", person) for pk, _team, person in turns if person for workflow in duty[pk]}


def _role_holders(matrices: ownership.Matrices, team: UUID | None, role: str) -> list[Holder]:
    for pinned in (matrices.teams.get(team) if team else None, matrices.company):
        if pinned is not None and role in pinned.content.role_by_key:
            return list(pinned.content.role_by_key[role].holders)
    return []


# What the tables say


def stored(workflows: Iterable[UUID] | None = None) -> dict[Held, int]:
    """The rows of ``Assignment`` (of `workflows`, None = all) with their ids; one query."""
    rows = Assignment.objects.all() if workflows is None else Assignment.objects.filter(workflow__in=list(workflows))
    names = (
        "workflow_id",
        "responsibility",
        "severity",
        "letter",
        "position",
        "user_id",
        "team_id",
        "schedule_id",
        "role",
        "version_id",
        "row",
    )
    return {Held(*row[1:]): row[0] for row in rows.values_list("pk", *names)}


def stored_viewers(workflows: Iterable[UUID] | None = None) -> dict[Viewer, tuple[str, int]]:
    """Guardian's view rows as viewers, with (kind, id of the row); two queries. A group that is no team is left out."""
    chosen = {"permission__codename": "view_workflow"}
    if workflows is not None:
        chosen["content_object__in"] = list(workflows)  # type: ignore[assignment]
    users = WorkflowUserObjectPermission.objects.filter(**chosen).values_list("pk", "content_object_id", "user_id")
    groups = WorkflowGroupObjectPermission.objects.filter(group__team__isnull=False, **chosen)
    found = {Viewer(workflow, "user", user): ("user", pk) for pk, workflow, user in users}
    for pk, workflow, team in groups.values_list("pk", "content_object_id", "group__team"):
        found[Viewer(workflow, "team", team)] = ("team", pk)
    return found


def groups_of_teams() -> dict[UUID, int]:
    """Team id to Group id."""
    return dict(Team.objects.values_list("pk", "group_id"))
