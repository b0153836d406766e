"""Who may hold a role in an incident, and who stands in for whoever holds it (D5, D6, D8).

The roles of the pinned matrices count, the team's own before the company's with the same key. Somebody commands every
incident: where no matrix has such a role, one without limits stands for it. The matrix names the holders of a role in
their order, then the alternates of the rows in which the role answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from governance.documents.base import Holder
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Role
from governance.documents.sentences import stored as _
from governance.rules import authority, ownership, ranking
from governance.rules.resolution import Candidate, Matrices

COMMANDER = "incident-commander"
COMMANDS = _("Incident commander")


def key_of(role: Role) -> str:
    """The key by which an incident knows `role`: the commander's is the same in every matrix."""
    plain = role.key.replace("_", "-")
    return COMMANDER if plain == COMMANDER else role.key


def known(matrices: Matrices, workflow: WorkflowFacts | None) -> dict[str, Role]:
    """The roles of an incident by ``key_of``, the commander first."""
    found: dict[str, Role] = {}
    for role in authority.roles(matrices, workflow):
        found.setdefault(key_of(role), role)
    commander = found.pop(COMMANDER, None) or Role(key=COMMANDER, title=str(COMMANDS))
    return {COMMANDER: commander} | found


def named(
    matrices: Matrices, workflow: WorkflowFacts | None, key: str, severity: str, people: PeopleFacts, at: datetime
) -> tuple[Candidate, ...]:
    """Whom the matrices name for the role `key` and who can be told at `at`, in order; nobody twice."""
    role = known(matrices, workflow).get(key)
    if role is None:
        return ()
    found = list(ownership.expand(matrices, workflow, "role", role.key, people, at)[0])
    for holder in _alternates(matrices, workflow, role, severity):
        found += ownership.expand(matrices, workflow, holder.kind, holder.ref, people, at)[0]
    first: dict[UUID, Candidate] = {}
    for item in found:
        first.setdefault(item.person, item)
    return tuple(first.values())


def deputies(
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    key: str,
    severity: str,
    holder: UUID | None,
    people: PeopleFacts,
    at: datetime,
) -> tuple[Candidate, ...]:
    """Who stands in for `holder`, in order."""
    return tuple(item for item in named(matrices, workflow, key, severity, people, at) if item.person != holder)


def is_named(
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    key: str,
    severity: str,
    person: UUID,
    people: PeopleFacts,
    at: datetime,
) -> bool:
    """Whether the matrices name `person` for the role `key`, who may be away and counts all the same."""
    role = known(matrices, workflow).get(key)
    facts = people.people.get(person)
    if role is None or facts is None or not facts.active:
        return False
    holders = (*role.holders, *_alternates(matrices, workflow, role, severity))
    if any(authority.names(holder, person, people) for holder in holders):
        return True
    return any(item.person == person for item in named(matrices, workflow, key, severity, people, at))


def _alternates(matrices: Matrices, workflow: WorkflowFacts | None, role: Role, severity: str) -> Iterator[Holder]:
    """Who stands in where `role` answers: alternates of the rows that decide at `severity`, in document order."""
    duties = dict.fromkeys(
        row.responsibility for pinned in ranking.documents(matrices, workflow) for row in pinned.content.rows
    )
    for duty in duties:
        found = ownership.deciding(matrices, workflow, duty, severity)
        if found is not None and (found.row.holder.kind, found.row.holder.ref) == ("role", role.key):
            yield from (holder for holder in found.row.alternates if holder.kind != "role")
