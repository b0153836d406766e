"""How governance worked in a month or a quarter: what is kept of it for good, as numbers, keys and ids.

``reads.report_governance`` puts it into words when somebody opens it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from governance.models import ChangeRequest
from governance.models.changes import ChangeModel, ChangeState
from governance.rules import periods
from governance.rules.periods import Period
from incidents.metrics import figures
from incidents.metrics.figures import Asked
from incidents.models import (
    ActionItem,
    DecisionRecord,
    DecisionRequest,
    EffectCheck,
    Fact,
    Override,
    Postmortem,
    Recurrence,
)

SCHEMA = 1
LISTED = 50
TIMES = ("detect", "answer", "decide", "contain", "resolve")
COUNTS = ("late", "nobody", "reopened", "came_back", "emergencies")
MEASURES = ("count", *TIMES, *COUNTS)
DECIDED = ("count", "turnaround", "undecided")


def moment(day: date) -> datetime:
    """When `day` begins, in the zone of the portal."""
    return periods.moment(day, settings.TIME_ZONE)


def content(period: Period, *, at: datetime) -> dict[str, Any]:
    """What is kept of `period`; a constant number of queries, and so many more for its figures."""
    begin, end = moment(period.begins), moment(period.ends)
    return {
        "schema": SCHEMA,
        "weeks": [day.isoformat() for day in period.weeks],
        "incidents": _figures(period, Fact.Kind.INCIDENT, MEASURES),
        "before": _figures(period.before, Fact.Kind.INCIDENT, MEASURES),
        "near_misses": _figures(period, Fact.Kind.NEAR_MISS, ["count"])["count"]["base"],
        "drills": _figures(period, Fact.Kind.DRILL, ["count"])["count"]["base"],
        "severities": _severities(period),
        "decisions": _figures(period, Fact.Kind.DECISION, DECIDED) | _decisions(begin, end),
        "overrides": _overrides(begin, end),
        "emergencies": _emergencies(begin, end),
        "reviews": _reviews(begin, end, at),
        "actions": _actions(begin, end, at),
        "effects": _effects(begin, end),
        "came_back": _came_back(begin, end),
    }


def _asked(period: Period, kind: str) -> Asked | None:
    weeks = period.weeks
    return Asked(until=moment(weeks[-1]), weeks=len(weeks), kind=kind) if weeks else None


def _figures(period: Period, kind: str, measures: Iterable[str]) -> dict[str, Any]:
    """{measure: base, total, usual and slowest}, times in seconds; one query."""
    asked = _asked(period, kind)
    found = figures.read(asked, measures) if asked is not None else {name: figures.Figure() for name in measures}
    return {
        name: {"base": each.count, "total": each.total, "usual": each.usual, "slowest": each.slowest}
        for name, each in found.items()
    }


def _severities(period: Period) -> dict[str, int]:
    asked = _asked(period, Fact.Kind.INCIDENT)
    return {key: sum(counts) for key, counts in figures.by_severity(asked).items()} if asked is not None else {}


def _listed(rows: QuerySet[Any], *fields: str) -> list[dict[str, Any]]:
    return [_plain(row) for row in rows.values(*fields)[:LISTED]]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
        for name, value in row.items()
    }


def _decisions(begin: datetime, end: datetime) -> dict[str, Any]:
    rows = DecisionRequest.objects.filter(ended_at__gte=begin, ended_at__lt=end, cloned_from=None)
    rows = rows.exclude(incident__kind="drill")
    fields = ("id", "reference", "state", "severity", "opened_at", "ended_at", "due_at")
    risky = DecisionRecord.objects.filter(request__in=rows, risk="high").values("request").distinct()
    return {"ended": rows.count(), "risky": risky.count(), "rows": _listed(rows.order_by("ended_at", "pk"), *fields)}


def _overrides(begin: datetime, end: datetime) -> dict[str, Any]:
    """Those that held in the period, however long."""
    rows = Override.objects.filter(Q(ended_at=None) | Q(ended_at__gte=begin), since__lt=end, until__gt=begin)
    fields = ("id", "what", "since", "until", "ended_at", "workflow_id", "by_id")
    return {"count": rows.count(), "rows": _listed(rows.order_by("since", "pk"), *fields)}


def _emergencies(begin: datetime, end: datetime) -> dict[str, Any]:
    rows = ChangeRequest.objects.filter(
        model=ChangeModel.EMERGENCY, published_at__gte=begin, published_at__lt=end
    ).exclude(state=ChangeState.DRAFT)
    fields = ("id", "reference", "retrospective", "published_at", "document_id")
    return {"count": rows.count(), "rows": _listed(rows.order_by("published_at", "pk"), *fields)}


def _reviews(begin: datetime, end: datetime, at: datetime) -> dict[str, Any]:
    waiting = Postmortem.objects.filter(state=Postmortem.State.OPEN)
    return {
        "opened": Postmortem.objects.filter(opened_at__gte=begin, opened_at__lt=end).count(),
        "published": Postmortem.objects.filter(published_at__gte=begin, published_at__lt=end).count(),
        "open": waiting.count(),
        "overdue": waiting.filter(due_at__lt=at).count(),
        "rows": _listed(waiting.order_by("due_at", "pk"), "id", "reference", "due_at", "incident_id", "owner_id"),
    }


def _actions(begin: datetime, end: datetime, at: datetime) -> dict[str, Any]:
    """What was planned and done in the period, and what is open now; long-term actions with their effort."""
    waiting = ActionItem.objects.filter(state=ActionItem.State.OPEN)
    ended = ActionItem.objects.filter(ended_at__gte=begin, ended_at__lt=end)
    fields = ("id", "reference", "impact", "effort", "due_at", "owner_id", "incident_id")
    long_term = waiting.filter(horizon=ActionItem.Horizon.LONG_TERM)
    return {
        "planned": ActionItem.objects.filter(at__gte=begin, at__lt=end).count(),
        "done": ended.filter(state=ActionItem.State.DONE).count(),
        "dropped": ended.filter(state=ActionItem.State.DROPPED).count(),
        "open": waiting.count(),
        "overdue": waiting.filter(due_at__lt=at).count(),
        "late": _listed(waiting.filter(due_at__lt=at).order_by("due_at", "pk"), *fields),
        "long_term": _listed(long_term.order_by("-impact", "effort", "due_at", "pk"), *fields),
    }


def _effects(begin: datetime, end: datetime) -> dict[str, Any]:
    """The last check of each action in the period."""
    rows = EffectCheck.objects.filter(at__gte=begin, at__lt=end).order_by("action", "id")
    last = {row["action_id"]: row for row in rows.values("action_id", "action__reference", "effect", "at")}
    found = [_plain(row) for row in last.values()]
    counts = {effect: sum(row["effect"] == effect for row in found) for effect in ActionItem.Effect.values}
    return counts | {"checked": len(found), "rows": [row for row in found if row["effect"] == "helped"][:LISTED]}


def _came_back(begin: datetime, end: datetime) -> int:
    rows = Recurrence.objects.filter(at__gte=begin, at__lt=end)
    return rows.values("incident").distinct().count()
