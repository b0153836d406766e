"""Saving the grid: edits of cells become one draft and one change request per matrix, all or each alone (U2).

What somebody else has put into a cell meanwhile is never overwritten: that edit comes back with both values, all
others are kept. One draft per person and document stays open; further saves add to it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.access import rows_of_others
from governance.documents import cells
from governance.documents.cells import Cell, Edit, Stale
from governance.models import ChangeRequest, Document, Version, Workflow
from governance.models.changes import ChangeState
from governance.reads import approval, drafts, sentences
from governance.services import changes, versions
from governance.services import drafts as service
from portal import access, audit, limits
from portal.errors import DomainError
from portal.models import Team, User

Place = tuple[str, str]
"""Scope kind and value of a matrix: ("team", id) or ("default", "")."""
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMED = 100
"""So many cells are named in an audit entry; the rest is counted."""
MOST_EDITS = 5_000


class NothingToSave(DomainError):
    """No cell was edited and no draft is open."""


class RowsOfOthers(access.Refused):
    """Some edits are about rows that others keep; `rows` says of each cell why. Nothing was saved, mine neither."""

    def __init__(self, rows: Sequence[tuple[Cell, str]]) -> None:
        self.rows = tuple(rows)
        more = _(" (and %(count)s more)") % {"count": len(rows) - 1} if rows[1:] else ""
        super().__init__(rows[0][1] + more)


class NotWhole(DomainError):
    """Not every edit could be kept, and all or none were asked for: `done` says which, nothing was saved."""

    def __init__(self, done: Sequence[Saved]) -> None:
        self.done = tuple(done)
        problem = next((item.problem for item in done if item.problem), "")
        super().__init__(problem or _("Somebody else changed a cell meanwhile. Nothing was saved."))


@dataclass(frozen=True)
class Saved:
    """What became of the edits of one matrix.

    `change` is the request that holds the draft, None when nothing is left to ask for. `problem` says why the edits
    were not kept (no `change`), or why the draft was not sent (with `change`). Of a change that was sent and is not in
    force, `waits` says what for.
    """

    document: Document
    change: ChangeRequest | None = None
    changed: tuple[Cell, ...] = ()
    stale: tuple[Stale, ...] = ()
    published: bool = False
    problem: str = ""
    waits: str = ""


def save(
    *, edits: Sequence[Edit], reason: str, by: User, at: datetime, publish: bool = False, whole: bool = False
) -> list[Saved]:
    """Put `edits` into the drafts of `by`, one for each matrix; with `publish` send all of these for review.

    A standard change is in force at once. Locks all matrices. A matrix that cannot be sent has a `problem`; the others
    are saved. A draft with a refused edit is not sent. Raises changes.ReasonMissing, NothingToSave, RowsOfOthers,
    access.Refused and, with `whole`, NotWhole as soon as one edit is refused; then nothing was changed.
    """
    reason = reason.strip()
    if not reason or len(reason) > limits.REASON_LENGTH:
        sentence = _("Say in up to %(count)s characters why; whoever reviews reads this first.")
        raise changes.ReasonMissing(sentence % {"count": limits.REASON_LENGTH})
    if len(edits) > MOST_EDITS:
        raise NothingToSave(_("At most %(count)s cells can be saved at once.") % {"count": MOST_EDITS})
    with audit.action(actor=by, reason=reason, at=at) as action:
        known = {(row.scope_kind, row.scope_value): row for row in versions.lock_matrices()}
        _refuse_rows_of_others(by, edits)
        mine = drafts.open_of(by).select_for_update(no_key=True, of=("self",))
        asked = {request.document_id: request for request in mine}
        wanted = _by_place(edits)
        if publish:
            wanted = {place: [] for place, row in known.items() if row.pk in asked} | wanted
        if not wanted:
            raise NothingToSave(_("Nothing was changed, so there is nothing to save."))
        done = []
        for place, own in sorted(wanted.items()):
            document = known.get(place) or _planned(place)
            done.append(_save_one(document, asked.get(document.pk), own, reason, by, at))
        _refuse_all(done)
        if whole and any(item.problem or item.stale for item in done):
            raise NotWhole(done)
        for item in done if publish else ():
            done[done.index(item)] = _sent(item, action, reason, by, at)
    return done


def _refuse_rows_of_others(by: User, edits: Sequence[Edit]) -> None:
    refused = rows_of_others(by, ((edit.cell.scope, edit.cell.ref) for edit in edits))
    rows = [
        (cell, refused[cell.scope, cell.ref])
        for cell in (edit.cell for edit in edits)
        if (cell.scope, cell.ref) in refused
    ]
    if rows:
        raise RowsOfOthers(rows)


def _by_place(edits: Iterable[Edit]) -> dict[Place, list[Edit]]:
    """The edits by the matrix that they belong to. Raises DomainError for a workflow or team that does not exist."""
    edits = list(edits)
    workflows = {edit.cell.ref for edit in edits if edit.cell.scope == "workflow"}
    teams = {str(pk): str(team) for pk, team in _rows(Workflow, workflows, "pk", "team_id")}
    known = {str(pk) for (pk,) in _rows(Team, {edit.cell.ref for edit in edits if edit.cell.scope == "team"}, "pk")}
    found: dict[Place, list[Edit]] = defaultdict(list)
    for edit in edits:
        cell = edit.cell
        team = teams.get(cell.ref) if cell.scope == "workflow" else cell.ref if cell.ref in known else None
        if cell.scope in ("workflow", "team") and team is None:
            raise NothingToSave(_("A workflow or team of this page does not exist any more. Load the page again."))
        found[("team", team or "") if team else ("default", "")].append(edit)
    return dict(found)


def _rows(model: Any, keys: set[str], *names: str) -> list[tuple[Any, ...]]:
    return list(model.objects.filter(pk__in=_ids(keys)).values_list(*names)) if keys else []


def _ids(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if UUID_TEXT.fullmatch(key)]


def _planned(place: Place) -> Document:
    """The matrix that a team does not have yet, not saved."""
    kind, value = place
    if kind == "default":
        return Document(kind="matrix", key="company", title=_("Company ownership matrix"), scope_kind="default")
    team = Team.objects.get(pk=value)
    title = _("%(team)s ownership matrix") % {"team": team.name}
    return Document(
        kind="matrix", key=team.key, title=title[: limits.TITLE_LENGTH], scope_kind="team", scope_value=str(team.pk)
    )


def _save_one(
    document: Document, request: ChangeRequest | None, edits: list[Edit], reason: str, by: User, at: datetime
) -> Saved:
    answer = access.can(by, "draft", document)
    if not answer:
        return Saved(document, problem=answer.reason)
    if request is None and (mine := changes.open_of(document, by)) is not None:
        sentence = _("Your change %(reference)s is under review; call it back to add to it.")
        return Saved(document, problem=sentence % {"reference": mine.reference})
    if request is not None:
        request.document = document
    draft = drafts.of(document, request)
    outcome = cells.with_cells(draft.content, edits)
    late = tuple(item for item in draft.late if item.cell not in {edit.cell for edit in edits})
    stale = (*late, *outcome.stale)
    if not outcome.changed and not draft.moved:
        return Saved(document, request, stale=stale)
    read = versions.read_content("matrix", outcome.content)
    now = document.effective_version
    if (now is not None and read.digest == now.digest) or (now is None and not outcome.content["rows"]):
        if request is not None:
            service.withdraw(request)
        return Saved(document, None, outcome.changed, stale)
    version = _drafted(document, None if draft.moved else request, read, by, at)
    _record(version, outcome.changed)
    change = service.ask(document=document, request=request, version=version, reason=reason, by=by, at=at)
    return Saved(document, change, outcome.changed, stale)


def _drafted(document: Document, request: ChangeRequest | None, read: versions.Read, by: User, at: datetime) -> Version:
    """The open draft with the text of `read`, or a new one based on what is in force."""
    if request is None:
        if document._state.adding:
            taken = Document.objects.filter(kind="matrix", key=document.key).exists()
            document.key = f"{document.key}-{str(document.pk)[-8:]}"[-limits.KEY_LENGTH :] if taken else document.key
            versions.create(document)
        return versions.new_draft(document, read, by, at)
    version = versions.open_draft(request.version)
    versions.rewrite(version, read, by, at)
    return version


def _record(version: Version, changed: tuple[Cell, ...]) -> None:
    action = audit.current()
    assert action is not None
    data = {"digest": version.digest, "cells": [cell.address for cell in changed[:NAMED]], "count": len(changed)}
    action.record(verb="version.edited", target=version, data=data)


def _refuse_all(done: list[Saved]) -> None:
    """Raises access.Refused when nothing may be edited at all."""
    if all(item.problem for item in done):
        raise access.Refused(done[0].problem)


def _sent(item: Saved, action: audit.Action, reason: str, by: User, at: datetime) -> Saved:
    """`item` in force or under review, or with the sentence why its draft stays one."""
    request = item.change
    if request is None or item.problem:
        return item
    if item.stale:
        sentence = _("Not sent, since somebody else changed a cell meanwhile. The draft is kept.")
        return replace(item, problem=sentence)
    try:
        with action.savepoint():
            request = changes.send(version=request.version, reason=reason, by=by, at=at)
    except DomainError as error:
        return replace(item, problem=str(error))
    if request.state == ChangeState.PUBLISHED:
        return replace(item, change=request, published=True)
    verdict = approval.judge(request, at=at)
    return replace(item, change=request, waits=sentences.said(verdict.sentence))
