"""Ownership for programs: the rows in force, and who would be told."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema
from pydantic import Field

from governance.api.schemas import CellEdit, PersonOut, known
from governance.documents import cells
from governance.forms import ownership
from governance.models import Workflow
from governance.reads import foretold, matrix_rows
from governance.reads.sentences import said
from portal import limits
from portal.api import MISSES, READ_ERRORS, Problem, token_of
from portal.api.fields import Key, Name, Severity, Text
from portal.models import Team

router = Router(tags=["ownership"])
MOST_ROWS = 200


class DocumentOut(Schema):
    key: str
    title: str
    version: int
    digest: str


class RowOut(Schema):
    """`cell` can be sent back as an edit. `names`: of the holder, then of the alternates; `place`: of the scope."""

    key: str
    document: DocumentOut
    cell: CellEdit
    place: str
    names: list[str]


class RowsOut(Schema):
    """`next`: send it as `after` for the page that follows; null on the last."""

    rows: list[RowOut]
    next: str | None


class RowsIn(Schema):
    """`workflow` and `team` are keys. `severity`: rows that hold for it, those for any severity too."""

    workflow: Key = Field(default="", description="Key of a workflow; empty: all.", examples=["order-sync"])
    team: Key = Field(default="", description="Key of a team; empty: all.")
    severity: Severity | None = Field(default=None, description="Rows that hold for it, those for any severity too.")
    after: Annotated[Text, Field(max_length=400)] = Field(default="", description="`next` of the page before.")
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = Field(default=limits.PAGE_ROWS, description="Rows at most.")


@router.get(
    "/ownership/rows",
    response={200: RowsOut, **READ_ERRORS},
    operation_id="ownership_rows",
    summary=gettext_noop("Rows of the matrices in force"),
    description="Who answers for what, a row of a matrix at a time. A `cell` can be sent back as an edit.",
)
def rows(request: HttpRequest, asked: Query[RowsIn]) -> dict[str, Any]:
    workflow = known(Workflow, "workflow", asked.workflow)
    team = known(Team, "team", asked.team)
    page = matrix_rows.page(
        by=token_of(request).user,
        at=timezone.now(),
        limit=asked.limit,
        workflow=workflow,
        team=team,
        severity=asked.severity or "",
        after=_position(asked.after),
    )
    return {"rows": [_row(line, page.holders) for line in page.lines], "next": page.after and _cursor(page.after)}


def _row(line: matrix_rows.Line, holders: Any) -> dict[str, Any]:
    value = cells.of_row(line.row)
    words = matrix_rows.said(value, holders) or {}
    names = words.pop("names")
    row = line.row
    question = {"scope": line.scope, "responsibility": row.responsibility, "severity": row.severity}
    document = {"key": line.document.key, "title": line.document.title, "version": line.version, "digest": line.digest}
    cell = question | {"letter": row.letter} | words | {"token": line.token}
    return {"key": row.key, "document": document, "cell": cell, "place": line.place, "names": names}


def _cursor(position: matrix_rows.Position) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _position(cursor: str) -> matrix_rows.Position | None:
    if not cursor:
        return None
    try:
        document, row = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        document = row = None
    if not isinstance(document, str) or not isinstance(row, str):
        raise Problem(422, "unacceptable", _("This is no “next” of an earlier answer."), field="after")
    return document, row


# Who would be told


class ToldIn(Schema):
    """`workflow`: name, key or alias; empty when nobody knows which. `at`: ISO 8601 with offset; empty is now."""

    workflow: Name = Field(default="", description="Name, key or alias; empty: nobody knows which.")
    severity: Severity = "sev2"
    at: Annotated[Text, Field(max_length=64)] = Field(
        default="", description="ISO 8601 with offset; empty: now.", examples=["2026-03-12T03:00:00+01:00"]
    )


class DecidedOut(Schema):
    """Who answers for one responsibility, and the row that decided."""

    responsibility: str
    sentence: str
    document: UUID | None
    digest: str
    row: str
    why: str


class MomentOut(Schema):
    """What happens `minutes` after the start. `operators` are told at once where there are `gaps`."""

    at: datetime
    minutes: int
    kind: Literal["step", "news", "triage", "decision", "ended"]
    early: bool
    sentence: str
    people: list[PersonOut]
    operators: list[PersonOut]
    gaps: list[str]
    left_out: list[str]
    decided: list[DecidedOut]


class WorkflowOut(Schema):
    key: str
    name: str


class ToldOut(Schema):
    """`moments` are empty when no escalation policy is in force. `again_at`: when all are called once more."""

    workflow: WorkflowOut | None
    severity: Severity
    at: datetime
    moments: list[MomentOut]
    gaps: list[str]
    again_at: datetime | None


@router.get(
    "/ownership/told",
    response={200: ToldOut, **READ_ERRORS},
    operation_id="ownership_told",
    summary=gettext_noop("Who would be told, when and why"),
    description="What would happen if an incident began at that time and nobody answered; nothing is written.",
)
def told(request: HttpRequest, asked: Query[ToldIn]) -> dict[str, Any]:
    workflows = list(Workflow.objects.in_use().select_related("team", "platform").order_by("name", "pk"))
    form = ownership.ToldForm(asked.dict(), workflows=workflows, now=timezone.now())
    if not form.is_valid():
        misses = [{"field": field, "detail": str(found[0])} for field, found in form.errors.items()]
        raise Problem(422, "unacceptable", misses[0]["detail"], field=misses[0]["field"], **{MISSES: misses})
    given = form.cleaned_data
    if asked.workflow and not ownership.is_called(given["workflow"], asked.workflow):  # the form also guesses
        detail = _("There is no “%(key)s”.") % {"key": asked.workflow}
        raise Problem(422, "unacceptable", detail, field="workflow")
    found = foretold.foretell(given["workflow"], given["severity"], at=given["at"])
    workflow = found.workflow and {"key": found.workflow.key, "name": found.workflow.name}
    return {
        "workflow": workflow,
        "severity": found.severity,
        "at": found.at,
        "moments": [_moment(item) for item in found.moments],
        "gaps": [said(gap) for gap in found.gaps],
        "again_at": found.again_at,
    }


def _moment(item: foretold.Moment) -> dict[str, Any]:
    return {
        "at": item.at,
        "minutes": item.minutes,
        "kind": item.kind,
        "early": item.is_early,
        "sentence": said(item.step.sentence) if item.step else "",
        "people": [_person(person) for person in item.people],
        "operators": [_person(person) for person in item.officers],
        "gaps": [said(gap) for gap in item.gaps],
        "left_out": [said(why) for why in item.left_out],
        "decided": [_decided(answer) for answer in item.resolved],
    }


def _person(person: foretold.Person) -> dict[str, Any]:
    return {"id": person.id, "name": person.name, "ways": [str(way) for way in person.ways], "why": said(person.why)}


def _decided(answer: Any) -> dict[str, Any]:
    by = answer.decided_by
    return {
        "responsibility": answer.responsibility,
        "sentence": said(answer.sentence),
        "document": by and by.document,
        "digest": by.digest if by else "",
        "row": by.row if by else "",
        "why": said(by.sentence) if by else "",
    }
