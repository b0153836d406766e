"""What follows an incident, and which earlier one it brings back, for its page (D82, D97)."""

from collections.abc import Sequence
from dataclasses import dataclass

from incidents.models import ActionItem, Incident, Postmortem, Recurrence
from portal.models import User

MOST = 3  # earlier incidents and actions on the page of an incident; the review has all


@dataclass(frozen=True)
class Learned:
    """`again` are the earlier causes that are seen again in it, the newest review first; one row each."""

    review: Postmortem | None
    actions: Sequence[ActionItem]
    is_more: bool
    again: Sequence[Recurrence]


def of_incident(incident: Incident, user: User) -> Learned:
    """One query while the incident is open, three when it is over; of earlier incidents those that `user` may open."""
    again = _again(incident, user)
    if incident.is_open:
        return Learned(None, [], False, again)
    review = Postmortem.objects.filter(incident=incident).select_related("owner").first()
    rows = list(
        ActionItem.objects.filter(incident=incident).select_related("owner").order_by("due_at", "pk")[: MOST + 1]
    )
    return Learned(review, rows[:MOST], len(rows) > MOST, again)


def _again(incident: Incident, user: User) -> list[Recurrence]:
    seen = Incident.objects.visible_to(user)
    rows = Recurrence.objects.filter(incident=incident, earlier__incident__in=seen).select_related("earlier__incident")
    found: dict[object, Recurrence] = {}
    for row in rows.order_by("-earlier__opened_at", "id"):
        found.setdefault(row.earlier_id, row)
    return list(found.values())[:MOST]


def is_owed(incident: Incident) -> bool:
    """Whether `incident` waits for the review that its severity demands; one query."""
    return Postmortem.objects.filter(incident=incident, is_demanded=True, state=Postmortem.State.OPEN).exists()
