"""One cell of the grid: what it says, who changed it when and why, and what a new text in it would come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from governance.documents import cells
from governance.documents.cells import Cell, Value
from governance.models import ChangeRequest, Document, Edit, Workflow
from governance.reads import assignments, documents, drafts, grid_pending, grid_rows, grid_squares, grid_world, people
from governance.reads.holders import Holders
from portal.models import Team, User

SHOWN = 50
ALTERNATES = 3
MORE = 2
MOST_TOLD = 10
"""Of so many refused cells the page says who was faster."""


@dataclass(frozen=True)
class Past:
    """One change of the cell: by whom, when, from and to in words, why, and the version with its state."""

    at: datetime
    by: User
    before: str
    after: str
    reason: str
    version: Any
    state: str


@dataclass(frozen=True)
class One:
    """Everything that the page of a cell shows. `value` is its own row's, None when the cell inherits."""

    title: str
    question: str
    square: grid_squares.Square
    value: Value | None
    token: str
    people: list[str]
    refusal: str
    holders: Holders
    request: ChangeRequest | None
    late: cells.Stale | None
    theirs: str = ""
    more: list[str] = field(default_factory=list)
    """Texts of the further rows of the cell, with empty ones to write into; A has one row alone."""
    inherited: grid_squares.Answer | None = None
    """What answers for the letter of a cell that has no row of its own."""
    changed: bool = False
    in_force: list[str] = field(default_factory=list)
    """Texts of the rows in force, of use where `changed`."""
    past: list[Past] = field(default_factory=list)


def read(cell: Cell, *, by: User, at: datetime) -> One | None:
    """The cell as `by` sees it, with the own draft; None when its workflow, team or responsibility does not exist."""
    workflow = _workflow(cell)
    team = _team(cell, workflow)
    world = grid_world.World(by, at)
    columns = dict(world.columns())
    missing = (cell.scope == "workflow" and workflow is None) or (cell.scope == "team" and team is None)
    if missing or cell.responsibility not in columns:
        return None
    facts = people.workflow_facts(workflow)
    if cell.scope == "team" and team is not None:
        facts = people.team_facts(team)
    world.wishes = grid_pending.wishes(by)
    painter = grid_squares.Painter(world, cell.severity)
    square = painter.square(cell.scope, cell.ref, facts, cell.responsibility)
    rows = painter.own.get(cell.key, grid_rows.NO_ROWS)
    force = grid_rows.rows_by_cell(world.now).get(cell.key, grid_rows.NO_ROWS) if world.requests else rows
    value = rows.values[0] if rows.values else None
    more = [world.holders.text(item) for item in rows.values[1:]]
    lines = {cell.ref: str(workflow or team or "")}
    people_named = [world.holders.label(held) for held in (value.holder, *value.alternates)] if value else []
    late = next((item for item in world.late if item.cell == cell), None)
    document = _document(team)
    request = next((item for item in world.requests if document and item.document_id == document.pk), None)
    return One(
        title=grid_rows.title_of(cell, columns, lines),
        question=columns[cell.responsibility],
        square=square,
        value=value,
        token=rows.token,
        people=people_named + [""] * max(1, ALTERNATES + 1 - len(people_named)),
        refusal=world.refusal(team.pk if team else None),
        holders=world.holders,
        request=request,
        late=late,
        theirs=_texts(world.holders, late.theirs, *late.theirs_more) if late else "",
        more=more + [""] * (0 if cell.letter == "A" else MORE),
        inherited=next((item for item in (square.answer, *square.others) if item and item.letter == cell.letter), None),
        changed=rows != force,
        in_force=[world.holders.text(item) for item in force.values],
        past=history(document, cell, world.holders) if document else [],
    )


def _workflow(cell: Cell) -> Workflow | None:
    key = _id(cell.ref) if cell.scope == "workflow" else None
    return Workflow.objects.select_related("team", "platform").filter(pk=key).first() if key else None


def _team(cell: Cell, workflow: Workflow | None) -> Team | None:
    if workflow is not None:
        return workflow.team
    key = _id(cell.ref) if cell.scope == "team" else None
    return Team.objects.filter(pk=key).first() if key else None


def _document(team: Team | None) -> Document | None:
    scope = {"scope_kind": "team", "scope_value": str(team.pk)} if team else {"scope_kind": "default"}
    return Document.objects.filter(kind="matrix", **scope).first()


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def history(document: Document, cell: Cell, holders: Holders) -> list[Past]:
    """The versions that changed the cell, the newest first: who edited it last there, from what, to what, and why."""
    keys = _keys(document, cell)
    wanted = Q(row="/rows", field__startswith="added")
    for key in keys:
        wanted |= Q(row=f"/rows/{key}") | Q(row__startswith=f"/rows/{key}/")
    rows = Edit.objects.filter(wanted, version__document=document).select_related("by", "version__based_on")
    last: dict[UUID, Edit] = {}
    for row in rows.defer("before", "after").order_by("-at", "-pk")[: SHOWN * 4]:
        last.setdefault(row.version_id, row)
    asked = ChangeRequest.objects.filter(version__in=last).order_by("requested_at")
    reasons = {request.version_id: request.reason for request in asked}
    found = (_past(edit, cell, reasons.get(key, ""), holders, document) for key, edit in list(last.items())[:SHOWN])
    return [past for past in found if past is not None]


def _texts(holders: Holders, *values: Value | None) -> str:
    """All rows of a cell in one line."""
    return " / ".join(holders.text(value) for value in values if value is not None)


def _keys(document: Document, cell: Cell) -> set[str]:
    """Keys of the rows that stand in `cell` now, or stood there in an edit."""
    found = set()
    entry = cells.cells(drafts.said(document.effective_version, document)).get(cell)
    if entry is not None:
        found |= {entry.key, *(key for key, _value in entry.more)}
    added = Edit.objects.filter(version__document=document, row__startswith="/rows/", field__startswith="added")
    for row in added.values_list("after", flat=True):
        if isinstance(row, dict) and "holder" in row and "key" in row and cell in cells.cells({"rows": [row]}):
            found.add(row["key"])
    return found


def _past(edit: Edit, cell: Cell, reason: str, holders: Holders, document: Document) -> Past | None:
    version = edit.version
    before = cells.cells(drafts.said(version.based_on, document) if version.based_on else {}).get(cell)
    after = cells.cells(drafts.said(version, document)).get(cell)
    old_values, new_values = (entry.values if entry else () for entry in (before, after))
    if old_values == new_values:
        return None
    state = _("draft")
    if version.pk == document.effective_version_id:
        state = _("in force")
    elif version.frozen_at is not None:
        state = _("replaced")
    old, new = (_texts(holders, *values) or _("inherited") for values in (old_values, new_values))
    return Past(edit.at, edit.by, old, new, reason, version, state)


# What was typed


@dataclass(frozen=True)
class Conflict:
    """Somebody else was faster: both values as texts, and what an edit that keeps mine has to name."""

    cell: Cell
    title: str
    mine: str
    theirs: str
    token: str
    more: list[str] | None
    mine_text: str
    past: Past | None
    """Who saved theirs, when and why, as far as that is known."""


@dataclass(frozen=True)
class Questions:
    """What a save has left open; `titles` by address."""

    conflicts: list[Conflict]
    titles: dict[str, str]


def open_questions(done: Iterable[Any], named: Sequence[Cell], holders: Holders) -> Questions:
    """The conflicts of a save (``services.grid.Saved``) in words, and the titles of `named` cells."""
    lines = grid_rows.titles(named)
    columns = assignments.responsibilities(documents.matrices(), None)
    titles = {cell.address: grid_rows.title_of(cell, columns, lines) for cell in named}
    conflicts: list[Conflict] = []
    for item in done:
        for stale in item.stale:
            theirs = _texts(holders, stale.theirs, *stale.theirs_more)
            told = history(item.document, stale.cell, holders) if len(conflicts) < MOST_TOLD else []
            conflicts.append(
                Conflict(
                    stale.cell,
                    titles[stale.cell.address],
                    _texts(holders, stale.mine, *(stale.mine_more or ())),
                    theirs,
                    stale.token,
                    None if stale.mine_more is None else [holders.text(value) for value in stale.mine_more],
                    holders.text(stale.mine),
                    next((past for past in told if past.after == (theirs or _("inherited"))), None),
                )
            )
    return Questions(conflicts, titles)
