"""How it stands at this moment, for whoever leads the company: counts of what is open, waits or is late (P13, D41).

Drills and near misses are left out. Counts say nothing of what an incident is about, so restricted ones count too.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q

from incidents.models import DecisionRequest, Incident, StatusUpdate
from incidents.models.decisions import DecisionState
from incidents.models.incidents import OPEN_STATES, Severity
from portal.models import Team

WAITING = (DecisionState.OPEN, DecisionState.WAITING, DecisionState.CONTESTED)
SHOWN = 10
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Open:
    """Open incidents of one severity: how many, how many nobody has answered yet, and since when the oldest."""

    severity: str
    count: int
    unanswered: int
    oldest: datetime | None


@dataclass(frozen=True)
class Load:
    """What a team has open now: incidents, of which SEV1 or SEV2, unanswered, and since when the oldest."""

    name: str
    count: int
    severe: int
    unanswered: int
    oldest: datetime


@dataclass(frozen=True)
class Now:
    """`decisions` are (waits since, due, reference or empty where the reader may not open it), the oldest first."""

    open: list[Open]
    decisions: list[tuple[datetime, datetime | None, str]]
    waiting: int
    late_decisions: int
    late_news: int
    loads: list[Load]
    resolved: int

    @property
    def count(self) -> int:
        return sum(one.count for one in self.open)

    @property
    def unanswered(self) -> int:
        return sum(one.unanswered for one in self.open)

    @property
    def mark(self) -> str:
        """Another one when anything has changed."""
        lists = self.open, self.loads, self.decisions
        counts = self.waiting, self.late_decisions, self.late_news
        return hashlib.sha256(repr((lists, counts, self.resolved)).encode()).hexdigest()[:16]


def now(*, at: datetime, visible: Any) -> Now:
    """How it stands at `at`; `visible` are the decisions that the reader may open; seven queries."""
    incidents = Incident.objects.filter(kind=Incident.Kind.INCIDENT, state__in=OPEN_STATES)
    unanswered = Count("pk", filter=Q(acknowledged_at=None))
    found = {
        severity: Open(severity, count, quiet, oldest)
        for severity, count, quiet, oldest in incidents.values_list("severity")
        .annotate(n=Count("pk"), quiet=unanswered, oldest=Min("reported_at"))
        .order_by()
    }
    decisions = DecisionRequest.objects.filter(state__in=WAITING, cloned_from=None).exclude(incident__kind="drill")
    counts = decisions.aggregate(waiting=Count("pk"), late=Count("pk", filter=Q(due_at__lt=at)))
    oldest = list(decisions.order_by("opened_at", "pk").values_list("pk", "opened_at", "due_at", "reference")[:SHOWN])
    mine = set(visible.filter(pk__in=[row[0] for row in oldest]).values_list("pk", flat=True))
    owed = StatusUpdate.objects.filter(incident__in=incidents, state="sent", kept_at=None, next_at__lt=at)
    return Now(
        [found.get(severity, Open(severity, 0, 0, None)) for severity in Severity.values],
        [(opened, due, reference if pk in mine else "") for pk, opened, due, reference in oldest],
        counts["waiting"],
        counts["late"],
        owed.values("incident", "audience").distinct().count(),
        _loads(incidents),
        Incident.objects.filter(kind=Incident.Kind.INCIDENT, resolved_at__gt=at - DAY, resolved_at__lte=at).count(),
    )


def _loads(incidents: Any) -> list[Load]:
    """The teams that have something open, most severe first; two queries."""
    rows: Any = (
        incidents.values_list("team")
        .annotate(
            n=Count("pk"),
            severe=Count("pk", filter=Q(severity__in=["sev1", "sev2"])),
            quiet=Count("pk", filter=Q(acknowledged_at=None)),
            oldest=Min("reported_at"),
        )
        .order_by()
    )
    listed = list(rows)
    names = dict(Team.objects.filter(pk__in=[row[0] for row in listed]).values_list("pk", "name"))
    loads = [Load(names[team], *counts) for team, *counts in listed]
    return sorted(loads, key=lambda load: (-load.severe, -load.count, load.name))
