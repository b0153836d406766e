"""Files of an incident with their hash and custody: who gave each, and who took a copy (D40)."""

from dataclasses import dataclass
from datetime import datetime

from incidents.models import Evidence, Incident
from portal.models import AuditEntry

SHOWN = 20
"""Of one incident's copies, the newest."""


@dataclass(frozen=True)
class Taken:
    """Somebody took a copy."""

    name: str
    at: datetime


@dataclass(frozen=True)
class File:
    row: Evidence
    taken: tuple[Taken, ...]


def files(incident: Incident) -> list[File]:
    """In the order in which they were given; two queries, one without files."""
    rows = list(Evidence.objects.filter(incident=incident).select_related("added_by").order_by("added_at", "id"))
    if not rows:
        return []
    entries = AuditEntry.objects.filter(
        target_type=Evidence._meta.label_lower, target_id__in=[str(row.pk) for row in rows], verb="evidence.taken"
    ).select_related("actor")
    taken: dict[str, list[Taken]] = {}
    for entry in entries.order_by("-pk")[:SHOWN]:
        taken.setdefault(entry.target_id, []).append(Taken(str(entry.actor or entry.actor_label), entry.at))
    return [File(row, tuple(taken.get(str(row.pk), ()))) for row in rows]
