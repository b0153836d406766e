"""The rows of the matrices in force, for programs: a page at a time, with what an edit of each has to name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.documents import cells
from governance.documents.cells import Cell, Held, Value
from governance.documents.facts import WorkflowFacts
from governance.documents.matrix import Row
from governance.models import Document, Workflow
from governance.reads import grid_world, people
from governance.reads.grid_rows import NO_ROWS, rows_by_cell
from governance.reads.holders import Holders
from portal import access
from portal.models import Team, User

Position = tuple[str, str]
"""Keys of a document and of a row: where a page ends."""


@dataclass(frozen=True)
class Line:
    """One row in force. `scope` as a sheet writes it; `token` is what an edit by the reader has to name."""

    document: Document
    version: int
    digest: str
    row: Row
    scope: str
    place: str
    token: str

    @property
    def position(self) -> Position:
        return self.document.key, self.row.key


@dataclass(frozen=True)
class Page:
    """`lines` in the order of their keys; `after` is where the next page starts, None at the end."""

    lines: list[Line]
    after: Position | None
    holders: Holders


def page(
    *,
    by: User,
    at: datetime,
    limit: int,
    workflow: Workflow | None = None,
    team: Team | None = None,
    severity: str = "",
    after: Position | None = None,
) -> Page:
    """The rows of documents that `by` may view; a constant number of queries.

    `workflow`: those that may decide about it. `team`: those of its matrix. `severity`: those that hold for it, of
    any severity too. The tokens know the open drafts of `by`, as the grid does.
    """
    world = grid_world.World(by, at)
    tokens, names = rows_by_cell(world.shown), Names()
    found = []
    for document, pinned in _documents(by, world, team):
        for row in pinned.content.rows:
            if not _wanted(row, people.workflow_facts(workflow), severity):
                continue
            cell = Cell(row.scope.kind, str(row.scope.ref or ""), row.responsibility, row.severity, row.letter)
            key = (cell.scope, cell.ref, cell.responsibility, cell.severity, cell.letter)
            token = tokens.get(key, NO_ROWS).token
            scope, place = names.scope(cell), names.place(cell)
            found.append(Line(document, pinned.number, pinned.digest, row, scope, place, token))
    found.sort(key=lambda line: line.position)
    later = [line for line in found if after is None or line.position > after]
    shown = later[:limit]
    return Page(shown, shown[-1].position if len(later) > limit else None, world.holders)


def _documents(by: User, world: grid_world.World, team: Team | None) -> Iterator[tuple[Document, Any]]:
    known = Document.objects.in_bulk([item.document for item in (world.now.company, *world.now.teams.values()) if item])
    pairs: list[tuple[UUID | None, Any]] = [(None, world.now.company), *world.now.teams.items()]
    for owner, pinned in pairs:
        if pinned is not None and (team is None or owner == team.pk):
            document = known[pinned.document]
            if access.can(by, "view", document):
                yield document, pinned


def _wanted(row: Row, workflow: WorkflowFacts | None, severity: str) -> bool:
    if severity and row.severity not in (severity, "any"):
        return False
    if workflow is None:
        return True
    ref = {"workflow": workflow.id, "team": workflow.team, "criticality": workflow.criticality, "default": None}
    return row.scope.kind in ref and row.scope.ref == ref[row.scope.kind]


class Names:
    """What scopes are called: as sheets write them, and in words; two queries."""

    def __init__(self) -> None:
        self._known = {
            "workflow": {str(pk): (key, name) for pk, key, name in Workflow.objects.values_list("pk", "key", "name")},
            "team": {str(pk): (key, name) for pk, key, name in Team.objects.values_list("pk", "key", "name")},
        }

    def scope(self, cell: Cell) -> str:
        """``workflow:key``, ``team:key``, ``criticality:high`` or ``company``."""
        if cell.scope == "default":
            return "company"
        return f"{cell.scope}:{self._known.get(cell.scope, {}).get(cell.ref, (cell.ref, ''))[0]}"

    def place(self, cell: Cell) -> str:
        """The name of the workflow or team, else empty."""
        return self._known.get(cell.scope, {}).get(cell.ref, ("", ""))[1]


def said(value: Value | None, holders: Holders) -> dict[str, Any] | None:
    """What a cell says, for programs: holders as ``Holders.find`` takes them; None when it inherits."""
    if value is None:
        return None
    return {
        "holder": holders.address(value.holder),
        "alternates": [holders.address(held) for held in value.alternates],
        "acknowledge_minutes": value.acknowledge_minutes,
        "decide_minutes": value.decide_minutes,
        "names": named((value.holder, *value.alternates), holders),
    }


def named(everybody: tuple[Held, ...], holders: Holders) -> list[str]:
    """Names, the holder's first."""
    return [holders.name(held) for held in everybody]


def tokens_of(content: dict[str, Any], changed: tuple[Cell, ...]) -> dict[Cell, str]:
    """The tokens of `changed` cells in the JSON of a matrix."""
    known = cells.cells(content)
    return {cell: cells.token(known.get(cell)) for cell in changed}
