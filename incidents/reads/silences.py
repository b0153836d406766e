"""Silences and planned maintenance: what is in force, what comes, what was."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Workflow
from incidents import access
from incidents.models import Event, Silence, Source
from incidents.reads.sources import Bounded, bounded, in_force
from portal import access as judge
from portal import limits, moments, registry
from portal.models import User
from portal.reads import keyset

OPEN = 100  # of those in force, and of those planned, shown on one page
BANNERS = 3


@dataclass(frozen=True)
class Row:
    """One silence; `stored` says how many events came in it, `may_lift` whether the reader may end it."""

    silence: Silence
    stored: str
    may_lift: bool

    @property
    def of(self) -> Source | Workflow:
        found = self.silence.source or self.silence.workflow
        assert found is not None
        return found


@dataclass(frozen=True)
class Page:
    """The past stands in pages, `newer` and `older` are queries; `is_cut`: more are open than are shown."""

    now: list[Row]
    planned: list[Row]
    past: list[Row]
    newer: str
    older: str
    is_cut: bool


def page(user: User, *, at: datetime, after: str = "", before: str = "") -> Page:
    """All silences that `user` may see; three queries."""
    seen = _counted(Silence.objects.filter(access.visible_silences(user)))
    waiting = seen.filter(ended_at=None, lifted_at=None, ends_at__gt=at)
    begun = waiting.filter(starts_at__lte=at).order_by("ends_at", "id")
    planned = waiting.filter(starts_at__gt=at).order_by("starts_at", "id")
    over = seen.filter(Q(ended_at__isnull=False) | Q(lifted_at__isnull=False) | Q(ends_at__lte=at))
    past = keyset.cut(over, "-ends_at", "-id", after=after, before=before)
    current, coming = list(begun[: OPEN + 1]), list(planned[: OPEN + 1])
    return Page(
        _rows(user, current[:OPEN]),
        _rows(user, coming[:OPEN]),
        _rows(user, past.rows, is_over=True),
        past.newer,
        past.older,
        len(current) > OPEN or len(coming) > OPEN,
    )


def _counted(rows: QuerySet[Silence]) -> QuerySet[Silence]:
    stored = Event.objects.filter(silence=OuterRef("pk")).order_by().values("pk")[: limits.COUNTED_ROWS + 1]
    related = rows.select_related("source__workflow", "workflow", "made_by")
    return related.annotate(stored=Bounded(stored))


def _rows(user: User, found: list[Any], *, is_over: bool = False) -> list[Row]:
    return [
        Row(row, bounded(row.stored), not is_over and bool(judge.can(user, "lift", row)))  # each without a query
        for row in found
    ]


def get(user: User, pk: UUID) -> Silence:
    """Raises Silence.DoesNotExist, also when `user` may not know of it."""
    seen = Silence.objects.filter(access.visible_silences(user)).select_related("source__workflow", "workflow")
    return seen.get(pk=pk)


def banners(user: User, *, at: datetime) -> tuple[list[Silence], int]:
    """The silences in force that `user` may see, the one that ends first in front, and how many more there are."""
    seen = in_force(at).filter(access.visible_silences(user)).select_related("source", "workflow")
    found = list(seen.order_by("ends_at", "id")[: limits.PAGE_ROWS])
    return found[:BANNERS], max(0, len(found) - BANNERS)


def of_workflow(workflow_id: UUID, *, at: datetime) -> Silence | None:
    """The longest silence in force for the workflow, or the next one planned; the caller sees the workflow."""
    rows = Silence.objects.filter(workflow=workflow_id, ended_at=None, lifted_at=None, ends_at__gt=at)
    found = list(rows.order_by("starts_at", "id")[:20])
    begun = [row for row in found if row.starts_at <= at]
    return max(begun, key=lambda row: row.ends_at) if begun else next(iter(found), None)


def register() -> None:
    """Say on the page of a workflow that nobody is told of its events."""
    registry.workflow_notes.add("incidents.silence", notes)


def notes(workflow: Workflow, *, at: datetime) -> list[registry.Note]:
    """What the page of `workflow` says about the silence in force, or the next one."""
    found = of_workflow(workflow.pk, at=at)
    if found is None:
        return []
    words = {"begin": moments.in_words(found.starts_at), "end": moments.in_words(found.ends_at)}
    if found.starts_at > at:
        fact = _("Maintenance is planned from %(begin)s until %(end)s.") % words
        text = _("Events are stored then, nobody is told. Reports by people always reach somebody.")
    else:
        fact = (_("Planned maintenance until %(end)s.") if found.is_planned else _("Silent until %(end)s.")) % words
        text = _("Events are stored, nobody is told. Reports by people always reach somebody.")
    return [registry.Note(fact, text, reverse("incidents:silences"), _("Silences"))]


def choices(user: User) -> tuple[list[Workflow], list[Source]]:
    """What `user` may silence: workflows and sources by name."""
    workflows = Workflow.objects.in_use().order_by("name", "key").only("key", "name")
    if not access.keeps_sources(user):
        if not judge.can(user, "add", Silence):
            return [], []
        workflows = workflows.filter(pk__in=access.my_workflows(user))
    sources = Source.objects.filter(access.visible_sources(user), is_active=True).order_by("name", "key")
    return list(workflows), list(sources.select_related("workflow"))
