"""Workarounds and permanent fixes as pages show them (D90)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from governance.models import Workflow
from incidents.models import Incident, Remedy
from portal import moments, registry

MOST = 50
BANNERS = 3  # on the page of a workflow


@dataclass(frozen=True)
class Line:
    """A remedy and how it stands: `tone` and `state` (over, holds, gone, permanent)."""

    row: Remedy
    state: str

    @property
    def tone(self) -> str:
        return {"over": "bad", "holds": "warn", "permanent": "ok"}.get(self.state, "")

    @property
    def is_standing(self) -> bool:
        return self.state in ("over", "holds")


@dataclass(frozen=True)
class Remedies:
    """What was done about an incident; `only_workaround`: nothing of it is meant to last."""

    lines: tuple[Line, ...] = ()

    @property
    def only_workaround(self) -> bool:
        return any(line.is_standing for line in self.lines) and not any(
            line.state == "permanent" for line in self.lines
        )


def of_incident(incident: Incident, *, at: datetime) -> Remedies:
    """Everything that was done about `incident`, the newest first; one query."""
    rows = Remedy.objects.filter(incident=incident).select_related("by").order_by("-at", "-pk")[:MOST]
    return Remedies(tuple(Line(row, state(row, at)) for row in rows))


def state(row: Remedy, at: datetime) -> str:
    """How a remedy stands at `at`."""
    if row.kind == Remedy.Kind.PERMANENT:
        return "permanent"
    if row.removed_at is not None:
        return "gone"
    return "over" if row.expires_at is not None and row.expires_at <= at else "holds"


def standing(incident: Incident) -> list[Remedy]:
    """The workarounds of `incident` that are still in place, with their incident, the one that ends first in front."""
    rows = Remedy.objects.filter(incident=incident, kind=Remedy.Kind.WORKAROUND, removed_at=None)
    return list(rows.select_related("incident").order_by("expires_at", "pk")[:MOST])


def of_workflow(workflow: Workflow) -> list[Remedy]:
    """The workarounds with which `workflow` runs, the one that ends first in front; one query."""
    rows = Remedy.objects.filter(incident__workflow=workflow, kind=Remedy.Kind.WORKAROUND, removed_at=None)
    return list(rows.select_related("incident").order_by("expires_at", "pk")[:MOST])


def register() -> None:
    """Say on the page of a workflow that it runs with a workaround."""
    registry.workflow_notes.add("incidents.remedy", notes)


def notes(workflow: Workflow, *, at: datetime) -> list[registry.Note]:
    """What the page of `workflow` says about the workarounds with which it runs."""
    found = []
    for row in of_workflow(workflow)[:BANNERS]:
        words = {"time": moments.in_words(row.expires_at) if row.expires_at else "", "name": row.incident.reference}
        if state(row, at) == "over":
            fact = _("A workaround from %(name)s was meant to hold until %(time)s and is still in place.") % words
        else:
            fact = _("Runs with a workaround from %(name)s until %(time)s.") % words
        text = "" if row.incident.is_restricted else f"{row.what.rstrip('.')}."
        found.append(registry.Note(fact, text, row.incident.get_absolute_url(), _("Open the incident")))
    return found
