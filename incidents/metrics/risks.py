"""Processes by what they put at risk, with the reasons in words (D105)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.models import Workflow
from governance.models.catalog import Criticality
from governance.rules import risk_indicators as rules
from incidents.metrics import said, sums
from incidents.metrics.figures import Asked
from incidents.metrics.sums import Figures
from incidents.models import ActionItem, Postmortem

MEASURES = ("count", "severe", "impact", "came_back", "nobody", "resolve")
TONES = {"high": "bad", "raised": "warn", "low": "ok"}


@dataclass(frozen=True)
class Line:
    """One process: how much is at risk and why. `lately` and `before` are points of what happened, now and before."""

    workflow: Workflow
    facts: rules.Facts
    risk: rules.Risk
    lately: int
    before: int

    @property
    def tone(self) -> str:
        return TONES[self.risk.level]

    @property
    def level(self) -> str:
        return {"high": _("high"), "raised": _("raised"), "low": _("low")}[self.risk.level]

    @property
    def reasons(self) -> list[str]:
        return [_word(reason, self.workflow) for reason in self.risk.reasons]

    @property
    def trend(self) -> str:
        change = self.lately - self.before
        if abs(change) < said.FEW:
            return _("as before")
        return _("more than before") if change > 0 else _("less than before")


def _word(reason: rules.Reason, workflow: Workflow) -> str:
    count = round(reason.count)
    if reason.key == "criticality":
        return _("its criticality is %(level)s") % {"level": Criticality(workflow.criticality).label}
    if reason.key == "impact":
        return _("mean impact score %(n)d") % {"n": count}
    if reason.key == "hours":
        return _("did not work for %(time)s in all") % {"time": said.lasting(reason.count * said.HOUR)}
    words = {
        "severe": ngettext("%(n)d severe incident", "%(n)d severe incidents", count),
        "came_back": ngettext("came back %(n)d time", "came back %(n)d times", count),
        "nobody": ngettext("nobody reached %(n)d time", "nobody reached %(n)d times", count),
        "overdue": ngettext("%(n)d action or review overdue", "%(n)d actions or reviews overdue", count),
        "long_term": ngettext("%(n)d long-term action open", "%(n)d long-term actions open", count),
        "not_helped": ngettext("%(n)d action does not help", "%(n)d actions do not help", count),
    }
    return words[reason.key] % {"n": count}


def lines(asked: Asked, *, at: datetime) -> list[Line]:
    """Every process in use of the team or platform that is asked for, that with most at risk first; five queries."""
    rows = Workflow.objects.in_use().select_related("team", "platform")
    for name in ("team", "platform"):
        if (key := getattr(asked, name)) is not None:
            rows = rows.filter(**{name: key})
    if asked.workflow is not None:
        rows = rows.filter(pk=asked.workflow)
    workflows = list(rows.order_by("name", "key"))
    whole = Asked(until=asked.until, weeks=asked.weeks)  # a process is at risk by all that happens to it
    keys = [row.pk for row in workflows]
    now, before = (sums.parts(side, "workflow", keys, MEASURES) for side in (whole, whole.before))
    left = _left(at)
    found = []
    for row in workflows:
        facts = _facts(row, now.get(row.pk), left.get(row.pk, {}))
        past = _facts(row, before.get(row.pk), {})
        lately = _facts(row, now.get(row.pk), {})
        found.append(Line(row, facts, rules.judge(facts), rules.judge(lately).points, rules.judge(past).points))
    return sorted(found, key=lambda line: -line.risk.points)


def _facts(row: Workflow, part: Figures | None, left: dict[str, int]) -> rules.Facts:
    if part is None:
        return rules.Facts(criticality=row.criticality, **left)
    counts = {name: part[name].total for name in ("severe", "came_back", "nobody")}
    hours, impact = part["resolve"].total / said.HOUR, part["impact"].mean or 0.0
    return rules.Facts(row.criticality, part["count"].count, impact=impact, hours=hours, **counts, **left)


def _left(at: datetime) -> dict[UUID, dict[str, int]]:
    """{process: what is left undone or did not help}; two queries."""
    state, effect = ActionItem.State, ActionItem.Effect
    is_open = Q(state=state.OPEN)
    rows: Any = ActionItem.objects.filter(is_open | Q(effect=effect.NOT_HELPED), incident__kind="incident").values_list(
        "incident__workflow"
    )
    rows = rows.annotate(
        late=Count("pk", filter=is_open & Q(due_at__lt=at)),
        long=Count("pk", filter=is_open & Q(horizon=ActionItem.Horizon.LONG_TERM)),
        idle=Count("pk", filter=Q(effect=effect.NOT_HELPED)),
    )
    found: dict[Any, dict[str, int]] = {
        key: {"overdue": late, "long_term": long, "not_helped": idle} for key, late, long, idle in rows.order_by()
    }
    reviews = Postmortem.objects.filter(state=Postmortem.State.OPEN, due_at__lt=at, incident__kind="incident")
    overdue: Counter[Any] = Counter(dict(reviews.values_list("incident__workflow").annotate(Count("pk")).order_by()))
    for key, count in overdue.items():
        mine = found.setdefault(key, {})
        mine["overdue"] = mine.get("overdue", 0) + count
    return found


def table(found: list[Line]) -> said.Table:
    """The same as a sheet."""
    rows = [
        (
            line.workflow.name,
            (str(line.workflow.team), line.level, str(line.risk.points), line.trend, "; ".join(line.reasons)),
        )
        for line in found
    ]
    head = (_("Process"), _("Team"), _("Risk"), _("Points"), _("Trend"), _("Why"))
    return said.table("risks", _("Processes at risk"), head, rows)
