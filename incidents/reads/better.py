"""Whether what was changed after an incident helps, as asked of those who reported it or are affected (D98)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from incidents.models import ActionItem, HelpAnswer, Incident
from incidents.models.incidents import IncidentState
from portal.models import User

ASKED_BEFORE = timedelta(days=7)
"""So long before the effect is looked at, the people concerned are asked."""


@dataclass(frozen=True)
class Asked:
    """The question; `answer` is what the person said last, None before."""

    answer: HelpAnswer | None


def items(incident: Incident, *, at: datetime) -> QuerySet[ActionItem]:
    """What was done because of `incident`, long enough ago for people to say whether it helps."""
    done = ActionItem.objects.filter(incident=incident, state=ActionItem.State.DONE)
    return done.filter(effect_due_at__lte=at + ASKED_BEFORE)


def asked(incident: Incident, person: User, *, at: datetime) -> Asked | None:
    """The question to `person`, or None when it is not asked (yet); two queries."""
    if incident.state != IncidentState.CLOSED:
        return None
    done = list(items(incident, at=at).values_list("pk", flat=True))
    if not done:
        return None
    return Asked(HelpAnswer.objects.filter(action__in=done, user=person).order_by("-at", "-pk").first())
