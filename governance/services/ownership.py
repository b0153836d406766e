"""The read model of the matrices and guardian's rows: rebuilt with each publication, never edited.

Who may see which workflow, and who may draft which document of a workflow or a team (``reads/drafters.py``).

Call inside the transaction that changes what they come from, with the matrix documents locked
(``versions.lock``), so that two publications cannot each compile the other's old rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Model

from governance.documents.facts import WorkflowFacts
from governance.models import (
    Assignment,
    ChangeRequest,
    Document,
    DocumentGroupObjectPermission,
    DocumentUserObjectPermission,
    Version,
    Workflow,
    WorkflowGroupObjectPermission,
    WorkflowUserObjectPermission,
)
from governance.reads import assignments, documents, people
from governance.reads import drafters as drafter_reads
from governance.reads.assignments import Held, Viewer
from governance.reads.drafters import Drafter
from governance.rules import ownership
from governance.services import versions
from portal import audit, bulk, registry
from portal.models import Team, User

Right = TypeVar("Right", Viewer, Drafter)
NAMED = 100
"""So many changed viewers are named in a preview or an audit entry; the rest is counted."""


@dataclass(frozen=True)
class Rights(Generic[Right]):
    """Who gets rights of one kind, and who loses them: ids, and up to NAMED of each in words."""

    added: tuple[Right, ...] = ()
    removed: tuple[Right, ...] = ()
    added_names: tuple[str, ...] = ()
    removed_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview(Rights[Viewer]):
    """Who comes to see which workflow, and who no longer does; `drafts`: the same for who may draft which document."""

    drafts: Rights[Drafter] = Rights()

    def __str__(self) -> str:
        added = len(self.added) + len(self.drafts.added)
        return f"+{added} -{len(self.removed) + len(self.drafts.removed)}"


def preview(version: Version) -> Preview:
    """What publishing `version` of a matrix would change in who may see workflows and draft documents; writes nothing.

    Empty for other kinds of document.
    """
    if version.document.kind != "matrix":
        return Preview()
    draft, now = documents.of(version), documents.matrices()
    if draft.content.scope.kind == "team":
        matrices = ownership.Matrices(now.company, {**now.teams, draft.content.scope.team: draft})
    else:
        matrices = ownership.Matrices(draft, now.teams)
    chosen = list(people.workflows().values())
    wanted = assignments.viewers(matrices, chosen, assignments.held(matrices, chosen))
    drafts = _difference(drafter_reads.drafters(matrices, chosen), drafter_reads.stored())
    return _named(_difference(wanted, assignments.stored_viewers()), drafts)


def rebuild(workflows: Collection[UUID] | None = None) -> Preview:
    """Make Assignment and guardian's rows of `workflows` (None = all) equal to the effective matrices.

    Writes only what differs, in at most six statements per two thousand changed rows. Returns what changed. Who may
    draft follows for all documents: what is for a team hangs on all of its workflows.
    """
    matrices, every = documents.matrices(), people.workflows()
    chosen = [item for key, item in every.items() if workflows is None or key in workflows]
    wanted = assignments.held(matrices, chosen)
    keys = None if workflows is None else [workflow.id for workflow in chosen]
    _write_assignments(wanted, assignments.stored(keys))
    views = _write_viewers(assignments.viewers(matrices, chosen, wanted), keys)
    return _named(views, _write_drafters(matrices, list(every.values())))


def follow(document: Document, version: Version, change: ChangeRequest, *, at: datetime) -> None:
    """A document of a workflow or a team came into force or went out of it: its drafters follow.

    A matrix has been compiled by then. Locks the matrices, so that none is published meanwhile.
    """
    if document.kind in drafter_reads.DRAFTED and document.scope_kind in ("workflow", "team"):
        versions.lock_matrices()
        _write_drafters(documents.matrices(), list(people.workflows().values()))


def register() -> None:
    registry.published.add("governance.drafters", follow)


def _write_assignments(wanted: Collection[Held], stored: dict[Held, int]) -> None:
    known = set(wanted)
    gone = [pk for item, pk in stored.items() if item not in known]
    _delete(Assignment, gone)
    fresh = [item for item in wanted if item not in stored]
    bulk.insert_values(
        Assignment,
        [
            {
                "workflow_id": item.workflow,
                "responsibility": item.responsibility,
                "severity": item.severity,
                "letter": item.letter,
                "position": item.position,
                "user_id": item.user,
                "team_id": item.team,
                "schedule_id": item.schedule,
                "role": item.role,
                "version_id": item.version,
                "row": item.row,
            }
            for item in fresh
        ],
    )


def _write_viewers(wanted: set[Viewer], workflows: Iterable[UUID] | None) -> Rights[Viewer]:
    stored = assignments.stored_viewers(workflows)
    change = _difference(wanted, stored)
    tables = {"user": WorkflowUserObjectPermission, "team": WorkflowGroupObjectPermission}
    _write_rights(change, {item: key for item, (_kind, key) in stored.items()}, tables, "view_workflow")
    return change


def _write_drafters(matrices: ownership.Matrices, workflows: Collection[WorkflowFacts]) -> Rights[Drafter]:
    stored = drafter_reads.stored()
    change = _named_drafts(_difference(drafter_reads.drafters(matrices, workflows), stored))
    tables = {"user": DocumentUserObjectPermission, "team": DocumentGroupObjectPermission}
    _write_rights(change, stored, tables, drafter_reads.CODENAME)
    _record(change)
    return change


def _write_rights(change: Rights[Right], stored: Mapping[Right, int], tables: Mapping[str, Any], codename: str) -> None:
    """Let guardian's `tables` (of users, of teams) hold what changed."""
    for kind, table in tables.items():
        _delete(table, [stored[item] for item in change.removed if item.kind == kind])
    if not change.added:
        return
    model = codename.split("_")[1]
    permission = Permission.objects.get(
        codename=codename, content_type__app_label="governance", content_type__model=model
    )
    groups = assignments.groups_of_teams()
    common = {"permission_id": permission.pk}
    for kind, table in tables.items():
        rows = [item for item in change.added if item.kind == kind]
        who = {item: groups[item.holder] if kind == "team" else item.holder for item in rows}
        column = "group_id" if kind == "team" else "user_id"
        bulk.insert_values(table, [common | {column: who[item], "content_object_id": item[0]} for item in rows])


def _record(change: Rights[Drafter]) -> None:
    """Guardian's tables have no history of their own: the ledger says who may draft each document from now on."""
    action = audit.current()
    if action is None:
        return
    said: dict[UUID, dict[str, list[str]]] = defaultdict(dict)
    for word, items in (("added", change.added), ("removed", change.removed)):
        for item in items:
            said[item.document].setdefault(word, []).append(f"{item.kind} {item.holder}")
    label = Document._meta.label_lower
    action.record_many([("document.drafters_changed", label, key, dict(data)) for key, data in said.items()])


def _delete(table: type[Model], keys: list[int]) -> None:
    if keys:
        table._base_manager.filter(pk__any=keys).delete()


def _difference(wanted: set[Right], stored: Collection[Right]) -> Rights[Right]:
    before = set(stored)
    return Rights(tuple(sorted(wanted - before, key=_order)), tuple(sorted(before - wanted, key=_order)))


def _order(item: Viewer | Drafter) -> tuple[str, str, str]:
    return str(item[0]), item.kind, str(item.holder)


def _named(views: Rights[Viewer], drafts: Rights[Drafter]) -> Preview:
    names = _words(views, dict(Workflow.objects.filter(pk__in=_objects(views)).values_list("pk", "name")))
    return Preview(views.added, views.removed, *names, drafts=_named_drafts(drafts))


def _named_drafts(change: Rights[Drafter]) -> Rights[Drafter]:
    if change.added_names or change.removed_names or not (change.added or change.removed):
        return change
    titles = dict(Document.objects.filter(pk__in=_objects(change)).values_list("pk", "title"))
    return Rights(change.added, change.removed, *_words(change, titles))


def _shown(change: Rights[Any]) -> list[Any]:
    return [*change.added[:NAMED], *change.removed[:NAMED]]


def _objects(change: Rights[Any]) -> set[UUID]:
    return {item[0] for item in _shown(change)}


def _words(change: Rights[Any], names: Mapping[UUID, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was added and removed, up to NAMED of each, as "object: holder"."""
    shown = _shown(change)
    holders: dict[UUID, str] = dict(
        Team.objects.filter(pk__in={item.holder for item in shown if item.kind == "team"}).values_list("pk", "name")
    )
    users = User.objects.filter(pk__in={item.holder for item in shown if item.kind == "user"})
    holders.update((user.pk, str(user)) for user in users)
    added, removed = (
        tuple(sorted(f"{names[item[0]]}: {holders[item.holder]}" for item in items[:NAMED]))
        for items in (change.added, change.removed)
    )
    return added, removed
