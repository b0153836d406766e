"""The reporter's link: signed, without log-in, revoked by raising the incident's generation."""

from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from incidents.models import Incident
from portal.errors import DomainError

SALT = "incidents.track"


class LinkRevoked(DomainError):
    """The tracking link is unknown, changed or was revoked."""

    def __init__(self) -> None:
        super().__init__(_("This link is not valid any more. Ask the person who gave it to you for a new one."))


def make_track_token(incident: Incident) -> str:
    """A token for `incident` in its present generation; opens ``/track/<token>/``."""
    return signing.dumps([incident.pk.hex, incident.track_generation], salt=SALT)


def read_track_token(token: str) -> Incident:
    """The incident of `token`. Raises LinkRevoked."""
    try:
        key, generation = signing.loads(token, salt=SALT)
        incident = Incident.objects.select_related("workflow", "team", "reporter", "lead").get(pk=UUID(hex=key))
    except (signing.BadSignature, ValueError, TypeError, Incident.DoesNotExist):
        raise LinkRevoked from None
    if incident.track_generation != generation:
        raise LinkRevoked
    return incident


def track_path(incident: Incident) -> str:
    """The path of the tracking page."""
    return reverse("incidents:track", args=[make_track_token(incident)])
