"""The drafts that somebody has made: at most one of each document, moved onto what is in force now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from governance.documents import base, cells, merge
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
    version: Version | None = None
    """Where the draft is kept; None: nothing has been drafted."""
    clashes: tuple[str, ...] = ()
    """Paths beside the cells that somebody else has changed too; the draft's words stand."""


def requests_of(user: User) -> QuerySet[ChangeRequest]:
    """The requests of `user` that are still drafts."""
    return ChangeRequest.objects.filter(
        requested_by_id=user.pk, model=ChangeModel.NORMAL, state=ChangeState.DRAFT, version__frozen_at=None
    )


def open_of(user: User) -> QuerySet[ChangeRequest]:
    """The open drafts of `user` of matrices, with version, document and what is in force; one query."""
    rows = requests_of(user).filter(document__kind="matrix")
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
    mine: dict[str, Any] = json.loads(version.content)
    if version.based_on_id == document.effective_version_id:
        return Draft(request, mine, version=version)
    was, late = said(version.based_on, document), tuple[cells.Stale, ...]()
    content, clashes = merge.merged(was, mine, now, skip=("rows",) if document.kind == "matrix" else ())
    if document.kind == "matrix":
        done = cells.with_cells(content, cells.edits_between(was, mine))
        content, late = done.content, done.stale
    return Draft(request, content, late, moved=True, version=version, clashes=clashes)


def mine(document: Document, user: User) -> Draft:
    """What `user` would like `document` to say: an open request, else a draft begun by hand, else what is in force.

    Of a document that was never in force anybody's newest draft. At most four queries.
    """
    rows = requests_of(user).filter(document=document)
    request = rows.select_related("version__based_on", "document__effective_version").first()
    if request is not None:
        return of(document, request)
    open_versions = document.versions.filter(frozen_at=None, based_on=document.effective_version_id)
    own = open_versions.filter(created_by_id=user.pk, change_requests=None)  # one that was withdrawn is over
    version = own.order_by("-number").first()
    if version is None and document.effective_version_id is None:
        version = open_versions.order_by("-number").first()
    if version is None:
        return of(document, None)
    return Draft(None, json.loads(version.content), version=version)


def token(content: dict[str, Any], names: Iterable[str]) -> str:
    """Stands for what `content` says in the fields `names`: two equal tokens, the same words."""
    return base.digest(base.canonical({name: content[name] for name in names if name in content}))


def team_of(document: Document) -> UUID | None:
    """The team whose matrix it is, None for the company's."""
    return UUID(document.scope_value) if document.scope_kind == "team" else None
