"""The figures of the portal by which the effect of an action can be measured (D95, D96)."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from incidents.metrics import figures
from incidents.models import ActionItem
from portal import charts

MINUTE = 60
METRICS = {
    "count": _("Incidents a week"),
    "answer": _("Minutes until somebody answered"),
    "decide": _("Minutes until it was said what would be done"),
    "contain": _("Minutes until it could not get worse"),
    "resolve": _("Minutes until it worked again"),
    "late": _("News that came late"),
    "nobody": _("Share of incidents where nobody was reached at first, in percent"),
    "turnaround": _("Minutes until a decision was taken"),
}
"""Key -> what it says, of the workflow of the incident."""
TIMES = ("answer", "decide", "contain", "resolve", "turnaround")
WEEK = timedelta(days=7)


def value(item: ActionItem, *, at: datetime) -> str:
    """What the figure of `item` is since it was done, as text; empty where there is nothing to measure."""
    since = item.ended_at or item.at
    weeks = max(1, -(-(at - since) // WEEK))
    return of(item.metric, item.incident.workflow_id, weeks=weeks, at=at)


def of(metric: str, workflow: object, *, weeks: int, at: datetime) -> str:
    """The figure `metric` of `workflow` (None: of everything) over so many weeks."""
    kind = "decision" if metric == "turnaround" else "incident"
    found = figures.read(figures.Asked(until=at, weeks=weeks, kind=kind, workflow=workflow), [metric])[metric]  # type: ignore[arg-type]
    if metric == "count":
        return charts.number(found.count / weeks)
    if metric == "late":
        return str(found.total)
    if metric == "nobody":
        return charts.number(100 * found.total / found.count) if found.count else ""
    return charts.number(found.usual / MINUTE) if metric in TIMES and found.usual is not None else ""
