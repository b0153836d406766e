"""A company whose matrix has roles, and an incident in which people hold some (D5, D8)."""

from typing import Any

from governance.models import Document
from incidents.models import Incident, RoleAssignment
from incidents.services import participants, role_moves
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.factories_incidents import later, make_acknowledged

COMMANDER, COMMS, TECHNICAL = "incident-commander", "communications-lead", "technical-lead"


def with_roles(company: Company, **limits: list[dict[str, Any]]) -> Document:
    """The lead is named for command and communications, the second for both besides; the outsider for nothing.

    `limits` are those of the command and of the communications (`command`, `comms`).
    """
    content = make.company_matrix(
        triage_team="triage",
        on_call=company.responder.email,
        alternates=(company.second.email,),
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    lead, second = {"person": company.lead.email}, {"person": company.second.email}
    content["roles"] += [
        {
            "key": COMMANDER,
            "title": "Incident commander",
            "holders": [lead | {}, second | {}],
            "limits": limits.get("command", []),
            "artefacts": ["Handoff note"],
            "handoff": ["The timeline was read", "Open decisions are named"],
            "hours": 8,
        },
        {
            "key": COMMS,
            "title": "Communications lead",
            "holders": [lead | {}, second | {}],
            "limits": limits.get("comms", []),
            "artefacts": ["Every update sent"],
            "handoff": ["The next update is known"],
            "hours": 12,
        },
        {"key": TECHNICAL, "title": "Technical lead", "holders": [second | {}]},
    ]
    return make.make_document(content, kind="matrix", key="company", by=company.admin)


def make_led(company: Company, **extra: Any) -> Incident:
    """An incident that the responder has taken at once and the lead was told of; ``with_roles`` comes first."""
    incident = make_acknowledged(company, **extra)
    participants.add(incident, company.lead, "told", at=later(0))
    return incident


def take(incident: Incident, by: User, role: str = COMMS, minutes: float = 1) -> Incident:
    return role_moves.assume(incident=incident, role=role, by=by, at=later(minutes))


def give(incident: Incident, to: User, by: User, role: str = COMMS, minutes: float = 2) -> Incident:
    return role_moves.assign(incident=incident, role=role, to=to, reason="They know it", by=by, at=later(minutes))


def pass_on(incident: Incident, to: User, by: User, role: str = COMMS, minutes: float = 3, **form: Any) -> Incident:
    """Hand it over with everything ticked unless `form` says otherwise."""
    words = {
        COMMS: (["The next update is known"], {"Every update sent": "In the wiki"}),
        COMMANDER: (["The timeline was read", "Open decisions are named"], {"Handoff note": "In the wiki"}),
    }.get(role, ([], {}))
    values: dict[str, Any] = {"criteria": words[0], "artefacts": words[1], "note": ""} | form
    return role_moves.hand_over(incident=incident, role=role, to=to, by=by, at=later(minutes), **values)


def holds(incident: Incident, role: str = COMMS) -> str:
    """Name of whoever holds the role; empty when nobody does."""
    row = RoleAssignment.objects.filter(incident=incident, role=role, ended_at=None).first()
    return row.user.name if row is not None else ""


def held(incident: Incident, role: str = COMMS) -> list[tuple[str, str]]:
    """(name, how they came to it) of everybody who has held the role, in order."""
    rows = RoleAssignment.objects.filter(incident=incident, role=role).order_by("assumed_at", "pk")
    return [(row.user.name, row.entered) for row in rows]
