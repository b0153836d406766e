"""The pattern report for a look at the log at fixed times: what recurs, and what could be changed about it (D29, D81).

Bottlenecks, steps, causes, deviations from the rules, and sources and rules that call people for nothing; each with
its base, its trend against as much time before, and the document that could say otherwise.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, Max, Min, OuterRef, Q
from django.urls import reverse

from governance.models import Document
from governance.models.versions import Kind
from governance.reads import documents
from governance.rules import figures as rules
from incidents.metrics import bottlenecks, said, sums
from incidents.metrics.actions import of_incident, since
from incidents.metrics.bottlenecks import CAUSE, COMPLIANCE, NOISE, Pattern, ordered, rated
from incidents.metrics.figures import Asked
from incidents.models import Containment, Event, Finding, Remedy, StepEntry
from incidents.models.incidents import IncidentState

MOST = 10
"""Patterns of one kind."""
LONGEST = 5
READ = 20_000
"""Steps whose time is looked at, the newest ones."""
DID = StepEntry.Did
IDLE = (IncidentState.RESOLVED, IncidentState.CLOSED)
GROUPS = (bottlenecks.BOTTLENECK, COMPLIANCE, CAUSE, NOISE)


@dataclass(frozen=True)
class Report:
    """All patterns of the time from `since` to `until`, those most worth a change first."""

    since: datetime
    until: datetime
    patterns: tuple[Pattern, ...]

    def of(self, about: str) -> list[Pattern]:
        return [one for one in self.patterns if one.about == about]

    @property
    def groups(self) -> list[tuple[str, list[Pattern]]]:
        return [(about, self.of(about)) for about in GROUPS]


def report(asked: Asked) -> Report:
    """What is to be seen in the weeks that are asked for; a constant number of queries."""
    known = bottlenecks.documents(asked)
    found = bottlenecks.patterns(sums.sides(asked, bottlenecks.MEASURES), known)
    found += [*_steps(asked), *_long(asked), *_causes(asked), *_noise(asked, known)]
    return Report(since(asked), asked.until, tuple(ordered(found)))


def _both(asked: Asked, rows: Any, column: str = "at") -> Any:
    """`rows` of both sides, marked `now`."""
    is_now = ExpressionWrapper(Q(**{f"{column}__gte": since(asked)}), output_field=BooleanField())
    span = {f"{column}__gte": since(asked.before), f"{column}__lte": asked.until}
    return rows.filter(**span).annotate(now=is_now)


# Steps

Step = tuple[UUID, str]
"""(document, key of the step)"""


def _steps(asked: Asked) -> list[Pattern]:
    """Steps that are left out or done otherwise most often; three queries."""
    rows = _both(asked, StepEntry.objects.filter(of_incident(asked, "incident__")))
    counts = {did: Count("pk", filter=Q(did=did)) for did in (DID.DONE, DID.CHANGED, DID.SKIPPED)}
    found: dict[Step, dict[bool, dict[str, int]]] = defaultdict(dict)
    for now, document, step, done, changed, skipped in (
        rows.values_list("now", "version__document", "step")
        .annotate(**{f"n_{k}": v for k, v in counts.items()})
        .order_by()
    ):
        found[document, step][now] = {DID.DONE: done, DID.CHANGED: changed, DID.SKIPPED: skipped}
    listed = []
    for (document, step), each in found.items():
        for did in (DID.SKIPPED, DID.CHANGED):
            now, before = (_share(each.get(side, {}), did) for side in (True, False))
            if now[0]:
                listed.append((now[0] / now[1], document, step, did, now, before))
    chosen = sorted(listed, key=lambda row: (-row[0], -row[4][0], row[2]))[:MOST]
    named = _Named(row[1] for row in chosen)
    return [
        rated(
            f"step-{did}-{document}-{step}"[:100],
            COMPLIANCE,
            f"step_{did}",
            now,
            before,
            named={"step": named.step(document, step), "playbook": named.title(document)},
            document=named.documents.get(document),
        )
        for _worth, document, step, did, now, before in chosen
    ]


def _share(counts: Mapping[str, int], did: str) -> tuple[int, int]:
    return counts.get(did, 0), sum(counts.values())


def _long(asked: Asked) -> list[Pattern]:
    """Steps that take longest from taking them on to their end, where that is known often enough; three queries."""
    rows = StepEntry.objects.filter(of_incident(asked, "incident__"), at__gte=since(asked), at__lte=asked.until)
    ends: Any = rows.order_by().values_list("incident", "version__document", "step")
    ends = ends.annotate(
        began=Min("at", filter=Q(did=DID.TAKEN)), ended=Max("at", filter=Q(did__in=[DID.DONE, DID.CHANGED]))
    )
    times: dict[Step, list[int]] = defaultdict(list)
    for _incident, document, step, began, ended in ends.filter(ended__isnull=False).order_by("-ended")[:READ]:
        if began is not None and ended > began:
            times[document, step].append(int((ended - began).total_seconds()))
    usual = {
        key: rules.percentile(rules.counted(each), 0.5) or 0 for key, each in times.items() if len(each) >= said.FEW
    }
    chosen = sorted(usual, key=lambda key: (-usual[key], key))[:LONGEST]
    named = _Named(document for document, _step in chosen)
    return [
        Pattern(
            f"long-{document}-{step}"[:100],
            bottlenecks.BOTTLENECK,
            "step_long",
            len(times[document, step]),
            0,
            (len(times[document, step]), 0),
            0.0,
            {
                "step": named.step(document, step),
                "playbook": named.title(document),
                "time": said.lasting(usual[document, step]),
            },
            named.documents.get(document),
        )
        for document, step in chosen
    ]


class _Named:
    """Titles of playbooks and of their steps, as they are in force; two queries."""

    def __init__(self, wanted: Iterable[UUID]) -> None:
        rows = Document.objects.filter(pk__in=set(wanted)).select_related("effective_version")
        self.documents = {row.pk: row for row in rows}
        pins = {
            row.pk: (row.effective_version.pk, row.effective_version.digest)
            for row in self.documents.values()
            if row.effective_version is not None
        }
        texts = documents.pinned(pins.values())
        self._steps = {
            (pk, step.key): step.title
            for pk, (version, _digest) in pins.items()
            for scenario in texts[version].content.scenarios
            for step in scenario.steps
        }

    def step(self, document: UUID, step: str) -> str:
        return self._steps.get((document, step), step)

    def title(self, document: UUID) -> str:
        found = self.documents.get(document)
        return found.title if found is not None else "–"


# Causes


def _causes(asked: Asked) -> list[Pattern]:
    """What reviews found: causes, failure patterns and gaps of governance, those found most often first; one query."""
    is_known = ~Q(cause="") | Q(module__isnull=False)  # by words alone nothing is known again
    is_wanted = Q(kind=Finding.Kind.GAP) | Q(kind=Finding.Kind.CAUSE) & is_known
    rows = Finding.objects.filter(of_incident(asked, "postmortem__incident__"), is_wanted)
    rows = _both(asked, rows.select_related("module", "playbook"))
    groups: dict[tuple[str, str], dict[bool, list[Finding]]] = defaultdict(lambda: {True: [], False: []})
    for row in rows.order_by("at", "pk"):
        groups[_group(row)][row.now].append(row)
    found = []
    for (kind, text), each in groups.items():
        if not each[True]:
            continue
        count, newest = len(each[True]), each[True][-1]
        document = newest.playbook or newest.module
        words = {"text": str(Finding.Area(text).label) if kind == "gap" else text}
        found.append(
            Pattern(
                f"{kind}-{text}"[:100],
                CAUSE,
                kind,
                count,
                0,
                (len(each[False]), 0),
                min(1.0, count / 10) if count > 1 else 0.0,
                words,
                document,
                reverse("incidents:reviews") + "?show=published",
            )
        )
    return ordered(found)[:MOST]


def _group(row: Finding) -> tuple[str, str]:
    """What makes two findings the same: the area of a gap, the failure pattern, or the key of a cause."""
    if row.kind == Finding.Kind.GAP:
        return "gap", row.area
    if row.module is not None:
        return "pattern", row.module.title
    return "cause", row.cause.replace("_", " ")


# Noise


def _noise(asked: Asked, known: Mapping[str, Document]) -> list[Pattern]:
    """Sources and rules whose incidents were declined, or acknowledged without anybody doing anything; one query."""
    opened = Event.objects.filter(of_incident(asked, "incident__"), outcome=Event.Outcome.OPENED)
    work = [Exists(model.objects.filter(incident=OuterRef("incident"))) for model in (StepEntry, Remedy, Containment)]
    is_idle = Q(incident__state__in=IDLE, incident__acknowledged_at__isnull=False, incident__plan="")
    for part in work:
        is_idle &= ~Q(part)
    declined = Q(incident__state__in=[IncidentState.DECLINED, IncidentState.DUPLICATE])
    rows = _both(asked, opened, "received_at").values_list("now", "source__key", "source__name", "trigger")
    rows = rows.annotate(
        n=Count("incident", distinct=True),
        declined=Count("incident", filter=declined, distinct=True),
        idle=Count("incident", filter=is_idle, distinct=True),
    )
    sides: dict[tuple[str, str, str], dict[bool, tuple[int, int, int]]] = defaultdict(dict)
    for now, key, name, trigger, *counts in rows.order_by():
        sides[key, name, trigger][now] = tuple(counts)
    found = []
    for (key, name, trigger), each in sides.items():
        (every, no, idle), before = (each.get(side, (0, 0, 0)) for side in (True, False))
        if not no + idle:
            continue
        words = {"source": name, "rule": trigger, "declined": str(no), "idle": str(idle)}
        one = rated(
            f"noise-{key}-{trigger}",
            NOISE,
            "rule" if trigger else "source",
            (no + idle, every),
            (before[1] + before[2], before[0]),
            named=words,
            document=known.get(Kind.ESCALATION),
            url=reverse("incidents:source", args=[key]),
        )
        found.append(one)
    return ordered(found)[:MOST]


# Kept


def kept(found: Report) -> list[dict[str, Any]]:
    """The patterns as JSON, from which ``of_kept`` makes them again in any language."""
    names = ("key", "about", "kind", "count", "base", "worth", "url")
    return [
        {name: getattr(one, name) for name in names}
        | {"before": [*one.before], "named": {**one.named}, "document": str(one.document.pk) if one.document else None}
        for one in found.patterns
    ]


def of_kept(rows: Iterable[Mapping[str, Any]], begun: datetime, until: datetime) -> Report:
    """A report that was kept; one query for its documents."""
    rows = list(rows)
    known = {str(row.pk): row for row in Document.objects.filter(pk__in={r["document"] for r in rows if r["document"]})}
    made = [
        Pattern(
            **dict(row) | {"before": tuple(row["before"]), "document": known.get(row["document"])}  # type: ignore[arg-type]
        )
        for row in rows
    ]
    return Report(begun, until, tuple(made))
