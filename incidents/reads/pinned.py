"""Which running escalations follow a document: they keep the version that was in force when they began."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.models import Document
from governance.reads import references
from governance.reads.references import Use
from incidents.models import EscalationRun, Incident
from incidents.models.escalation import RunState

LIVE = (RunState.RUNNING, RunState.PAUSED)
SHOWN = 20
ASKED = 5_000
"""So many live runs are looked at; more would be a catastrophe of another kind."""


def uses(document: Document, user: Any) -> list[Use]:
    """Live runs pinned to any version of `document`, newest first; incidents that `user` may not see are counted."""
    numbers = {str(pk): number for pk, number in document.versions.values_list("pk", "number")}
    rows = EscalationRun.objects.filter(state__in=LIVE).order_by("-started_at", "-pk")
    if document.kind == "escalation":
        rows = rows.filter(policy__document=document)
    elif document.kind != "matrix":
        return []
    found = []
    for incident, policy, matrices in rows.values_list("incident_id", "policy_id", "matrices")[:ASKED]:
        pins = {str(policy)} if document.kind == "escalation" else set(matrices)
        found += [(incident, numbers[pin]) for pin in pins if pin in numbers]
    first = Incident.objects.visible_to(user).filter(pk__in=[incident for incident, _number in found[: 5 * SHOWN]])
    references_by = dict(first.values_list("pk", "reference"))
    shown = [(references_by[incident], number) for incident, number in found if incident in references_by][:SHOWN]
    made = [
        Use(
            reference,
            reverse("incidents:incident", args=[reference]),
            _("runs by version %(number)s") % {"number": number},
        )
        for reference, number in shown
    ]
    more = len(found) - len(made)
    if more:
        words = ngettext("%(count)s more running escalation", "%(count)s more running escalations", more)
        made.append(Use(words % {"count": more}))
    return made


def register() -> None:
    references.uses.add("runs", uses)
