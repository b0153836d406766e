"""People halt something more, and let it run again, one thing at a time (D39)."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from governance.models import Workflow
from incidents.models import Containment, Incident
from incidents.models.incidents import OPEN_STATES, IncidentState
from incidents.services import containments, incidents
from portal.models import User


def halt(*, incident: Incident, kind: str, what: str, workflow: Workflow | None, by: User, at: datetime) -> Containment:
    """`by` halted or isolated something because of `incident`. Raises NotContained, NotPossible, Refused."""
    with incidents.holding(incident, by=by, may="contain", states=OPEN_STATES, reason=what.strip(), at=at) as held:
        return containments.halt(held=held, kind=kind, what=what, workflow=workflow, by=by, at=at)


def release(*, incident: Incident, containment: UUID, how: str, by: User, at: datetime) -> Containment:
    """It runs again, also after the incident has ended. Raises NotContained, NotPossible, Refused."""
    states = list(IncidentState.values)
    with incidents.holding(incident, by=by, may="contain", states=states, reason=how.strip(), at=at) as held:
        found = Containment.objects.filter(pk=containment, incident=held.incident).first()
        if found is None:
            raise containments.NotContained(_("Choose what runs again."))
        return containments.lift(held=held, containment=found, how=how, by=by, at=at)
