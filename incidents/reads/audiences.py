"""The audiences of an incident: which plan holds, who belongs to whom, who leads a meeting (D62, D63)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from governance.documents.base import Holder
from governance.documents.communication import Audience, Communication
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.reads import communication, documents, people
from governance.reads.documents import PinnedVersion
from governance.rules import authority, incident_roles, ownership
from governance.rules.resolution import Matrices
from incidents import access
from incidents.models import Incident, RoleAssignment
from portal.models import User


def plan_of(incident: Incident) -> PinnedVersion[Communication] | None:
    """The plan that the incident is pinned to, else the one in force for its workflow."""
    if incident.communication is not None:
        version = incident.communication
        return documents.pinned([(version.pk, version.digest)])[version.pk]
    return communication.in_force(incident.workflow)


def members_of(audience: Audience) -> tuple[Holder, ...]:
    """Who reads as `audience`, by the plan; the world outside has no members."""
    found: tuple[Holder, ...] = getattr(audience, "members", ())
    return found


def members(incident: Incident, audiences: Iterable[Audience], *, at: datetime) -> list[User]:
    """Everybody who belongs to one of `audiences`, by the matrices of `incident`; active people only, by name."""
    holders = [holder for audience in audiences for holder in members_of(audience)]
    if not holders:
        return []
    matrices, facts = access.matrices_of(incident), people.workflow_facts(incident.workflow)
    folk = people.facts(at)
    found: set[UUID] = set()
    for holder in holders:
        told = ownership.expand(matrices, facts, holder.kind, holder.ref, folk, at)[0]
        found |= {candidate.person for candidate in told}
    return list(User.objects.active().filter(pk__in=found).order_by("name", "pk"))


def belongs(user: User, audiences: Sequence[Audience], *, at: datetime, incident: Incident | None = None) -> set[str]:
    """Keys of those of `audiences` to which `user` belongs, away or not; without `incident` by what is in force."""
    asked = [(audience.key, members_of(audience)) for audience in audiences if members_of(audience)]
    if not asked or not user.is_active:
        return set()
    workflow = incident.workflow if incident is not None else None
    matrices = access.matrices_of(incident) if incident is not None else documents.matrices_for(None)
    facts, folk = people.workflow_facts(workflow), people.facts(at)
    return {key for key, holders in asked if any(_names(matrices, facts, one, user, folk, at) for one in holders)}


def _names(
    matrices: Matrices, facts: WorkflowFacts | None, holder: Holder, user: User, folk: PeopleFacts, at: datetime
) -> bool:
    if holder.role is None and authority.names(holder, user.pk, folk):  # who is away belongs to it all the same
        return True
    told = ownership.expand(matrices, facts, holder.kind, holder.ref, folk, at)[0]
    return any(candidate.person == user.pk for candidate in told)


def who_leads(incident: Incident, holder: Holder | None, *, at: datetime) -> User | None:
    """Who calls people together: whoever holds the role now, else the first who is named for it, else the lead."""
    if holder is None:
        return incident.lead
    if holder.role is not None:
        key = incident_roles.COMMANDER if holder.role.replace("_", "-") == incident_roles.COMMANDER else holder.role
        row = RoleAssignment.objects.select_related("user")
        held = row.filter(incident=incident, role=key, ended_at=None, user__is_active=True).first()
        if held is not None:
            return held.user
    matrices, facts = access.matrices_of(incident), people.workflow_facts(incident.workflow)
    told = ownership.expand(matrices, facts, holder.kind, holder.ref, people.facts(at), at)[0]
    named = User.objects.active().filter(pk=told[0].person).first() if told else None
    return named or incident.lead
