"""What the rows of matrices say cell by cell, with tokens, remembered by digest; and what cells are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from governance.documents import cells
from governance.documents.cells import Cell, Entry, Value
from governance.models import Workflow
from governance.models.catalog import Criticality
from governance.rules import ownership
from portal.models import Team

NOTHING = cells.token(None)
MOST_KNOWN = 500
UNSAVED = "unsaved:"
"""Begins what stands for the digest of a content that was never saved; nothing is remembered of such."""
Key = tuple[str, str, str, str, str]
"""Scope kind and ref, responsibility, severity, letter."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of one cell say, and the token of that."""

    values: tuple[Value, ...] = ()
    token: str = NOTHING


NO_ROWS = Rows()
_known: dict[str, dict[Key, Rows]] = {}


def rows_by_cell(matrices: ownership.Matrices) -> dict[Key, Rows]:
    """The rows of every cell of all matrices, keyed by ``Cell``'s fields."""
    found: dict[Key, Rows] = {}
    for pinned in (matrices.company, *matrices.teams.values()):
        if pinned is not None:
            found |= of_version(pinned)
    return found


def remembered(digest: str) -> dict[Key, Rows] | None:
    """The rows by cell of the content with `digest`, None when they are not remembered."""
    return _known.get(digest)


def of_version(pinned: Any) -> dict[Key, Rows]:
    """The rows of one content by cell, remembered by its digest."""
    if pinned.digest.startswith(UNSAVED):
        return _read(pinned)
    if pinned.digest not in _known:
        if len(_known) > MOST_KNOWN:
            _known.clear()
        _known[pinned.digest] = _read(pinned)
    return _known[pinned.digest]


def _read(pinned: Any) -> dict[Key, Rows]:
    by_cell: dict[Key, tuple[Value, ...]] = {}
    for row in pinned.content.rows:
        key = (row.scope.kind, str(row.scope.ref or ""), row.responsibility, row.severity, row.letter)
        by_cell[key] = (*by_cell.get(key, ()), cells.of_row(row))
    return {key: Rows(values, token_of(values)) for key, values in by_cell.items()}


def token_of(values: tuple[Value, ...]) -> str:
    """The token of a cell whose rows say `values`."""
    return cells.token(Entry("", values[0], tuple(("", value) for value in values[1:])) if values else None)


def names_of(edits: Iterable[Cell]) -> dict[str, str]:
    """Keys of the workflows and teams of cells, for the keys of new rows; two queries."""
    wanted = list(edits)
    workflows = [cell.ref for cell in wanted if cell.scope == "workflow"]
    teams = [cell.ref for cell in wanted if cell.scope == "team"]
    found = {str(pk): key for pk, key in Workflow.objects.filter(pk__in=workflows).values_list("pk", "key")}
    return found | {str(pk): key for pk, key in Team.objects.filter(pk__in=teams).values_list("pk", "key")}


def title_of(cell: Cell, columns: dict[str, str], lines: dict[str, str]) -> str:
    """A cell in words: whose, and which question."""
    word = lines.get(cell.ref) or (Criticality(cell.ref).label if cell.scope == "criticality" else _("Whole company"))
    duty = columns.get(cell.responsibility, cell.responsibility)
    at = "" if cell.severity == "any" else f", {cell.severity.upper()}"
    return f"{word}: {duty}{at}"


def titles(cells_named: Iterable[Cell]) -> dict[str, str]:
    """Names of workflows and teams that cells are about; two queries."""
    wanted = list(cells_named)
    found = dict(
        Workflow.objects.filter(pk__in=[c.ref for c in wanted if c.scope == "workflow"]).values_list("pk", "name")
    )
    found |= dict(Team.objects.filter(pk__in=[c.ref for c in wanted if c.scope == "team"]).values_list("pk", "name"))
    return {str(pk): name for pk, name in found.items()}
