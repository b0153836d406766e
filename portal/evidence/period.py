"""A pack about a period: lists of all there was, every entry of the ledger, and a sample with all about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Min, Q

from portal import audit, registry
from portal.audit import leaves, receipts
from portal.evidence import contents, folder, populations
from portal.evidence.archive import Archive
from portal.evidence.contents import Contributor, Population
from portal.evidence.ledger import Ledger, Unsealed
from portal.evidence.meter import Meter
from portal.models.audit import AuditEntry
from portal.models.ledger import Checkpoint, Leaf

JUST_NOW = timedelta(minutes=5)
AT_ONCE = 2_000  # leaves read at once
STEPS = 100  # that one object of the sample counts as


@dataclass(frozen=True)
class Period:
    """[begin, end), and the sample of at most `size` of each kind that `seed` draws."""

    begin: datetime
    end: datetime
    size: int = 0
    seed: str = ""


@dataclass
class Plan:
    """What a pack of `period` holds: the checkpoints around it, the lists, and what was drawn of each."""

    period: Period
    start: Checkpoint | None
    end: Checkpoint
    lists: dict[str, Population] = field(default_factory=dict)
    drawn: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The first leaf of the period's part of the ledger."""
        return self.start.size if self.start else 0


def plan(period: Period, seen: Ledger, *, at: datetime) -> Plan:
    """Raises Unsealed."""
    period, cut = _sealed(period, seen, at)
    inside = AuditEntry.objects.filter(at__gte=period.begin, at__lt=period.end)
    bounds = Leaf.objects.filter(entry__in=inside).aggregate(first=Min("index"), last=Max("index"))
    last = bounds["last"] if bounds["last"] is not None else -1
    start = Checkpoint.objects.filter(at__lte=period.begin, size__lte=seen.size)
    if bounds["first"] is not None:
        start = start.filter(size__lte=bounds["first"])
    start_at = start.order_by("-size", "id").first()
    first = start_at.size if start_at else 0
    after = Checkpoint.objects.filter(at__gte=period.end, size__gt=last, size__gte=first, size__lte=seen.size)
    found = Plan(period, start_at, after.order_by("size", "id").first() or seen.checkpoint, notes=cut)
    for kind, contributor in registry.packs.items():
        if contributor.population is not None:
            found.lists[kind] = contributor.population(period.begin, period.end)
            if contributor.find is not None:
                _draw(found, kind, contributor)
    return found


def _sealed(period: Period, seen: Ledger, at: datetime) -> tuple[Period, list[str]]:
    """The part of `period` of which every entry is in the tree, and what to say about it.

    What is happening now is never all sealed, so a period that reaches to the present ends a moment before it.
    Raises Unsealed when older entries are missing.
    """
    ends = {period.end: ""}
    if period.end > at:
        ends[at] = "the rest of the period lay ahead"
    waiting = AuditEntry.objects.filter(Q(leaf=None) | Q(leaf__index__gte=seen.size))
    first = waiting.filter(at__gte=period.begin, at__lt=period.end).aggregate(first=Min("at"))["first"]
    if first is not None:
        if first < at - JUST_NOW or first <= period.begin:
            raise Unsealed
        ends[first] = "what came after was not in the signed ledger yet"
    end = min(ends)
    notes = [f"The period was taken until {audit.plain(end)}: {ends[end]}."] if ends[end] else []
    return replace(period, end=end), notes


def _draw(found: Plan, kind: str, contributor: Contributor) -> None:
    rows, size = found.lists[kind].rows, found.period.size
    found.drawn[kind] = populations.drawn(rows, seed=found.period.seed, size=size)
    if size > len(rows):
        found.notes.append(f"{contributor.title}: {size} were to be drawn, but there are only {len(rows)}.")


def write(archive: Archive, found: Plan, seen: Ledger, meter: Meter) -> None:
    """The files of a period, below those that every pack has. Raises Unsealed."""
    meter.expect(found.end.size - found.first + STEPS * sum(map(len, found.drawn.values())))
    archive.add("ledger/leaves.txt", _leaves(found.first, found.end.size, meter))
    if found.start is not None:
        archive.add("ledger/start.txt", receipts.cosigned(found.start).encode())
    archive.add("ledger/end.txt", receipts.cosigned(found.end).encode())
    period = found.period
    said = {
        "from": period.begin,
        "until": period.end,
        "start": found.first,
        "hashes": [part.hex() for part in seen.peaks(found.first)],
        "end": found.end.size,
    }
    archive.add("ledger/period.json", contents.as_bytes(said))
    for kind, listed in found.lists.items():
        archive.add(f"population/{kind}.csv", populations.as_csv(listed))
        archive.add(f"population/{kind}.json", contents.as_bytes(populations.as_json(kind, listed)))
    sample = {
        "seed": period.seed,
        "size": period.size,
        "method": populations.METHOD,
        "drawn": {
            kind: [
                {"id": row["id"], "reference": row["reference"], "folder": f"samples/{row['reference']}/"}
                for row in rows
            ]
            for kind, rows in found.drawn.items()
        },
    }
    archive.add("sample.json", contents.as_bytes(sample))
    for kind, rows in found.drawn.items():
        for row in sorted(rows, key=lambda row: str(row["reference"])):
            for name, data in _one(kind, row["reference"], seen):
                archive.add(f"samples/{row['reference']}/{name}", data)
            meter.step(STEPS)


def _one(kind: str, reference: str, seen: Ledger) -> Iterator[tuple[str, bytes]]:
    contributor = registry.packs[kind]
    obj = contributor.find(reference)
    about = {"kind": kind, "label": obj._meta.label_lower, "id": obj.pk, "reference": reference}
    yield from folder.files(contributor.contents(obj), about, seen, Meter())


def _leaves(first: int, size: int, meter: Meter) -> Iterator[bytes]:
    """The exact text of each leaf from `first` to `size` (without), a line each."""
    names = [f"entry__{name}" for name in leaves.FIELDS]
    for start in range(first, size, AT_ONCE):
        rows = Leaf.objects.filter(index__gte=start, index__lt=min(start + AT_ONCE, size)).order_by("index")
        lines = [leaves.text(*values) for values in rows.values_list(*names)]
        yield b"".join(line + b"\n" for line in lines)
        meter.step(len(lines))


def said(period: Period) -> dict[str, Any]:
    return {
        "from": audit.plain(period.begin),
        "until": audit.plain(period.end),
        "sample": period.size,
        "seed": period.seed,
    }
