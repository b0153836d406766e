"""What people find when they look again and something does not work yet; the incident stays open (D89)."""

from collections.abc import Sequence
from datetime import datetime

from incidents.models import Incident, Recheck
from incidents.models.incidents import OPEN_STATES
from incidents.services import incidents, rechecks
from portal.models import User


def failed(*, incident: Incident, found: Sequence[rechecks.Found], by: User, at: datetime) -> list[Recheck]:
    """`by` looked again, and some of it does not work: that is kept, and whoever resolves it next begins with it.

    Raises rechecks.NotRechecked, incidents.NotPossible, access.Refused.
    """
    with incidents.holding(incident, by=by, may="resolve", states=OPEN_STATES, reason="looked again", at=at) as held:
        return rechecks.keep_failed(held=held, found=found, by=by, at=at)
