"""The drafts that somebody has made in the grid: at most one of each matrix, moved onto what is in force now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from governance.documents import cells
from governance.models import ChangeRequest, Document, Version
from governance.models.changes import ChangeModel, ChangeState
from portal.models import User


@dataclass(frozen=True)
class Draft:
    """What somebody would like a document to say: its JSON, and which edits came too late for what is in force."""

    request: ChangeRequest | None
    content: dict[str, Any]
    late: tuple[cells.Stale, ...] = ()
    moved: bool = False
    """The version was based on one that is no longer in force."""


def open_of(user: User) -> QuerySet[ChangeRequest]:
    """The open drafts of `user` of matrices, with version, document and what is in force; one query."""
    rows = ChangeRequest.objects.filter(
        document__kind="matrix",
        requested_by_id=user.pk,
        model=ChangeModel.NORMAL,
        state=ChangeState.DRAFT,
        version__frozen_at=None,
    )
    return rows.select_related("version__based_on", "document__effective_version").order_by("document_id")


def empty(document: Document) -> dict[str, Any]:
    """The content of a matrix that says nothing yet."""
    scope = {} if document.scope_kind == "default" else {document.scope_kind: document.scope_value}
    return {"title": document.title, "scope": scope, "rows": []}


def said(version: Version | None, document: Document) -> dict[str, Any]:
    """The JSON of `version`, or of an empty matrix."""
    content: dict[str, Any] = json.loads(version.content) if version is not None else empty(document)
    return content


def of(document: Document, request: ChangeRequest | None) -> Draft:
    """What `request` makes of `document`; without one what is in force."""
    now = said(document.effective_version, document)
    if request is None:
        return Draft(None, now)
    version = request.version
    if version.based_on_id == document.effective_version_id:
        return Draft(request, json.loads(version.content))
    wanted = cells.edits_between(said(version.based_on, document), json.loads(version.content))
    done = cells.with_cells(now, wanted)
    return Draft(request, done.content, done.stale, moved=True)


def team_of(document: Document) -> UUID | None:
    """The team whose matrix it is, None for the company's."""
    return UUID(document.scope_value) if document.scope_kind == "team" else None
