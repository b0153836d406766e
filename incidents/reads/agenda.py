"""What incidents contribute to the agenda of a governance review (D61, D115)."""

from datetime import datetime

from django.db.models import Count, Q

from governance.documents.sentences import stored as _
from incidents.models import Incident
from incidents.models.incidents import OPEN_STATES, Severity
from portal import registry

SINCE = _("%(count)d incidents since the last review, %(sev1)d of them SEV1.")
EVER = _("%(count)d incidents so far, %(sev1)d of them SEV1.")
OPEN = _("%(count)d incidents are open now.")


def agenda(since: datetime | None, *, at: datetime) -> dict[str, list[str]]:
    """What customers have felt since the last review; one query."""
    rows = Incident.objects.filter(kind=Incident.Kind.INCIDENT)
    lately = Q(reported_at__gt=since) if since else Q()
    counts = rows.aggregate(
        count=Count("pk", filter=lately),
        sev1=Count("pk", filter=lately & Q(severity=Severity.SEV1)),
        open=Count("pk", filter=Q(state__in=OPEN_STATES)),
    )
    said = {"count": counts["count"], "sev1": counts["sev1"]}
    found = [str((SINCE if since else EVER) % said)]
    if counts["open"]:
        found.append(str(OPEN % {"count": counts["open"]}))
    return {"customers": found}


def register() -> None:
    registry.agenda.add("incidents", agenda)
