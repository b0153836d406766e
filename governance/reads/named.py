"""What people call the things that contents name by id: names, not addresses and keys."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from governance.documents.interchange import reference_kind
from governance.documents.titles import Titles
from governance.models import Board, Document, Platform, Schedule, Workflow
from governance.reads import documents
from portal.models import Department, Team, User

MODELS: dict[str, Any] = {
    "person": User,
    "team": Team,
    "workflow": Workflow,
    "department": Department,
    "schedule": Schedule,
    "board": Board,
    "module": Document,
    "platform": Platform,
}
AT_ONCE = 5_000
"""So many ids are asked for in one statement."""


class Named:
    """Names of everything that some JSON values refer to; one query for each kind that is there."""

    def __init__(self, values: Iterable[Any]) -> None:
        wanted: dict[str, set[UUID]] = defaultdict(set)
        for value in values:
            _collect(value, wanted)
        self._names = {kind: _names(kind, ids) for kind, ids in wanted.items() if kind in MODELS}

    def name(self, kind: str, id: UUID) -> str | None:
        """What the thing is called, or None."""
        return self._names.get(kind, {}).get(id)


def titles() -> Titles:
    """What the company calls its responsibilities, roles and authorities; nothing while no company matrix is in force.

    Categories of exceptions are those of every escalation policy in force.
    """
    force = documents.in_force("matrix", "escalation")
    company = force.matrices().company
    if company is None:
        return {}
    return {
        "responsibility": {duty.key: duty.title for duty in company.content.responsibilities},
        "role": {role.key: role.title for role in company.content.roles},
        "authority": company.content.authorities,
        "category": {item.key: item.title for policy in force.policies() for item in policy.content.exceptions},
    }


def _collect(value: Any, wanted: dict[str, set[UUID]]) -> None:
    if isinstance(value, list):
        for item in value:
            _collect(item, wanted)
    elif isinstance(value, dict):
        for name, item in value.items():
            kind = reference_kind(name)
            if kind is None or not isinstance(item, str):
                _collect(item, wanted)
                continue
            try:
                wanted[kind].add(UUID(item))
            except ValueError:
                continue


def _names(kind: str, ids: set[UUID]) -> dict[UUID, str]:
    ordered = sorted(ids)
    found: dict[UUID, str] = {}
    for start in range(0, len(ordered), AT_ONCE):
        rows = MODELS[kind].objects.filter(pk__in=ordered[start : start + AT_ONCE])
        if kind == "person":
            found |= {pk: name or email for pk, name, email in rows.values_list("pk", "name", "email")}
        else:
            found |= dict(rows.values_list("pk", "title" if kind == "module" else "name"))
    return found
