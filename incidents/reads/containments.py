"""What stands still because of incidents, on their pages, on those of the processes, and for those who report (D39)."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.models import Workflow
from incidents.models import Containment, Incident
from portal import moments, registry
from portal.models import DataClass

MOST = 50
SHOWN = 3
"""So many banners stand on the page of a process; the rest is counted."""


@dataclass(frozen=True)
class Halted:
    """What stands still because of an incident, and what ran again meanwhile."""

    still: tuple[Containment, ...] = ()
    released: tuple[Containment, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.still or self.released)


def of_incident(incident: Incident) -> Halted:
    """Everything that was halted or isolated because of `incident`, the oldest first; one query."""
    rows = Containment.objects.filter(incident=incident).select_related("workflow", "by", "released_by")
    found = list(rows.order_by("since", "pk")[:MOST])
    return Halted(
        tuple(row for row in found if row.released_at is None),
        tuple(row for row in found if row.released_at is not None),
    )


def open_of(incident: Incident) -> list[Containment]:
    """What stands still because of `incident`, the oldest first; one query."""
    rows = Containment.objects.filter(incident=incident, released_at=None).select_related("workflow", "by")
    return list(rows.order_by("since", "pk"))


def of_workflow(workflow: UUID) -> list[Containment]:
    """What of a process stands still, with the incident because of which, the oldest first; one query."""
    rows = Containment.objects.filter(workflow=workflow, released_at=None).select_related("incident")
    return list(rows.order_by("since", "pk")[:MOST])


def tellable(workflow: Workflow | None) -> list[Containment]:
    """What of `workflow` stands still, as far as whoever names it may read (``access.knowable``); one query."""
    if workflow is None or workflow.data_class == DataClass.RESTRICTED:
        return []
    return [row for row in of_workflow(workflow.pk) if not row.incident.is_restricted]


def register() -> None:
    """Say on the page of a workflow that it stands still."""
    registry.workflow_notes.add("incidents.containment", notes)


def notes(workflow: Workflow, *, at: object) -> list[registry.Note]:
    """What the page of `workflow` says about what stands still, and of workarounds with which it runs."""
    found = of_workflow(workflow.pk)
    banners = [_note(row) for row in found[:SHOWN]]
    if len(found) > SHOWN:
        more = len(found) - SHOWN
        words = ngettext("%(n)d more thing stands still.", "%(n)d more things stand still.", more) % {"n": more}
        banners.append(registry.Note(words, ""))
    return banners


def _note(row: Containment) -> registry.Note:
    words = {"time": moments.in_words(row.since), "reference": row.incident.reference}
    if row.kind == Containment.Kind.ISOLATED:
        fact = _("Isolated since %(time)s because of %(reference)s.") % words
    else:
        fact = _("Halted since %(time)s because of %(reference)s.") % words
    text = "" if row.incident.is_restricted else f"{row.what.rstrip('.')}."
    return registry.Note(fact, text, row.incident.get_absolute_url(), _("Open the incident"))
