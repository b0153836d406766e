"""Actions and causes in figures: how many are done, how many help, and what came back all the same (D95, D96, D101)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Q
from django.urls import reverse

from governance.models import ChangeRequest
from incidents.metrics.figures import Asked
from incidents.models import ActionItem, Finding, Incident, Recurrence
from portal.models import User

STATE, EFFECT = ActionItem.State, ActionItem.Effect
CAUSES = 5


@dataclass(frozen=True)
class Side:
    """Actions that were planned in a period: how many, done, looked at, and of these found to help."""

    planned: int = 0
    done: int = 0
    judged: int = 0
    helped: int = 0


def since(asked: Asked) -> datetime:
    """When its first week began, where the portal is."""
    return datetime.combine(asked.every[0], time(), tzinfo=ZoneInfo(settings.TIME_ZONE))


def of_incident(asked: Asked, prefix: str) -> Q:
    """What is asked, of rows that lead to their incident by `prefix`."""
    found = Q(**{f"{prefix}kind": asked.kind})
    for name in ("team", "workflow"):
        if (key := getattr(asked, name)) is not None:
            found &= Q(**{f"{prefix}{name}": key})
    if asked.platform is not None:
        found &= Q(**{f"{prefix}workflow__platform": asked.platform})
    return found & Q(**{f"{prefix}severity": asked.severity}) if asked.severity else found


def sides(asked: Asked) -> tuple[Side, Side]:
    """Now and before; one query."""
    first = since(asked)
    is_now = ExpressionWrapper(Q(at__gte=first), output_field=BooleanField())
    rows = ActionItem.objects.filter(of_incident(asked, "incident__"), at__gte=since(asked.before), at__lte=asked.until)
    judged = Q(effect__in=[EFFECT.HELPED, EFFECT.NOT_HELPED])
    counts = (
        Count("pk", filter=~Q(state=STATE.DROPPED)),
        Count("pk", filter=Q(state=STATE.DONE)),
        Count("pk", filter=judged),
        Count("pk", filter=Q(effect=EFFECT.HELPED)),
    )
    named = dict(zip(("planned", "finished", "judged", "helped"), counts, strict=True))
    found = {now: Side(*values) for now, *values in rows.annotate(now=is_now).values_list("now").annotate(**named)}
    return found.get(True, Side()), found.get(False, Side())


@dataclass(frozen=True)
class Cause:
    """Something that came back: how often, when last, what was changed against it, and whether that helped.

    `verdict` is open (nothing is changed yet), holds, came_back or helped.
    """

    text: str
    url: str
    times: int
    last: datetime
    change: ChangeRequest | None
    closed_at: datetime | None
    verdict: str

    @property
    def tone(self) -> str:
        return {"open": "open", "came_back": "bad"}.get(self.verdict, "ok")


def causes(asked: Asked, user: User, most: int = CAUSES) -> list[Cause]:
    """What came back most often, of the reviews that `user` may open; three queries at most."""
    rows = Recurrence.objects.filter(of_incident(asked, "incident__"), at__gte=since(asked), at__lte=asked.until)
    rows = rows.filter(earlier__incident__in=Incident.objects.visible_to(user))
    counted = rows.values_list("earlier", "earlier__incident", "earlier__incident__title", "earlier__reference")
    listed = list(
        counted.annotate(times=Count("incident", distinct=True), last=Max("at")).order_by("-times", "-last")[:most]
    )
    if not listed:
        return []
    found = _findings(row[0] for row in listed)
    helped = set(
        ActionItem.objects.filter(incident__in=[row[1] for row in listed], effect=EFFECT.HELPED).values_list(
            "incident_id", flat=True
        )
    )
    return [_cause(row, found.get(row[0]), row[1] in helped) for row in listed]


def _findings(reviews: Iterable[UUID]) -> dict[UUID, Finding]:
    """The cause of each review that has one; where there are more, one that led to a change."""
    rows = Finding.objects.filter(postmortem__in=list(reviews), kind=Finding.Kind.CAUSE).select_related("change")
    return {row.postmortem_id: row for row in sorted(rows, key=lambda row: (row.change_id is not None, -row.number))}


def _cause(row: Any, finding: Finding | None, helped: bool) -> Cause:
    _review, _incident, title, reference, times, last = row
    closed = finding.closed_at if finding is not None else None
    if closed is None:
        verdict = "open"
    elif last > closed:
        verdict = "came_back"
    else:
        verdict = "helped" if helped else "holds"
    return Cause(
        finding.text if finding is not None else title,
        reverse("incidents:review", args=[reference]),
        times,
        last,
        finding.change if finding is not None else None,
        closed,
        verdict,
    )
