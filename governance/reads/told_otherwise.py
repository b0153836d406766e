"""Whom a draft would tell otherwise than the documents in force, for the page before it is published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from governance.documents.base import Pinned
from governance.documents.cells import Edit
from governance.documents.escalation import Escalation
from governance.documents.facts import WorkflowFacts
from governance.documents.matrix import Matrix
from governance.models import Version, Workflow
from governance.reads import documents, grid_check, grid_world, people
from governance.rules import ownership, simulate
from governance.rules.simulate import Report, Rules
from portal.models import User

STEERING = ("matrix", "escalation")
SHOWN = 50
MOST = 400
"""So many different cases are played through; the rest is counted, so that the page stays quick."""


def difference(version: Version, *, at: datetime) -> Report | None:
    """What publishing `version` would change in who is told from `at` on; None for kinds that tell nobody.

    A constant number of queries.
    """
    if version.document.kind not in STEERING:
        return None
    force, draft = documents.in_force(*STEERING, "rubric"), documents.of(version)
    now = Rules(force.matrices(), tuple(force.policies()), tuple(force.rubrics()))
    chosen = _in_use()
    if isinstance(draft.content, Matrix):
        then = Rules(with_matrix(now.matrices, draft), now.policies, now.rubrics)
        before = _same(now.matrices, draft.content)
        is_touched = simulate.touched(before.content if before else None, draft.content)
        chosen = [item for item in chosen if is_touched(item)]
    else:
        then = Rules(now.matrices, with_policy(now.policies, draft), now.rubrics)
    return simulate.difference(now, then, chosen, people.facts(at), at, most=MOST)


def of_edits(edits: list[Edit], *, by: User, at: datetime) -> Report:
    """What cells that nobody has saved yet would change, together with the drafts of `by`; nothing is written.

    An edit counts whatever its token: whether somebody was faster is asked when it is saved.
    """
    world = grid_world.World(by, at)
    then = grid_check.with_edits(world.shown, edits, grid_check.places_of(edits))
    now = world.now
    force = documents.in_force("escalation", "rubric")
    policies, rubrics = tuple(force.policies()), tuple(force.rubrics())
    pairs = [(now.company, then.company), *((now.teams.get(team), then.teams[team]) for team in then.teams)]
    tests = [
        simulate.touched(before.content if before else None, after.content)
        for before, after in pairs
        if after is not None and after != before
    ]
    chosen = [item for item in _in_use() if any(is_touched(item) for is_touched in tests)]
    was, will = Rules(now, policies, rubrics), Rules(then, policies, rubrics)
    return simulate.difference(was, will, chosen, world.folk, at, most=MOST)


def shown(version: Version, *, at: datetime) -> dict[str, Any]:
    """`difference` as the page takes it."""
    return listed(difference(version, at=at))


def listed(report: Report | None) -> dict[str, Any]:
    """`report` as ``governance/admin/_told.html`` takes it: the whole, and its first lines."""
    return {"told": report, "told_lines": report.lines[:SHOWN] if report else ()}


def _in_use() -> list[WorkflowFacts | None]:
    """Every workflow in use, and the one that nobody can name."""
    in_use = set(Workflow.objects.in_use().values_list("pk", flat=True))
    return [None, *(item for key, item in people.workflows().items() if key in in_use)]


def with_matrix(matrices: ownership.Matrices, draft: Pinned[Matrix]) -> ownership.Matrices:
    """`matrices` as they would be with `draft` in force."""
    team = draft.content.scope.team
    if team is not None:
        return ownership.Matrices(matrices.company, {**matrices.teams, team: draft})
    return ownership.Matrices(draft, matrices.teams)


def with_policy(policies: tuple[Pinned[Escalation], ...], draft: Pinned[Escalation]) -> tuple[Pinned[Escalation], ...]:
    return (*(policy for policy in policies if policy.document != draft.document), draft)


def _same(matrices: ownership.Matrices, draft: Matrix) -> Pinned[Matrix] | None:
    """What is in force where `draft` would be."""
    return matrices.teams.get(draft.scope.team) if draft.scope.team is not None else matrices.company
