"""Whose authority reaches so far that they may choose a way on at a gate; nothing is read here (D7, D48)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.playbook import GateOption
from governance.rules import authority, ownership
from governance.rules.resolution import Matrices


@dataclass(frozen=True, kw_only=True)
class Ground:
    """By what it is judged: the pinned matrices, and who holds the roles of the incident with their limits."""

    matrices: Matrices
    workflow: WorkflowFacts | None
    severity: str
    risk: str
    folk: PeopleFacts
    holding: Mapping[str, UUID]
    at: datetime


def deciders(option: GateOption, ground: Ground) -> dict[UUID, str]:
    """Names by person of those who may choose `option`."""
    found: dict[UUID, str] = {}
    for role in authority.roles(ground.matrices, ground.workflow):
        fits = [each for each in role.limits if each.key == option.authority]
        if role.key != option.role and not any(authority.reaches(each, ground.severity, ground.risk) for each in fits):
            continue
        holder = ground.holding.get(role.key) or ground.holding.get(role.key.replace("_", "-"))
        here = ground.folk.people.get(holder) if holder is not None else None
        if here is not None and here.active:
            found[here.id] = here.name
        holders = ownership.expand(ground.matrices, ground.workflow, "role", role.key, ground.folk, ground.at)[0]
        found |= {item.person: item.name for item in holders}
    return found


def way_out(who: Mapping[UUID, str], user: UUID, *, commands: bool) -> str:
    """Who may decide at the gate, for `user`, who `commands` or does not: a sentence or two."""
    if user in who:
        return _("You may decide this.")
    names = ", ".join(who.values())
    if not names:
        return _("Nobody’s authority reaches so far. Call the next level.")
    if not commands:
        return _("Somebody has to decide here: %(names)s.") % {"names": names}
    sentence = _(
        "You lead, but the limits of that role are not yours, so you cannot decide here. %(names)s can: ask for the"
        " decision, or hand the command over."
    )
    return sentence % {"names": names}
