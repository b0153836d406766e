"""Where the people who work on an incident talk: the address of the call, and that of the channel (D65)."""

from datetime import datetime
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from incidents.models import Incident
from incidents.models.incidents import OPEN_STATES
from incidents.services import incidents
from portal import limits
from portal.errors import DomainError
from portal.models import User


class NoAddress(DomainError):
    """It is no address that a browser should be sent to."""


def say_where(*, incident: Incident, bridge: str, chat: str, by: User, at: datetime) -> Incident:
    """`by` says where people talk; an empty address takes it away. Raises NoAddress, NotPossible, Refused."""
    bridge, chat = address(bridge), address(chat)
    with incidents.holding(incident, by=by, may="plan", states=OPEN_STATES, reason="where people talk", at=at) as held:
        if (held.incident.bridge, held.incident.chat) != (bridge, chat):
            held.save(bridge=bridge, chat=chat)
            held.log("talk", "\n".join(filter(None, (bridge, chat))), is_public=False, name=str(by))
    return held.incident


def address(text: str) -> str:
    """`text`, if a browser may be sent there: https, with a host and without a password. Raises NoAddress."""
    text = text.strip()
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        parts, host = None, None
    is_plain = parts is not None and parts.scheme == "https" and not parts.username and not set(text) & set(' <>"\n\t')
    if not host or not is_plain or len(text) > limits.ADDRESS_LENGTH:
        raise NoAddress(_("Write the whole address, beginning with https://."))
    return text
