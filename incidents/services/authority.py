"""A decision is above somebody's limit: whoever may take it is asked, and is told at once (D7, D23)."""

from datetime import datetime

from django.utils.translation import gettext as _

from incidents import access
from incidents.models import Incident, Participant
from incidents.models.incidents import OPEN_STATES
from incidents.reads.actions import FITS
from incidents.services import incidents, messages, participants
from portal import limits
from portal.errors import DomainError
from portal.models import User


class CannotAsk(DomainError):
    """There is nothing to ask this person for."""


def ask(*, incident: Incident, action: str, to: User, text: str, by: User, at: datetime) -> Incident:
    """`by` asks `to`, whose authority reaches, to take the decision `action`; `text` is what `by` would do.

    `to` is told at once, may open the incident and decides there. Raises CannotAsk, NotPossible, access.Refused.
    """
    text = text.strip()
    if not text or len(text) > limits.REASON_LENGTH:
        raise CannotAsk(_("Say in a few words what they shall decide."))
    with incidents.holding(incident, by=by, may="note", states=OPEN_STATES, reason=text, at=at) as held:
        found = held.incident
        beyond = access.beyond(by, action, found, at=at)
        if beyond is None:
            raise CannotAsk(_("You may decide this yourself. Load the page again."))
        if to.pk not in {item.person for item in beyond.escalate_to}:
            raise CannotAsk(_("%(name)s may not decide this either. Choose somebody from the list.") % {"name": to})
        participants.add(found, to, Participant.Role.TOLD, at=at)
        words = str(FITS[action].words)
        data = {"name": str(by), "to": str(to), "action": action}
        entry_id = held.log("authority_asked", text, is_public=False, **data)
        key = f"incident:{found.pk}:authority:{entry_id}"
        messages.tell("incident.authority", found, [to], key, at=at, name=str(by), reason=text, why=words)
    return found
