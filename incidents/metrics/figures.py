"""Figures about many incidents or decisions, read from sums in a constant number of queries (P13).

A figure names the weeks and the scope that it is of. Without a workflow it is read from the sums, however many
incidents there are; with one, or for a version of a playbook, from the facts of that alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from governance.rules import figures
from incidents.metrics.facts import week_of
from incidents.models import Fact, FigureSum
from incidents.models.incidents import Severity

WEEK = timedelta(days=7)
LONGEST = 5 * 53
"""Weeks that can be asked for at once."""


@dataclass(frozen=True)
class Asked:
    """What figures are about: `weeks` up to that of `until`, drills never among incidents. None: all of them."""

    until: datetime
    weeks: int = 12
    kind: str = Fact.Kind.INCIDENT
    team: UUID | None = None
    severity: str = ""
    platform: UUID | None = None
    workflow: UUID | None = None
    playbook: UUID | None = None

    @property
    def every(self) -> list[date]:
        """The Monday of each week, the oldest first."""
        last = week_of(self.until)
        return [last - WEEK * index for index in range(min(self.weeks, LONGEST) - 1, -1, -1)]

    @property
    def before(self) -> "Asked":
        """The same for as many weeks before these."""
        return replace(self, until=self.until - WEEK * self.weeks)

    @property
    def scope(self) -> str | None:
        """Where its sums stand; None: it is read from facts."""
        if self.playbook is not None:
            is_alone = not (self.workflow or self.team or self.platform or self.severity)
            return f"playbook:{self.playbook}" if is_alone else None
        if self.workflow is not None or (self.platform is not None and self.team is not None and self.severity):
            return None
        parts = [f"platform:{self.platform}"] if self.platform is not None else []
        parts += [f"team:{self.team}"] if self.team is not None else []
        parts += [f"severity:{self.severity}"] if self.severity else []
        return " ".join(parts) or "all"


@dataclass
class Figure:
    """One measure: {bucket: how many} and {week: the same}, and the total of all values."""

    counts: dict[int, int] = field(default_factory=dict)
    weeks: dict[date, dict[int, int]] = field(default_factory=dict)
    total: int = 0

    def add(self, week: date, bucket: int, count: int, total: int) -> None:
        if count:
            self.counts[bucket] = self.counts.get(bucket, 0) + count
            mine = self.weeks.setdefault(week, {})
            mine[bucket] = mine.get(bucket, 0) + count
        self.total += total

    @property
    def count(self) -> int:
        """How many have this measure."""
        return sum(self.counts.values())

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None

    @property
    def usual(self) -> float | None:
        """Half of them are not more."""
        return figures.percentile(self.counts, 0.5)

    @property
    def slowest(self) -> float | None:
        """One in ten is more."""
        return figures.percentile(self.counts, 0.9)

    def by_week(self, weeks: Sequence[date], share: float = 0.5) -> list[float | None]:
        """The percentile of each of `weeks`; None where there was none."""
        return [figures.percentile(self.weeks.get(week, {}), share) for week in weeks]

    def counted(self, weeks: Sequence[date]) -> list[int]:
        """How many in each of `weeks`."""
        return [sum(self.weeks.get(week, {}).values()) for week in weeks]

    def above(self, value: int) -> int:
        """How many are more than `value`, exact below ``figures.EXACT``."""
        edge = figures.bucket(value)
        return sum(count for bucket, count in self.counts.items() if bucket > edge)


def read(asked: Asked, measures: Iterable[str]) -> dict[str, Figure]:
    """Each of `measures` of what is asked; one query."""
    wanted = list(measures)
    found = {measure: Figure() for measure in wanted}
    if asked.scope is None:
        for week, values in of_facts(asked).values_list("week", "measures"):
            for measure in found.keys() & values.keys():
                found[measure].add(week, figures.bucket(values[measure]), 1, values[measure])
        return found
    rows = of_sums(asked, wanted).values_list("measure", "week", "bucket", "count", "total")
    for measure, week, bucket, count, total in rows:
        found[measure].add(week, bucket, count, total)
    return found


def of_sums(asked: Asked, measures: Iterable[str], scopes: Iterable[str | None] = ()) -> QuerySet[FigureSum]:
    """The sums of what is asked, or of `scopes` of it."""
    weeks = asked.every
    rows = FigureSum.objects.filter(scope__in=[*scopes] or [asked.scope], kind=asked.kind, measure__in=list(measures))
    return rows.filter(week__gte=weeks[0], week__lte=weeks[-1])


def of_facts(asked: Asked) -> QuerySet[Fact]:
    """The facts of what is asked."""
    weeks = asked.every
    rows = Fact.objects.filter(kind=asked.kind, week__gte=weeks[0], week__lte=weeks[-1])
    for name in ("team", "platform", "workflow", "playbook"):
        if (key := getattr(asked, name)) is not None:
            rows = rows.filter(**{f"{name}_id": key})
    return rows.filter(severity=asked.severity) if asked.severity else rows


def by_severity(asked: Asked) -> dict[str, list[int]]:
    """How many in each week, by severity; one query."""
    severities = [asked.severity] if asked.severity else list(Severity.values)
    found: dict[str, dict[date, int]] = {severity: {} for severity in severities}
    scopes = {replace(asked, severity=severity).scope: severity for severity in severities}
    if None in scopes:
        facts = of_facts(asked).values_list("severity", "week").annotate(Count("pk")).order_by()
        for severity, week, count in facts:
            found[severity][week] = count
    else:
        sums = of_sums(asked, ["count"], scopes).values_list("scope", "week").annotate(Sum("count")).order_by()
        for scope, week, count in sums:
            found[scopes[scope]][week] = count
    return {severity: [counts.get(week, 0) for week in asked.every] for severity, counts in found.items()}


def load(asked: Asked, people: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """{person: (calls, of which at night)} in the weeks, of those of `people` who were called; one query."""
    scopes = {f"person:{person}": person for person in people}
    found: dict[UUID, dict[str, int]] = defaultdict(lambda: {"calls": 0, "nights": 0})
    rows = of_sums(asked, ["calls", "nights"], scopes or ["nobody"])
    for scope, measure, total in rows.values_list("scope", "measure").annotate(Sum("total")).order_by():
        found[scopes[scope]][measure] += total
    return {person: (counts["calls"], counts["nights"]) for person, counts in found.items() if counts["calls"]}
