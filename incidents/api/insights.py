"""Figures for programs: what the page of insights says, in seconds and counts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema
from pydantic import Field

from governance.api.schemas import known
from governance.models import Workflow
from incidents.metrics import bottlenecks, sums
from incidents.metrics.figures import Asked, Figure
from incidents.metrics.insights import COUNTS, TIMES
from portal.api import READ_ERRORS, Error, Problem, token_of
from portal.api.fields import Key, Severity
from portal.context_processors import only_reports
from portal.models import Team

router = Router(tags=["insights"])
ANSWERS: dict[int, Any] = {**READ_ERRORS, 403: Error}


class InsightsIn(Schema):
    """What the figures are about; without a filter everything."""

    weeks: Literal["4", "12", "26", "52"] = Field("12", description="How many weeks up to now.")
    team: Key = ""
    workflow: Key = ""
    severity: Severity | None = None


class TimeOut(Schema):
    """Seconds: half of the incidents are not slower than `usual`, one in ten is slower than `slowest`."""

    key: Literal["detect", "answer", "decide", "contain", "resolve"]
    count: int
    usual: float | None
    slowest: float | None
    count_before: int
    usual_before: float | None


class RateOut(Schema):
    """`count` of `of`, and the same in as many weeks before."""

    key: Literal["beyond_level_1", "nobody_reached", "updates_late", "came_back"]
    count: int
    of: int
    count_before: int
    of_before: int


class InsightsOut(Schema):
    """`since` is a Monday where the portal is at home; drills and near misses are left out."""

    since: date
    until: datetime
    incidents: int
    incidents_before: int
    times: list[TimeOut]
    rates: list[RateOut]


@router.get(
    "/insights",
    response={200: InsightsOut, **ANSWERS},
    operation_id="get_insights",
    summary=gettext_noop("Figures about incidents, against the time before"),
    description="What the page of insights says. Below five incidents nothing can be judged.",
)
def get_insights(request: HttpRequest, asked: Query[InsightsIn]) -> dict[str, Any]:
    if only_reports(token_of(request).user):
        raise Problem(403, "forbidden", _("These figures are for those who work on incidents and keep the rules."))
    at = timezone.now()
    team, workflow = known(Team, "team", asked.team), known(Workflow, "workflow", asked.workflow)
    wanted = Asked(
        until=at,
        weeks=int(asked.weeks),
        team=team.pk if team else None,
        workflow=workflow.pk if workflow else None,
        severity=asked.severity or "",
    )
    found = sums.sides(wanted, (*TIMES, *COUNTS))
    return {
        "since": wanted.every[0],
        "until": at,
        "incidents": found.now["count"].count,
        "incidents_before": found.before["count"].count,
        "times": [_time(key, found.now[key], found.before[key]) for key in TIMES],
        "rates": [
            {"key": key, "count": now[0], "of": now[1], "count_before": before[0], "of_before": before[1]}
            for key, now, before in ((key, rate(found.now), rate(found.before)) for key, rate in RATES.items())
        ],
    }


def _time(key: str, now: Figure, before: Figure) -> dict[str, Any]:
    return {
        "key": key,
        "count": now.count,
        "usual": now.usual,
        "slowest": now.slowest,
        "count_before": before.count,
        "usual_before": before.usual,
    }


RATES: dict[str, Any] = {
    "beyond_level_1": lambda side: (side["level"].above(1), side["level"].count),
    "nobody_reached": lambda side: (side["nobody"].total, side["nobody"].count),
    "updates_late": bottlenecks.late,
    "came_back": lambda side: (side["came_back"].total, side["came_back"].count),
}
