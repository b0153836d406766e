"""One document of any kind: its versions that were in force and what approved them, two compared, where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from governance.documents.redline import Redline
from governance.models import ChangeRequest, Document, Review, Version
from governance.models.changes import OPEN_STATES, ChangeAction, ChangeModel, ChangeState
from governance.models.versions import ONE_PER_SCOPE, Kind
from governance.reads import changes
from portal.models import User

SHOWN = 200
"""So many stays in force are listed, and so many documents offered as successors."""
PAGES = {Kind.COMMUNICATION: "governance:communication", Kind.GLOSSARY: "governance:glossary"}
OWN_PAGES = {Kind.PLAYBOOK: "governance:playbook", Kind.MODULE: "governance:module"}


@dataclass(frozen=True)
class Stay:
    """A version while it was in force: the change that brought it there, and who approved it.

    `until` is None while it is still in force; `approved_by` is empty where the policy approved it in advance.
    """

    version: Version
    change: ChangeRequest
    since: datetime
    until: datetime | None
    approved_by: tuple[str, ...]

    @property
    def is_in_force(self) -> bool:
        return self.until is None


@dataclass(frozen=True)
class Compared:
    """What turned one version into another."""

    old: Version
    new: Version
    redline: Redline


def stays(document: Document) -> list[Stay]:
    """Every time that a version of `document` was in force, newest first; two queries."""
    rows = ChangeRequest.objects.filter(document=document, published_at__isnull=False)
    rows = rows.select_related("requested_by", "version").defer("version__content")
    moves = list(rows.order_by("-published_at", "-pk")[:SHOWN])
    names = _approvers(moves)
    found, until = [], None
    for move in moves:
        assert move.published_at is not None
        if move.action != ChangeAction.RETIRE:
            approved = tuple(dict.fromkeys(names[move.pk]))
            found.append(Stay(move.version, move, move.published_at, until, approved))
        until = move.published_at
    return found


def _approvers(moves: Iterable[ChangeRequest]) -> dict[UUID, list[str]]:
    """Whose approval each change has for the very text that it brought into force, or afterwards."""
    digests = {move.pk: move.version.digest for move in moves}
    rows = Review.objects.filter(change_request__in=digests, verdict=Review.Verdict.APPROVE).order_by("at", "pk")
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in rows.select_related("by"):
        if row.digest == digests[row.change_request_id]:
            found[row.change_request_id].append(row.by.name)
    return found


def once_in_force(document: Document) -> QuerySet[Version]:
    """The versions of `document` that are in force or were, newest first."""
    rows = Version.objects.filter(document=document, frozen_at__isnull=False)
    return rows.filter(change_requests__published_at__isnull=False).distinct().order_by("-number")


def version_of(document: Document, number: int | None) -> Version | None:
    """Version `number` if it was ever in force; without a number what is in force, else what was last."""
    if number is None and document.effective_version is not None:
        return document.effective_version
    rows = once_in_force(document)
    return (rows if number is None else rows.filter(number=number)).first()


def compared(document: Document, old: int, new: int) -> Compared | None:
    """What turned version `old` into `new`; None when one of them was never in force."""
    found = {version.number: version for version in once_in_force(document).filter(number__in=[old, new])}
    if old not in found or new not in found:
        return None
    drawn = changes.redline(changes.content(found[old]), changes.content(found[new]))
    return Compared(found[old], found[new], drawn)


def waiting(document: Document) -> list[ChangeRequest]:
    """Changes of `document` of which something can still become, newest first; one query."""
    wanted = [*OPEN_STATES, ChangeState.CONFLICTED]
    rows = document.change_requests.filter(state__in=wanted).select_related("requested_by")
    return list(rows.order_by("-requested_at", "-pk")[:SHOWN])


def begun(found: Sequence[ChangeRequest], user: User) -> ChangeRequest | None:
    """The open normal change of `user` among `found`, which has to end before the next one begins."""
    mine = (item for item in found if item.requested_by_id == user.pk and item.is_open)
    return next((item for item in mine if item.model == ChangeModel.NORMAL), None)


def successors(document: Document) -> list[Document]:
    """What could replace `document`: others of its kind in force, by title; one query."""
    rows = Document.objects.filter(kind=document.kind, effective_version__isnull=False).exclude(pk=document.pk)
    return list(rows.order_by("title", "pk")[:SHOWN])


def may_retire(document: Document) -> bool:
    """Everything rests on the company's own documents; the glossary is not needed."""
    rests = document.kind in ONE_PER_SCOPE and document.scope_kind == "default" and document.kind != Kind.GLOSSARY
    return document.effective_version_id is not None and not rests


def own_page(document: Document) -> str:
    """The page on which the text reads best; empty where there is none but the document's own."""
    if document.kind in OWN_PAGES:
        return reverse(OWN_PAGES[Kind(document.kind)], args=[document.key])
    is_shown = document.scope_kind == "default" and document.effective_version_id is not None
    return reverse(PAGES[Kind(document.kind)]) if is_shown and document.kind in PAGES else ""


def by_id(found: Iterable[Any]) -> dict[UUID, Document]:
    """The documents of some pinned versions by id; one query."""
    return {row.pk: row for row in Document.objects.filter(pk__in={item.document for item in found})}
