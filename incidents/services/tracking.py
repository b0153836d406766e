"""The links of those who reported an incident or are affected: signed, without log-in, revoked by raising the
incident's generation.

The link of the reporter names the incident; that of somebody affected names the person too, and is good while
they take part. Neither opens anything while the account of the person is closed. What was merged leads on to the
incident that is followed up.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from incidents.models import Incident, Participant
from portal.errors import DomainError
from portal.models import User

SALT = "incidents.track"
LABEL = "tracking page"  # acts in the ledger where nobody signed in
LONGEST_CHAIN = 50


class LinkRevoked(DomainError):
    """The tracking link is unknown, changed or was revoked."""

    def __init__(self) -> None:
        super().__init__(_("This link is not valid any more. Ask the person who gave it to you for a new one."))


@dataclass(frozen=True)
class Visit:
    """Whoever holds the link speaks for `person` (None: a machine reported it) about `incident`.

    `first` is the incident that the link was made for; another one than `incident` when it was merged.
    """

    incident: Incident
    first: Incident
    person: User | None

    @property
    def is_reporter(self) -> bool:
        return self.person is not None and self.incident.reporter_id == self.person.pk


def make_track_token(incident: Incident, person: User | None = None) -> str:
    """A token for `incident` in its present generation, always the same; opens ``/track/<token>/``.

    `person`: somebody affected.
    """
    parts: list[str | int] = [incident.pk.hex, incident.track_generation]
    if person is not None and person.pk != incident.reporter_id:
        parts.append(person.pk.hex)
    return signing.Signer(salt=SALT).sign_object(parts)


def _parts(token: str) -> list[str | int]:
    """What ``make_track_token`` has signed. Raises BadSignature, ValueError."""
    try:
        found: list[str | int] = signing.Signer(salt=SALT).unsign_object(token)
    except ValueError:  # links that were sent before carry the time, too
        found = signing.loads(token, salt=SALT)
    return found


def read(token: str) -> Visit:
    """Who speaks about which incident with `token`. Raises LinkRevoked."""
    try:
        key, generation, *rest = _parts(token)
        first = _incidents().get(pk=UUID(hex=str(key)))
        person = _affected(first, UUID(hex=str(rest[0]))) if rest else first.reporter
    except (signing.BadSignature, ValueError, TypeError, Incident.DoesNotExist, User.DoesNotExist):
        raise LinkRevoked from None
    if first.track_generation != generation or (person is not None and not person.is_active):
        raise LinkRevoked
    return Visit(follow(first), first, person)


def _incidents() -> QuerySet[Incident]:
    return Incident.objects.select_related("workflow", "team", "reporter", "lead")


def _affected(incident: Incident, person: UUID) -> User:
    taking_part = Participant.objects.filter(incident=incident, role=Participant.Role.AFFECTED)
    return User.objects.get(pk=person, participations__in=taking_part)


def follow(incident: Incident) -> Incident:
    """The incident under which `incident` is followed up: itself, unless it was merged."""
    for _step in range(LONGEST_CHAIN):
        if incident.merged_into_id is None:
            break
        incident = _incidents().get(pk=incident.merged_into_id)
    return incident


def track_path(incident: Incident, person: User | None = None) -> str:
    """The path of the tracking page of the reporter, or of `person`, who is affected."""
    return reverse("incidents:track", args=[make_track_token(incident, person)])


def address(incident: Incident, person: User | None = None) -> str:
    """The same with the address of the site, for messages."""
    return settings.SITE_URL + track_path(incident, person)
