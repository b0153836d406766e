"""What has to be looked at again before an incident counts as resolved, and what was found (D89)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from governance.models import Dependency, Workflow
from incidents.models import Incident, Recheck, StepEntry, TimelineEntry
from incidents.models.incidents import IncidentState
from incidents.reads import steps
from portal import limits

MOST = 60
"""Things that are asked for one by one; what hangs on a workflow further down is asked for where that broke, too."""
OVER = (IncidentState.RESOLVED, IncidentState.CLOSED)


@dataclass(frozen=True)
class Subject:
    """A component by its name, or a workflow that the one of the incident feeds. `key` is unique in the incident."""

    key: str
    name: str
    workflow: Workflow | None = None
    why: str = ""
    """By what the workflow hangs on the one that broke."""

    @property
    def workflow_id(self) -> UUID | None:
        return self.workflow.pk if self.workflow is not None else None


@dataclass(frozen=True)
class Seen:
    """A subject and what was last found of it; `row` None: nobody looked at it."""

    name: str
    workflow: Workflow | None
    row: Recheck | None

    @property
    def tone(self) -> str:
        return {"passed": "ok", "failed": "bad"}.get(self.row.result if self.row else "", "warn")


@dataclass(frozen=True)
class Looked:
    """What was found when it was resolved; no `lines`: there was nothing to look at.

    While it is open (`is_open`): what was found since it was opened, where something did not work.
    """

    lines: tuple[Seen, ...] = ()
    is_open: bool = False

    @property
    def missing(self) -> list[Seen]:
        return [line for line in self.lines if line.row is None]

    @property
    def waived(self) -> list[Recheck]:
        return [line.row for line in self.lines if line.row is not None and line.row.result == Recheck.Result.WAIVED]


def subjects(incident: Incident) -> list[Subject]:
    """The components of `incident`, then the workflows that its own one feeds directly; one query.

    A near miss has stopped nothing, so nothing has to work again.
    """
    if incident.kind == Incident.Kind.NEAR_MISS:
        return []
    names = dict.fromkeys(str(name).strip()[: limits.TITLE_LENGTH] for name in incident.components)
    found = [Subject(f"c{number}", name) for number, name in enumerate(filter(None, names))]
    if incident.workflow_id is not None:
        rows = Dependency.objects.filter(upstream=incident.workflow_id).exclude(downstream__lifecycle="retired")
        known: set[UUID] = set()
        for row in rows.select_related("downstream").order_by("downstream__name", "pk"):
            if row.downstream_id not in known:
                known.add(row.downstream_id)
                why = " · ".join(filter(None, (row.title, row.timing)))
                found.append(Subject(f"w{row.downstream_id}", row.downstream.name, row.downstream, why))
    return found[:MOST]


def looked(incident: Incident) -> Looked:
    """What was looked at again by the end of `incident`, and what was not; two queries, one while it is open."""
    if incident.is_open:
        return Looked(tuple(Seen(row.subject, row.workflow, row) for row in latest(incident)), is_open=True)
    if incident.state not in OVER or incident.resolved_at is None:
        return Looked()
    rows = Recheck.objects.filter(incident=incident, at=incident.resolved_at).select_related("workflow", "by")
    lines = [Seen(row.subject, row.workflow, row) for row in rows.order_by("pk")]
    # What hangs on it only since then was not concerned, so nothing is missing where something was looked at.
    return Looked(tuple(lines or [Seen(item.name, item.workflow, None) for item in subjects(incident)]))


def latest(incident: Incident) -> list[Recheck]:
    """What was last found of each thing since `incident` was opened (again), in the order of the looks; one query."""
    again = TimelineEntry.objects.filter(incident=incident, verb="reopened").order_by("-id").values("at")[:1]
    rows = Recheck.objects.filter(incident=incident, at__gte=Coalesce(Subquery(again), incident.reported_at))
    found: dict[tuple[str, UUID | None], Recheck] = {}
    for row in rows.select_related("workflow", "by").order_by("pk"):
        found[row.subject, row.workflow_id] = row
    return list(found.values())


def proof(incident: Incident) -> Sequence[StepEntry]:
    """The verification of the pinned playbook, when all of it was done since the incident was opened (again) and
    passed; else nothing."""
    found = steps.course(incident)
    lines = [line for line in found.lines if line.step.does == "verification"]
    entries = [line.entry for line in lines if line.entry is not None and line.state == "done"]
    since = _opened_at(incident)
    is_whole = len(entries) == len(lines) and not any(step.does == "verification" for step in found.possible)
    if not entries or not is_whole:
        return ()
    return entries if all(row.given.get("result") == "passed" and row.at >= since for row in entries) else ()


def _opened_at(incident: Incident) -> datetime:
    again = incident.timeline.filter(verb="reopened").order_by("-id").values_list("at", flat=True).first()
    return again or incident.reported_at
