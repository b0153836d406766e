"""Who may draft the documents of a workflow or a team, because the effective matrices make them answer for it (U5).

Whoever is responsible or accountable for a workflow, the people behind a role or schedule that is, and its team draft
what is for that workflow or for that team. Matrices and approval policies are left out: who holds a duty does not
decide by that who holds duties, or who approves. Of documents that are for more than one team, nobody follows from
a matrix. ``services/ownership.py`` writes it; the invariant compares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from governance.documents.facts import WorkflowFacts
from governance.models import Document, DocumentGroupObjectPermission, DocumentUserObjectPermission
from governance.models.versions import Kind
from governance.reads import assignments
from governance.rules import ownership

DRAFTED = tuple(kind for kind in Kind.values if kind not in (Kind.MATRIX, Kind.APPROVAL))
CODENAME = "change_document"
ACTING = ("R", "A")


class Drafter(NamedTuple):
    """Who may draft a document: `kind` is user or team, `holder` its id."""

    document: UUID
    kind: str
    holder: UUID


def drafters(matrices: ownership.Matrices, workflows: Collection[WorkflowFacts]) -> set[Drafter]:
    """Who may draft which document in force; `workflows` are all that there are. One query, two with schedules."""
    scoped = Document.objects.filter(
        kind__in=DRAFTED, scope_kind__in=["workflow", "team"], effective_version__isnull=False
    )
    rows = list(scoped.values_list("pk", "scope_kind", "scope_value"))
    if not rows:
        return set()
    places: dict[tuple[str, str], set[tuple[str, UUID]]] = {(kind, value): set() for _pk, kind, value in rows}
    concerned = [item for item in workflows if not places.keys().isdisjoint(_places(item))]
    held = [item for item in assignments.held(matrices, concerned) if item.letter in ACTING]
    acting: dict[UUID, set[tuple[str, UUID]]] = defaultdict(set)
    for viewer in assignments.viewers(matrices, concerned, held):
        acting[viewer.workflow].add((viewer.kind, viewer.holder))
    for item in concerned:
        for place in places.keys() & _places(item):
            places[place] |= acting[item.id]
    return {
        Drafter(pk, *who)
        for pk, kind, value in rows
        for who in places[kind, value] | ({("team", UUID(value))} if kind == "team" else set())
    }


def _places(workflow: WorkflowFacts) -> set[tuple[str, str]]:
    return {("workflow", str(workflow.id)), ("team", str(workflow.team))}


def stored() -> dict[Drafter, int]:
    """Guardian's rows as drafters, with the id of the row; two queries. A group that is no team is left out."""
    chosen = {"permission__codename": CODENAME}
    users = DocumentUserObjectPermission.objects.filter(**chosen).values_list("pk", "content_object_id", "user_id")
    groups = DocumentGroupObjectPermission.objects.filter(group__team__isnull=False, **chosen)
    found = {Drafter(document, "user", user): pk for pk, document, user in users}
    for pk, document, team in groups.values_list("pk", "content_object_id", "group__team"):
        found[Drafter(document, "team", team)] = pk
    return found
