"""What pages of insights ask of the sums: both sides of a comparison, weeks, and parts, each in one query (P13).

The databases add and rank; what comes back grows with the number of buckets, not with that of incidents.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import ceil
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Q, Sum, Window

from governance.rules import figures as rules
from incidents.metrics import facts
from incidents.metrics.figures import Asked, Figure, of_facts, of_sums

Figures = dict[str, Figure]
USUAL, SLOWEST = 50, 90
"""Percent that are not more."""
PARTS = ("team", "severity", "platform", "workflow")
SUMMED = {"team", "severity", "platform"}
"""There are sums of each of these and of each two of them, not of all three."""


@dataclass(frozen=True)
class Sides:
    """The figures of the weeks that are asked for, and of as many weeks before."""

    now: Figures
    before: Figures


def sides(asked: Asked, measures: Sequence[str]) -> Sides:
    """Both sides of `measures`; one query. Their figures know no weeks."""
    both = replace(asked, weeks=2 * asked.weeks)
    first, found = asked.every[0], Sides({name: Figure() for name in measures}, {name: Figure() for name in measures})
    if asked.scope is None:
        for week, values in of_facts(both).values_list("week", "measures"):
            side = found.now if week >= first else found.before
            for name in side.keys() & values.keys():
                side[name].add(week, rules.bucket(values[name]), 1, values[name])
        return found
    is_now = ExpressionWrapper(Q(week__gte=first), output_field=BooleanField())
    rows = of_sums(both, measures).annotate(now=is_now).values_list("measure", "now", "bucket")
    for name, now, bucket, count, total in rows.annotate(Sum("count"), Sum("total")).order_by():
        (found.now if now else found.before)[name].add(first, bucket, count, total)
    return found


@dataclass(frozen=True)
class Week:
    """What a measure was in one week: how many, what is usual, and what one in ten exceeds."""

    count: int
    usual: float
    slowest: float


def weekly(asked: Asked, measures: Sequence[str]) -> dict[str, list[Week | None]]:
    """Each of `measures` in each of the weeks, None where there was none; one query."""
    weeks = asked.every
    ranked = _ranked_facts(asked, measures) if asked.scope is None else _ranked_sums(asked, measures)
    return {name: [ranked.get((name, week)) for week in weeks] for name in measures}


def _ranked_facts(asked: Asked, measures: Iterable[str]) -> dict[tuple[str, date], Week]:
    counts: dict[tuple[str, date], dict[int, int]] = {}
    wanted = set(measures)
    for week, values in of_facts(asked).values_list("week", "measures"):
        for name in wanted & values.keys():
            mine = counts.setdefault((name, week), {})
            place = rules.bucket(values[name])
            mine[place] = mine.get(place, 0) + 1
    found = {}
    for key, mine in counts.items():
        usual, slowest = rules.percentile(mine, USUAL / 100), rules.percentile(mine, SLOWEST / 100)
        assert usual is not None and slowest is not None
        found[key] = Week(sum(mine.values()), usual, slowest)
    return found


def _ranked_sums(asked: Asked, measures: Sequence[str]) -> dict[tuple[str, date], Week]:
    """The database ranks: of each week come only the two buckets in which the percentiles lie."""
    group = [F("measure"), F("week")]
    rows = of_sums(asked, measures).filter(count__gt=0)
    rows = rows.annotate(
        seen=Window(Sum("count"), partition_by=group, order_by="bucket"), every=Window(Sum("count"), partition_by=group)
    )
    holds = Q()
    for percent in (USUAL, SLOWEST):  # the rank of nearest rank, in whole numbers
        holds |= Q(seen__gte=(F("every") * percent + 99) / 100) & Q(
            seen__lt=(F("every") * percent + 99) / 100 + F("count")
        )
    named: dict[tuple[str, date], dict[int, float]] = {}
    sizes: dict[tuple[str, date], int] = {}
    for name, week, bucket, count, seen, every in rows.filter(holds).values_list(
        "measure", "week", "bucket", "count", "seen", "every"
    ):
        sizes[name, week] = every
        for percent in (USUAL, SLOWEST):
            rank = ceil(every * percent / 100 - 1e-9)
            if seen - count < rank <= seen:
                named.setdefault((name, week), {})[percent] = rules.middle(bucket)
    return {key: Week(sizes[key], values[USUAL], values[SLOWEST]) for key, values in named.items()}


def parts(asked: Asked, by: str, keys: Iterable[Any], measures: Sequence[str]) -> dict[Any, Figures]:
    """`measures` of each of `keys` of one of PARTS, or of versions of playbooks ("playbook"); one query.

    The key None is of no team, platform or workflow.

    Percentiles of `facts.ROUGH` are exact to a tenth. Of workflows there are counts and means, no percentiles, unless
    something narrows what is asked.
    """
    scopes = _scopes(asked, by, keys)
    found: dict[Any, Figures] = {}
    if scopes is None:
        column = by if by == "severity" else f"{by}_id"
        for key, week, values in of_facts(asked).values_list(column, "week", "measures"):
            mine = found.setdefault(key, {name: Figure() for name in measures})
            for name in mine.keys() & values.keys():
                mine[name].add(week, rules.bucket(values[name]), 1, values[name])
        return found
    first = asked.every[0]
    rough = {facts.ROUGH[name]: name for name in measures if name in facts.ROUGH} if by != "workflow" else {}
    wanted = [*rough, *(name for name in measures if name not in rough.values())]
    rows = of_sums(asked, wanted, scopes or ["nobody"]).values_list("scope", "measure", "bucket")
    for scope, name, bucket, count, total in rows.annotate(Sum("count"), Sum("total")).order_by():
        mine = found.setdefault(scopes[scope], {measure: Figure() for measure in measures})
        if name in rough:
            name, bucket = rough[name], facts.ROUGHLY * bucket + facts.ROUGHLY // 2
        mine[name].add(first, bucket, count, total)
    return {key: mine for key, mine in found.items() if any(figure.count for figure in mine.values())}


def is_exact(asked: Asked, by: str) -> bool:
    """Whether parts of this kind have percentiles."""
    return by != "workflow" or _scopes(asked, by, ()) is None


def _scopes(asked: Asked, by: str, keys: Iterable[Any]) -> Mapping[str, Any] | None:
    """{scope of the sums: key}; None: they are read from facts."""
    if asked.workflow is not None or (asked.playbook is not None and by != "playbook"):
        return None
    narrowed = {name for name in SUMMED if getattr(asked, name)} - {by}
    if by == "workflow":
        return None if narrowed else {f"workflow:{key or 'none'}": key for key in (*keys, None)}
    if by == "playbook" and narrowed:
        return None
    if narrowed | {by} == SUMMED:
        return None
    found = {replace(asked, **{by: key}).scope: key for key in keys}
    if by == "platform" and not asked.platform:
        found["platform:none" + "".join(f" {name}:{getattr(asked, name)}" for name in narrowed)] = None
    assert None not in found, "each part has a scope"
    return found  # type: ignore[return-value]
