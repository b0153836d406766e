"""The search for programs: what the page of the search shows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema
from pydantic import Field

from portal import registry
from portal.api import READ_ERRORS, Problem, token_of
from portal.search import asking, query

router = Router(tags=["search"])
KINDS: Any = ["", *(name for name, _kind in registry.searched.items())]
"""Read when the addresses are, which is after every app has named its kinds."""


class SearchIn(Schema):
    """`q`: words as one types them on the page; `kind`: of one kind alone."""

    q: Annotated[str, Field(min_length=1, max_length=asking.TYPED, examples=["duplicate invoices"])]
    kind: Annotated[str, Field(examples=["incident"], json_schema_extra={"enum": KINDS})] = ""
    page: Annotated[int, Field(ge=1, le=10)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class HitOut(Schema):
    """`text` is the place where the words stand."""

    kind: str = Field(examples=["incident"])
    title: str
    url: str
    detail: str = ""
    severity: Literal["sev1", "sev2", "sev3", "sev4", ""] = ""
    text: str = ""
    at: datetime


class InsteadOut(Schema):
    """`typed` finds nothing and was read as `meant`."""

    typed: str
    meant: str


class FoundOut(Schema):
    """The best first; `next` is the page after this one, if there is one."""

    results: list[HitOut]
    instead: list[InsteadOut] = []
    next: int | None = None


@router.get(
    "/search",
    response={200: FoundOut, **READ_ERRORS},
    operation_id="search_everything",
    summary=gettext_noop("Everything that fits some words and that this person may open"),
    description="Incidents, reviews, actions, decisions, playbooks, failure patterns, the glossary and processes.",
)
def search(request: HttpRequest, asked: Query[SearchIn]) -> dict[str, Any]:
    if asked.kind and registry.searched.get(asked.kind) is None:
        raise Problem(422, "unacceptable", _("There is no “%(key)s”.") % {"key": asked.kind}, field="kind")
    start = (asked.page - 1) * asked.limit
    text = asked.q.replace("\x00", "").strip()
    found = query.find(token_of(request).user, text, at=timezone.now(), kind=asked.kind, start=start, limit=asked.limit)
    results = [
        {
            "kind": row.kind,
            "title": row.shown.title,
            "url": settings.SITE_URL + row.shown.url,
            "detail": row.shown.detail,
            "severity": row.shown.severity,
            "text": "".join(piece for piece, _is_wanted in row.text),
            "at": row.at,
        }
        for row in found.results
    ]
    instead = [{"typed": typed, "meant": meant} for typed, meant in found.instead]
    return {
        "results": results,
        "instead": instead,
        "next": asked.page + 1 if found.is_more and asked.page < 10 else None,
    }
