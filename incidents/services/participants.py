"""Who has something to do with an incident and may therefore open it (I18)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from incidents.models import Incident, Participant
from portal import bulk
from portal.models import User


def add(incident: Incident, user: User, role: str, *, at: datetime) -> None:
    """`user` takes part as `role` (reporter, told, joined, affected); again changes nothing."""
    add_many([(incident.pk, user.pk, role)], at=at)


def add_many(rows: Iterable[tuple[UUID, UUID, str]], *, at: datetime) -> None:
    """(incident id, user id, role) in one statement; those that exist stay as they are."""
    bulk.insert_missing_values(
        Participant,
        [
            {"incident_id": incident, "user_id": user, "role": role, "since": at}
            for incident, user, role in dict.fromkeys(rows)
        ],
    )


def let_in(incident: Incident, people: Iterable[User], *, at: datetime) -> None:
    """Whoever is asked for something can open what they are asked about (I18)."""
    working = [Participant.Role.TOLD, Participant.Role.JOINED]
    known = set(Participant.objects.filter(incident=incident, role__in=working).values_list("user_id", flat=True))
    add_many([(incident.pk, user.pk, Participant.Role.TOLD) for user in people if user.pk not in known], at=at)


def followers(incident: Incident) -> list[User]:
    """Everybody who was told or joined, active people only; not the reporter and the affected as such."""
    return list(
        User.objects.active()
        .filter(participations__incident=incident, participations__role__in=["told", "joined"])
        .distinct()
        .order_by("name", "id")
    )


def affected(incident: Incident) -> list[User]:
    """Everybody who said that they are affected too, active people only."""
    return list(
        User.objects.active()
        .filter(participations__incident=incident, participations__role="affected")
        .order_by("name", "id")
    )
