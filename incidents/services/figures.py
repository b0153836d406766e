"""Facts and their sums follow the ledger: what was touched is measured anew, and the sums move by the difference."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from governance.models import ChangeRequest
from governance.rules import figures
from incidents.metrics import facts
from incidents.models import DecisionRequest, Fact, FigureSum, Incident
from portal import registry
from portal.feeds import Touched

FEED = "figures"
INCIDENT, DECISION, CHANGE = (model._meta.label_lower for model in (Incident, DecisionRequest, ChangeRequest))
CHUNK = 500
COUNTS = ("calls", "nights")
WORKFLOW, NONE = "workflow:", "none"
CELL = ("scope", "kind", "measure", "week", "bucket")
Cell = tuple[str, str, str, date, int]
"""(scope, kind, measure, week, bucket)"""


def register() -> None:
    registry.feeds.add(FEED, follow)


def follow(touched: Touched | None, *, at: datetime) -> None:
    """The facts of all that was touched, or of everything when it is None, and their sums."""
    if touched is None:
        FigureSum.objects.all().delete()
        Fact.objects.all().delete()
        _all()
        return
    incidents = {UUID(key) for key in touched.get(INCIDENT, ())}
    changes = ChangeRequest.objects.filter(pk__in=touched.get(CHANGE, ()), ground_type=INCIDENT)
    incidents |= {key for key in changes.values_list("ground_id", flat=True) if key is not None}
    _renew(incidents, {UUID(key) for key in touched.get(DECISION, ())})


def _all() -> None:
    for keys in _chunks(Incident.objects.order_by("pk").values_list("pk", flat=True)):
        _renew(keys, ())
    for keys in _chunks(DecisionRequest.objects.order_by("pk").values_list("pk", flat=True)):
        _renew((), keys)


def _chunks(keys: Iterable[UUID]) -> Iterator[list[UUID]]:
    chunk: list[UUID] = []
    for key in keys.iterator() if hasattr(keys, "iterator") else keys:
        chunk.append(key)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _renew(incidents: Iterable[UUID], decisions: Iterable[UUID]) -> None:
    """Measure these anew, and move the sums by what has changed."""
    wanted = {*incidents, *decisions}
    if not wanted:
        return
    before = list(Fact.objects.filter(subject_id__in=wanted))
    now = facts.of_incidents(incidents) + facts.of_decisions(decisions)
    moves = cells(now)
    moves.subtract(cells(before))
    totals = sums(now)
    totals.subtract(sums(before))
    Fact.objects.filter(subject_id__in=wanted).delete()
    Fact.objects.bulk_create(now)
    _move({cell: (moves[cell], totals[cell]) for cell in {*moves, *totals} if moves[cell] or totals[cell]})


def scopes(fact: Fact) -> list[str]:
    """Where `fact` counts."""
    severity = f"severity:{fact.severity}"
    found = ["all", severity, f"{WORKFLOW}{fact.workflow_id or NONE}"]
    if fact.team_id is not None:
        found += [f"team:{fact.team_id}", f"team:{fact.team_id} {severity}"]
    if fact.playbook_id is not None:
        found.append(f"playbook:{fact.playbook_id}")
    platform = f"platform:{fact.platform_id or NONE}"
    if fact.team_id is not None:
        found.append(f"{platform} team:{fact.team_id}")
    return [*found, platform, f"{platform} {severity}"]


def _counted(fact: Fact) -> Iterator[tuple[Cell, int]]:
    """Each cell in which `fact` counts, with its value."""
    for scope in scopes(fact):
        is_coarse = scope.startswith(WORKFLOW)
        for measure, value in fact.measures.items():
            bucket = 0 if is_coarse and measure in facts.TOTALS else figures.bucket(value)
            yield (scope, fact.kind, measure, fact.week, bucket), value
            if measure in facts.ROUGH and not is_coarse:
                yield (scope, fact.kind, facts.ROUGH[measure], fact.week, bucket // facts.ROUGHLY), value
    for person, values in fact.people.items():
        for measure, value in zip(COUNTS, values, strict=True):
            yield (f"person:{person}", fact.kind, measure, fact.week, figures.bucket(value)), value


def cells(rows: Sequence[Fact]) -> Counter[Cell]:
    """How many of `rows` count in each cell."""
    return Counter(cell for row in rows for cell, _value in _counted(row))


def sums(rows: Sequence[Fact]) -> Counter[Cell]:
    """The total of `rows` in each cell."""
    found: Counter[Cell] = Counter()
    for row in rows:
        for cell, value in _counted(row):
            found[cell] += value
    return found


def _move(changes: dict[Cell, tuple[int, int]]) -> None:
    """Add to each cell how many and their total. One feed at a time comes here, so nobody else moves a cell."""
    cells = sorted(changes)
    named = {name: sorted({cell[place] for cell in cells}) for place, name in enumerate(CELL)}
    rows = FigureSum.objects.filter(**{f"{name}__in": named[name] for name in CELL if name != "bucket"})
    known = {tuple(row[:-2]): row[-2:] for row in rows.values_list(*CELL, "count", "total")}
    moved = []
    for cell in cells:
        (count, total), (was, sum_was) = changes[cell], known.get(cell, (0, 0))
        values = dict(zip(CELL, cell, strict=True))
        moved.append(FigureSum(**values, count=was + count, total=sum_was + total))
    FigureSum.objects.bulk_create(
        moved, update_conflicts=True, unique_fields=list(CELL), update_fields=["count", "total"], batch_size=500
    )
