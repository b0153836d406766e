"""What an emergency change can be for: open incidents that somebody works on, and whether their authority reaches."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from governance.models import Document
from governance.reads import documents, people
from governance.reads.sentences import said
from governance.rules import authority
from governance.rules.ownership import Matrices
from incidents import access
from incidents.models import EscalationRun, Incident, Participant, RoleAssignment
from portal import registry
from portal.models import User
from portal.registry import Ground

SHOWN = 50
WORKING = (Participant.Role.TOLD, Participant.Role.JOINED)


def grounds(user: User, document: Document, *, at: datetime) -> list[Ground]:
    """The open incidents that `user` leads or was called to, of workflows that `document` is for; worst first.

    Drills and near misses are none. ``refusal`` says why the authority of `user` does not reach. A constant number
    of queries.
    """
    if not user.is_active:
        return []
    called = Participant.objects.filter(user=user, role__in=WORKING).values("incident_id")
    rows = Incident.objects.open().filter(Q(lead=user) | Q(pk__in=called), _governed(document))
    rows = rows.filter(kind=Incident.Kind.INCIDENT).select_related("workflow__team")
    found = list(rows.order_by("severity", "-reported_at", "-id")[:SHOWN])
    if not found:
        return []
    pinned, folk, held = _pinned(found), people.facts(at), _held(found, user)
    made = []
    for incident in found:
        facts = people.workflow_facts(incident.workflow)
        risk = access.risk_of(incident)
        case = (user.pk, incident.severity, risk, folk, at)
        judged = authority.in_emergency(pinned[incident.pk], facts, *case, holding=held.get(incident.pk, {}))
        refusal = "" if judged else said(judged.sentence)
        made.append(Ground(str(incident), incident, incident.get_absolute_url(), refusal))
    return made


def _held(found: list[Incident], user: User) -> dict[UUID, dict[str, UUID]]:
    """The roles with their limits that `user` holds in each of the incidents; one query."""
    rows = RoleAssignment.objects.filter(incident__in=found, user=user, ended_at=None, is_authorized=True)
    held: dict[UUID, dict[str, UUID]] = defaultdict(dict)
    for incident, role in rows.values_list("incident_id", "role"):
        held[incident][role] = user.pk
    return held


def _governed(document: Document) -> Q:
    """The incidents that `document` steers, by its scope; of an unknown workflow the team counts."""
    match document.scope_kind:
        case "workflow":
            return Q(workflow=document.scope_value)
        case "team":
            return Q(team=document.scope_value)
        case "department":
            return Q(team__department=document.scope_value)
        case "criticality":
            return Q(workflow__criticality=document.scope_value)
    return Q()


def _pinned(found: list[Incident]) -> dict[object, Matrices]:
    """The matrices to which each incident is pinned, or those in force; two queries."""
    rows = list(EscalationRun.objects.filter(incident__in=found).values_list("incident_id", "matrices"))
    pinned = documents.pinned_matrices([pins for _incident, pins in rows])
    known: dict[object, Matrices] = {key: own for (key, _pins), own in zip(rows, pinned, strict=True)}
    if len(known) < len(found):
        force = documents.in_force("matrix")
        known = {item.pk: force.matrices_for(item.workflow) for item in found if item.pk not in known} | known
    return known


def register() -> None:
    registry.grounds.add("incidents", grounds)
