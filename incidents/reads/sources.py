"""Where events come from: the sources that a person may see, their newest events and what was refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import IntegerField, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.models import Workflow
from incidents import access
from incidents.models import Event, Incident, RefusedCall, Silence, Source
from portal import limits
from portal.models import User
from portal.models.people import DataClass
from portal.reads import keyset

LATELY = timedelta(days=1)
TONES = {
    Event.Outcome.OPENED: "info",
    Event.Outcome.JOINED: "info",
    Event.Outcome.COUNTED: "open",
    Event.Outcome.SILENCED: "open",
    Event.Outcome.ACKNOWLEDGED: "ok",
    Event.Outcome.RESOLVED: "ok",
    Event.Outcome.TOLD: "ok",
}


class Bounded(Subquery):
    """How many rows a sliced query has: no more than the slice."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) bounded)"
    output_field = IntegerField()  # type: ignore[assignment]


@dataclass(frozen=True)
class Row:
    """One source of the list; counts are words, bounded."""

    source: Source
    last_at: datetime | None
    today: str
    refused: str
    silent_until: datetime | None


def bounded(number: int, most: int = limits.COUNTED_ROWS) -> str:
    return f"{most // 1000} 000+" if number > most and most >= 1000 else f"{most}+" if number > most else str(number)


def page(user: User, *, at: datetime, after: str = "", before: str = "") -> keyset.Cut[Any]:
    """The sources that `user` may see by name, as ``Row``s; one query."""
    day = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    events = Event.objects.filter(source=OuterRef("pk"))
    newest = events.order_by("-received_at", "-id").values("received_at")[:1]
    today = events.filter(received_at__gte=day).order_by().values("pk")[: limits.COUNTED_ROWS + 1]
    calls = RefusedCall.objects.filter(source=OuterRef("pk"), at__gt=at - LATELY).order_by()
    refused = calls.values("pk")[: limits.REFUSED_CALLS]
    of_it = Q(source=OuterRef("pk")) | Q(workflow=OuterRef("workflow"))
    silent = in_force(at).filter(of_it).order_by("-ends_at").values("ends_at")[:1]
    rows = Source.objects.filter(access.visible_sources(user)).select_related("workflow")
    counted = rows.annotate(
        last_at=Subquery(newest), today=Bounded(today), refused=Bounded(refused), silent_until=Subquery(silent)
    )
    found = keyset.cut(counted, "name", "key", after=after, before=before)
    listed: list[Any] = [
        Row(row, row.last_at, bounded(row.today), bounded(row.refused, limits.REFUSED_CALLS - 1), row.silent_until)  # type: ignore[attr-defined]
        for row in found.rows
    ]
    return keyset.Cut(listed, found.newer, found.older)


def in_force(at: datetime) -> models.QuerySet[Silence]:
    return Silence.objects.filter(ended_at=None, lifted_at=None, starts_at__lte=at, ends_at__gt=at)


def get(user: User, key: str) -> Source:
    """The source called `key`, if `user` may know of it. Raises Source.DoesNotExist."""
    return Source.objects.select_related("workflow__team").filter(access.visible_sources(user)).get(key=key)


@dataclass(frozen=True)
class Line:
    """One stored event as its reader may see it: a title or that it is hidden, and what became of it."""

    event: Event
    title: str
    is_hidden: bool
    tone: str
    incident: Incident | None


def events(user: User, source: Source, *, after: str = "", before: str = "") -> keyset.Cut[Any]:
    """The newest events of `source` as ``Line``s; their bodies are not read."""
    rows = Event.objects.filter(source=source).select_related("incident", "workflow").defer("body")
    found = keyset.cut(rows, "-received_at", "-id", after=after, before=before)
    lines: list[Any] = shown(user, found.rows)
    return keyset.Cut(lines, found.newer, found.older)


def shown(user: User, rows: list[Event]) -> list[Line]:
    """`rows` with the titles and incidents that `user` may read; one query more."""
    keys = {row.incident_id for row in rows if row.incident_id}
    seen = set(Incident.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    return [_line(row, seen, may_read(user, row, seen)) for row in rows]


def may_read(user: User, event: Event, seen: set[UUID]) -> bool:
    """Whether `user` may read what `event` says; `seen` are the incidents that they may open."""
    if event.incident_id in seen:
        return True
    if event.workflow is not None and event.workflow.data_class == DataClass.RESTRICTED:
        return False
    return event.workflow_id is None or access.reads_all(user) or event.workflow_id in access.my_workflows(user)


def _line(event: Event, seen: set[UUID], is_read: bool) -> Line:
    title = str(event.facts.get("title") or event.group_key) if is_read else _("An event that you may not read")
    incident = event.incident if event.incident_id in seen else None
    return Line(event, title, not is_read, TONES.get(event.outcome, ""), incident)  # type: ignore[call-overload]


def refusals(source: Source) -> list[RefusedCall]:
    """The calls of `source` that were refused, the newest first."""
    return list(RefusedCall.objects.filter(source=source).order_by("-id")[: limits.REFUSED_CALLS])


def silences_of(source: Source, *, at: datetime) -> list[Silence]:
    """What is in force for `source` or its workflow, the longest first."""
    of_it = Q(source=source) | Q(workflow=source.workflow_id) if source.workflow_id else Q(source=source)
    return list(in_force(at).filter(of_it).select_related("workflow", "source", "made_by").order_by("-ends_at")[:5])


def samples(user: User, source: Source) -> list[Line]:
    """Stored events to try a mapping on, of the newest ones those that `user` may read."""
    rows = Event.objects.filter(source=source).select_related("incident", "workflow").defer("body")
    lines = shown(user, list(rows.order_by("-received_at", "-id")[:20]))
    return [line for line in lines if not line.is_hidden]


def workflows_to_choose() -> models.QuerySet[Workflow]:
    return Workflow.objects.in_use().order_by("name", "key")
