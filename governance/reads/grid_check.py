"""What cells would say with edits that nobody has saved yet: who answers then, and what would be wrong with that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.documents import cells
from governance.documents.base import Scope
from governance.documents.cells import Edit
from governance.documents.facts import WorkflowFacts
from governance.documents.matrix import Matrix
from governance.models import Document, Workflow
from governance.reads import documents, grid_rows, grid_squares, grid_world, people
from governance.rules import ownership
from portal.models import Team, User


def checked(sent: Iterable[Any], *, by: User, at: datetime) -> list[dict[str, Any]]:
    """For the script: each text as it will be written, how to show it, and what is wrong (``forms.grid.Sent``).

    All edits are judged together and with the drafts of `by`; nothing is written. A constant number of queries.
    """
    items = list(sent)
    edits = [item.edit for item in items if item.edit is not None]
    world = grid_world.World(by, at)
    places = places_of(edits)
    own = grid_rows.rows_by_cell(world.shown)
    world.shown = with_edits(world.shown, edits, places)
    painters: dict[str, grid_squares.Painter] = {}
    found = []
    for item in items:
        said: dict[str, Any] = {"cell": item.address, "text": item.text, "problem": item.problem, "flaws": []}
        edit = item.edit
        if edit is not None:
            severity = edit.cell.severity
            if severity not in painters:
                painters[severity] = grid_squares.Painter(world, severity)
            said |= _said(edit, painters[severity], places.get(edit.cell.ref), own)
        found.append(said)
    return found


def _said(
    edit: Edit, painter: grid_squares.Painter, facts: WorkflowFacts | None, own: dict[Any, Any]
) -> dict[str, Any]:
    cell, holders = edit.cell, painter.world.holders
    square = painter.square(cell.scope, cell.ref, facts, cell.responsibility)
    rows = own.get(cell.key, grid_rows.NO_ROWS)
    said: dict[str, Any] = {
        "flaws": [{"level": flaw.level, "words": str(flaw.words)} for flaw in square.flaws],
        "same": edit.value == (rows.values[0] if rows.values else None),
    }
    if edit.value is not None:
        said |= {
            "text": holders.text(edit.value),
            "name": holders.name(edit.value.holder),
            "then": ", ".join(holders.name(held) for held in edit.value.alternates),
            "minutes": edit.value.acknowledge_minutes,
        }
    elif square.answer is not None:
        said |= {"inherits": square.answer.name, "origin": square.answer.origin}
    return said


def places_of(edits: list[Edit]) -> dict[str, WorkflowFacts | None]:
    """What the rules know of the workflows and teams of `edits`, by id; two queries."""
    wanted: dict[str, set[str]] = {"workflow": set(), "team": set()}
    for edit in edits:
        if edit.cell.scope in wanted:
            wanted[edit.cell.scope].add(edit.cell.ref)
    rows = Workflow.objects.select_related("team").filter(pk__in=wanted["workflow"])
    found = {str(workflow.pk): people.workflow_facts(workflow) for workflow in rows}
    return found | {str(team.pk): people.team_facts(team) for team in Team.objects.filter(pk__in=wanted["team"])}


def with_edits(
    matrices: ownership.Matrices, edits: list[Edit], places: dict[str, WorkflowFacts | None]
) -> ownership.Matrices:
    """`matrices` as they would be with `edits`, each in the matrix that it belongs to."""
    by_team: dict[UUID | None, list[Edit]] = {}
    for edit in edits:
        facts = places.get(edit.cell.ref)
        by_team.setdefault(facts.team if facts is not None else None, []).append(edit)
    company, teams = matrices.company, dict(matrices.teams)
    for team, own in by_team.items():
        if team is None:
            company = _pinned(company, None, own)
        else:
            teams[team] = _pinned(teams.get(team), team, own)
    return ownership.Matrices(company, teams)


def _pinned(now: Any, team: UUID | None, edits: list[Edit]) -> documents.PinnedVersion[Matrix]:
    if now is None:
        planned = Document(kind="matrix", scope_kind="team" if team else "default")
        content = Matrix(title="-", scope=Scope(team=team))
        now = documents.PinnedVersion(planned.pk, "", content)
    content = cells.typed_with(now.content, edits)
    return documents.PinnedVersion(now.document, f"{grid_rows.UNSAVED}{team or ''}", content, now.title, now.number)
