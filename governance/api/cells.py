"""Cells of the grid, edited by programs: the service of the grid, all edits or none."""

from __future__ import annotations

import json
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from governance.api.schemas import CellEdit, Question
from governance.documents.cells import Cell
from governance.forms import cells as forms
from governance.reads import drafts, grid_world, matrix_rows
from governance.reads.sentences import said
from governance.services import changes
from governance.services import grid as service
from governance.services.versions import ImportRefused
from portal import limits
from portal.api import ERRORS, MISSES, Error, PersonalToken, Problem, answer_once, token_of
from portal.api.fields import Text
from portal.models import ApiToken

router = Router(tags=["ownership"])


class Edits(Schema):
    """Cells to be saved together with one reason: all, or none."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Text, Field(max_length=limits.REASON_LENGTH)] = Field(examples=["New owners from April on."])
    edits: list[CellEdit] = Field(min_length=1, max_length=limits.API_CELLS)


class SavedCell(Question):
    """`token`: what the next edit of the cell has to name."""

    token: str


class ChangeOut(Schema):
    """The change request that holds the cells, in its `state`; null when they say what is in force again."""

    document: str
    reference: str | None
    version: int | None
    state: str | None
    cells: list[SavedCell]


class SavedOut(Schema):
    """`unchanged`: edits that said what the cells said already. Nothing is in force before the change is approved."""

    changes: list[ChangeOut]
    unchanged: int


class ValueOut(Schema):
    holder: str
    alternates: list[str]
    acknowledge_minutes: int | None
    decide_minutes: int | None
    names: list[str]


class StaleCell(Question):
    """What you wanted, what stands there now (null: it inherits), and the token that overwrites it all the same."""

    mine: ValueOut | None
    theirs: ValueOut | None
    token: str


class StaleOut(Error):
    cells: list[StaleCell] = []


class ForeignRow(Question):
    detail: str


class ForbiddenOut(Error):
    rows: list[ForeignRow] = []


@router.post(
    "/ownership/cells",
    auth=PersonalToken(ApiToken.Scope.WRITE),
    response={200: SavedOut, **ERRORS, 403: ForbiddenOut, 409: StaleOut},
    operation_id="save_cells",
    summary=gettext_noop("Edit cells of matrices: a draft and a change request for each"),
    description="What the grid does: all edits or none. Nothing is in force before a board approved the change.",
)
def save(request: HttpRequest, response: HttpResponse, sent: Edits) -> dict[str, Any]:
    return answer_once(request, response, lambda: _save(request, sent))


def _save(request: HttpRequest, sent: Edits) -> dict[str, Any]:
    """Raises Problem for whatever the grid refuses, DomainError for the rest; then nothing is saved."""
    by, at = token_of(request).user, timezone.now()
    world, names = grid_world.World(by, at), matrix_rows.Names()
    try:
        edits = forms.read([item.dict() for item in sent.edits], world.holders, dict(world.columns()))
        done = service.save(edits=edits, reason=sent.reason, by=by, at=at, whole=True)
    except forms.Unreadable as error:
        misses = [{"field": field, "detail": detail} for field, detail in error.misses]
        raise Problem(422, "unacceptable", str(error), field=misses[0]["field"], **{MISSES: misses}) from error
    except changes.ReasonMissing as error:
        raise Problem(422, "unacceptable", str(error), field="reason") from error
    except ImportRefused as error:
        misses = [{"field": item.path, "detail": said(item.message)} for item in error.findings]
        raise Problem(422, "unacceptable", str(error), **{MISSES: misses}) from error
    except service.RowsOfOthers as error:
        rows = [_question(cell, names) | {"detail": why} for cell, why in error.rows]
        raise Problem(403, "rows_of_others", str(error), rows=rows) from error
    except service.NotWhole as error:
        raise _stale(error, names, world) from error
    changed = sum(len(item.changed) for item in done)
    found = [_change(item, names) for item in done if item.changed]
    return {"changes": found, "unchanged": len(edits) - changed}


def _question(cell: Cell, names: matrix_rows.Names) -> dict[str, Any]:
    question = {"scope": names.scope(cell), "responsibility": cell.responsibility}
    return question | {"severity": cell.severity, "letter": cell.letter}


def _stale(error: service.NotWhole, names: matrix_rows.Names, world: grid_world.World) -> Problem:
    """Both values of each cell that somebody else changed; without such a cell the sentence of the problem."""
    late = [item for done in error.done for item in done.stale]
    if not late:
        return Problem(422, "refused", str(error))
    found = [
        _question(item.cell, names)
        | {"mine": matrix_rows.said(item.mine, world.holders), "theirs": matrix_rows.said(item.theirs, world.holders)}
        | {"token": item.token}
        for item in late
    ]
    detail = _("Somebody else changed a cell since you read it. Nothing was saved; choose which value stays.")
    return Problem(409, "stale", detail, cells=found)


def _change(item: service.Saved, names: matrix_rows.Names) -> dict[str, Any]:
    request, document = item.change, item.document
    content = json.loads(request.version.content) if request else drafts.said(document.effective_version, document)
    tokens = matrix_rows.tokens_of(content, item.changed)
    return {
        "document": document.key,
        "reference": request and request.reference,
        "version": request and request.version.number,
        "state": request and str(request.state),
        "cells": [_question(cell, names) | {"token": tokens[cell]} for cell in item.changed],
    }
