"""The documents that somebody can begin to change, each with what is in force and what they have begun already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Document
from governance.models.changes import ChangeModel
from governance.models.versions import Kind
from governance.reads import named
from portal import access
from portal.models import User


@dataclass(frozen=True)
class Choice:
    """A document: for whom, who may change it (`may.reason` says why not), and the open change of the reader."""

    document: Document
    scope: str
    may: Any
    mine: ChangeRequest | None


def documents(*, kind: str = "", words: str = "") -> QuerySet[Document]:
    """Documents of `kind` whose title or key holds `words`, those that are retired left out."""
    rows = Document.objects.filter(retired_at=None).select_related("effective_version")
    if kind in Kind.values:
        rows = rows.filter(kind=kind)
    for word in words.split():
        rows = rows.filter(Q(title__icontains=word) | Q(key__icontains=word))
    return rows.order_by("kind", "title", "pk")


def choices(found: Iterable[Document], user: User) -> list[Choice]:
    """`found` as choices of `user`; a constant number of queries."""
    rows = list(found)
    scope = scopes(rows)
    open_ones = ChangeRequest.objects.open().filter(requested_by_id=user.pk, model=ChangeModel.NORMAL)
    mine = {change.document_id: change for change in open_ones.filter(document__in=[row.pk for row in rows])}
    return [Choice(row, scope[row.pk], access.can(user, "draft", row), mine.get(row.pk)) for row in rows]


def scopes(found: Iterable[Document]) -> dict[UUID, str]:
    """For whom each of `found` is, in words; one query for each kind of scope."""
    rows = list(found)
    names = named.Named([{row.scope_kind: row.scope_value} for row in rows])
    return {row.pk: _scope(row, names) for row in rows}


def _scope(document: Document, names: named.Named) -> str:
    if document.scope_kind == "default":
        return _("the whole company")
    if document.scope_kind == "criticality":
        return _("workflows of criticality %(name)s") % {"name": document.scope_value}
    return names.name(document.scope_kind, UUID(document.scope_value)) or document.get_scope_kind_display()


def kinds(user: User) -> list[str]:
    """The kinds of which `user` may begin a new document for somebody: a team admin the matrix of the own team."""
    return [kind for kind in Kind.values if access.can(user, "draft", Document(kind=kind)) or _of_team(user, kind)]


def _of_team(user: User, kind: str) -> bool:
    teams = access.once(user, "teams to draft for", lambda: [str(pk) for pk in _teams(user)])
    return any(access.can(user, "draft", Document(kind=kind, scope_kind="team", scope_value=team)) for team in teams)


def _teams(user: User) -> Iterable[UUID]:
    return user.groups.filter(team__is_active=True).values_list("team__pk", flat=True)
