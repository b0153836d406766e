"""Who tells an audience, who may look prepared words over, and who hears when nobody tells it (D62)."""

from datetime import datetime
from uuid import UUID

from governance.documents.base import Holder
from governance.documents.communication import Audience
from governance.reads import people
from governance.rules import incident_roles, ownership
from incidents import access
from incidents.models import Incident, RoleAssignment
from portal.models import User

COMMUNICATIONS = "communications-lead"


def of(incident: Incident, holder: Holder | None, *, at: datetime) -> list[UUID]:
    """Ids of those who are `holder`: who holds the role in this incident alone, else all whom it names, in order."""
    if holder is None:
        return []
    if holder.role is not None:
        role = holder.role.replace("_", "-")
        held = _held(incident).get(role)
        if held is None and role == incident_roles.COMMANDER:
            held = incident.lead_id
        if held is not None:
            return [held]
    matrices, facts = access.matrices_of(incident), people.workflow_facts(incident.workflow)
    told = ownership.expand(matrices, facts, holder.kind, holder.ref, people.facts(at), at)[0]
    return [candidate.person for candidate in told]


def _held(incident: Incident) -> dict[str, UUID]:
    rows = RoleAssignment.objects.filter(incident=incident, ended_at=None, user__is_active=True)
    return dict(rows.values_list("role", "user_id"))


def issuer(incident: Incident, audience: Audience, *, at: datetime) -> User | None:
    """Who writes to `audience`: its issuer, else whoever leads, else the first of the team's people."""
    return _first([*of(incident, audience.issuer, at=at), incident.lead_id])


def somebody_else(incident: Incident, but: User | None, *, at: datetime) -> User | None:
    """Who hears that nothing was sent: communications lead, then commander, then who leads the team."""
    named = of(incident, Holder(role=COMMUNICATIONS), at=at)
    commanders = [incident.lead_id, *of(incident, Holder(role=incident_roles.COMMANDER), at=at)]
    leads = of(incident, Holder(role="lead"), at=at)
    return _first([pk for pk in [*named, *commanders, *leads] if but is None or pk != but.pk])


def may_issue(user: User, incident: Incident, audience: Audience, *, at: datetime) -> bool:
    """Whether `user` sends news to `audience`: its issuer, whoever leads, or the communications lead."""
    held = _held(incident)
    if user.pk in (incident.lead_id, held.get(COMMUNICATIONS), held.get(incident_roles.COMMANDER)):
        return True
    return user.pk in of(incident, audience.issuer, at=at)


def _first(keys: list[UUID | None]) -> User | None:
    known = User.objects.active().in_bulk({key for key in keys if key is not None})
    return next((known[key] for key in keys if key in known), None)
