"""The drafts that somebody has made: at most one of each document, moved onto what is in force now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from governance.documents import cells, merge
from governance.models import ChangeRequest, Document, Version
from governance.models.changes import ChangeAction, ChangeModel, ChangeState
from portal.models import User


@dataclass(frozen=True)
class Draft:
    """What somebody would like a document to say: its JSON, and which edits came too late for what is in force."""

    request: ChangeRequest | None
    content: dict[str, Any]
    late: tuple[cells.Stale, ...] = ()
    moved: bool = False
    """The version was based on one that is no longer in force."""
    version: Version | None = None
    """Where the draft is kept; None: nothing has been drafted."""
    clashes: tuple[str, ...] = ()
    """Paths beside the cells that somebody else has changed too; the draft's words stand."""


def requests_of(user: User) -> QuerySet[ChangeRequest]:
    """The requests of `user` whose text may still change: what brings a version back says that and nothing else."""
    return ChangeRequest.objects.filter(
        requested_by_id=user.pk,
        model=ChangeModel.NORMAL,
        action=ChangeAction.PUBLISH,
        state=ChangeState.DRAFT,
        version__frozen_at=None,
    )


def open_of(user: User) -> QuerySet[ChangeRequest]:
    """The open drafts of `user` of matrices, with version, document and what is in force; one query."""
    rows = requests_of(user).filter(document__kind="matrix")
    return rows.select_related("version__based_on", "document__effective_version").order_by("document_id")


def empty(document: Document) -> dict[str, Any]:
    """The content of a document that says nothing yet."""
    scope = {} if document.scope_kind == "default" else {document.scope_kind: document.scope_value}
    return {"title": document.title, "scope": scope} | ({"rows": []} if document.kind == "matrix" else {})


def said(version: Version | None, document: Document) -> dict[str, Any]:
    """The JSON of `version`, or of a document that says nothing."""
    content: dict[str, Any] = json.loads(version.content) if version is not None else empty(document)
    return content


def of(document: Document, request: ChangeRequest | None) -> Draft:
    """What `request` makes of `document`; without one what is in force."""
    now = said(document.effective_version, document)
    if request is None:
        return Draft(None, now)
    version = request.version
    mine: dict[str, Any] = json.loads(version.content)
    if version.based_on_id == document.effective_version_id:
        return Draft(request, mine, version=version)
    was, late = said(version.based_on, document), tuple[cells.Stale, ...]()
    content, clashes = merge.merged(was, mine, now, skip=("rows",) if document.kind == "matrix" else ())
    if document.kind == "matrix":
        done = cells.with_cells(content, cells.edits_between(was, mine))
        content, late = done.content, done.stale
    return Draft(request, content, late, moved=True, version=version, clashes=clashes)


def is_open(change: ChangeRequest) -> bool:
    """The text of `change` may still change: it is a draft that puts something into force."""
    is_text = change.action == ChangeAction.PUBLISH
    return is_text and change.state == ChangeState.DRAFT and change.version.frozen_at is None


def mine(document: Document, user: User) -> Draft:
    """What `user` would like `document` to say: an open request, else what is in force. At most two queries."""
    rows = requests_of(user).filter(document=document)
    return of(document, rows.select_related("version__based_on", "document__effective_version").first())


def team_of(document: Document) -> UUID | None:
    """The team whose matrix it is, None for the company's."""
    return UUID(document.scope_value) if document.scope_kind == "team" else None
