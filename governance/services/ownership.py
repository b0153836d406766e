"""The read model of the matrices and guardian's view rows: rebuilt with each publication, never edited.

Call inside the transaction that changes what they come from, with the matrix documents locked
(``versions.lock``), so that two publications cannot each compile the other's old rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Model

from governance.models import (
    Assignment,
    Version,
    Workflow,
    WorkflowGroupObjectPermission,
    WorkflowUserObjectPermission,
)
from governance.reads import assignments, documents, people
from governance.reads.assignments import Held, Viewer
from governance.rules import ownership
from portal import bulk
from portal.models import Team, User

NAMED = 100
"""So many changed viewers are named in a preview or an audit entry; the rest is counted."""


@dataclass(frozen=True)
class Preview:
    """Who comes to see which workflow, and who no longer does: ids, and up to NAMED of each in words."""

    added: tuple[Viewer, ...]
    removed: tuple[Viewer, ...]
    added_names: tuple[str, ...] = ()
    removed_names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"+{len(self.added)} -{len(self.removed)}"


def preview(version: Version) -> Preview:
    """What publishing `version` of a matrix would change in who may see workflows; writes nothing.

    Empty for other kinds of document.
    """
    if version.document.kind != "matrix":
        return Preview((), ())
    draft, now = documents.of(version), documents.matrices()
    if draft.content.scope.kind == "team":
        matrices = ownership.Matrices(now.company, {**now.teams, draft.content.scope.team: draft})
    else:
        matrices = ownership.Matrices(draft, now.teams)
    chosen = list(people.workflows().values())
    wanted = assignments.viewers(matrices, chosen, assignments.held(matrices, chosen))
    return _named(_difference(wanted, assignments.stored_viewers()))


def rebuild(workflows: Collection[UUID] | None = None) -> Preview:
    """Make Assignment and guardian's rows of `workflows` (None = all) equal to the effective matrices.

    Writes only what differs, in at most six statements per two thousand changed rows. Returns what changed.
    """
    matrices = documents.matrices()
    chosen = [item for key, item in people.workflows().items() if workflows is None or key in workflows]
    wanted = assignments.held(matrices, chosen)
    keys = None if workflows is None else [workflow.id for workflow in chosen]
    _write_assignments(wanted, assignments.stored(keys))
    return _write_viewers(assignments.viewers(matrices, chosen, wanted), keys)


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


def _write_viewers(wanted: set[Viewer], workflows: Iterable[UUID] | None) -> Preview:
    stored = assignments.stored_viewers(workflows)
    change = _difference(wanted, stored)
    tables: dict[str, Any] = {"user": WorkflowUserObjectPermission, "team": WorkflowGroupObjectPermission}
    for kind, table in tables.items():
        _delete(table, [stored[item][1] for item in change.removed if item.kind == kind])
    if change.added:
        permission = Permission.objects.get(
            codename="view_workflow", content_type__app_label="governance", content_type__model="workflow"
        )
        groups = assignments.groups_of_teams()
        common = {"permission_id": permission.pk}
        bulk.insert_values(
            WorkflowUserObjectPermission,
            [
                common | {"user_id": item.holder, "content_object_id": item.workflow}
                for item in change.added
                if item.kind == "user"
            ],
        )
        bulk.insert_values(
            WorkflowGroupObjectPermission,
            [
                common | {"group_id": groups[item.holder], "content_object_id": item.workflow}
                for item in change.added
                if item.kind == "team"
            ],
        )
    return _named(change)


def _delete(table: type[Model], keys: list[int]) -> None:
    if keys:
        table._base_manager.filter(pk__any=keys).delete()


def _difference(wanted: set[Viewer], stored: Collection[Viewer]) -> Preview:
    before = set(stored)
    return Preview(tuple(sorted(wanted - before, key=_order)), tuple(sorted(before - wanted, key=_order)))


def _order(item: Viewer) -> tuple[str, str, str]:
    return str(item.workflow), item.kind, str(item.holder)


def _named(change: Preview) -> Preview:
    shown = [*change.added[:NAMED], *change.removed[:NAMED]]
    workflows = dict(Workflow.objects.filter(pk__in={item.workflow for item in shown}).values_list("pk", "name"))
    holders: dict[UUID, str] = dict(
        Team.objects.filter(pk__in={item.holder for item in shown if item.kind == "team"}).values_list("pk", "name")
    )
    users = User.objects.filter(pk__in={item.holder for item in shown if item.kind == "user"})
    holders.update((user.pk, str(user)) for user in users)

    def words(items: tuple[Viewer, ...]) -> tuple[str, ...]:
        return tuple(sorted(f"{workflows[item.workflow]}: {holders[item.holder]}" for item in items[:NAMED]))

    return Preview(change.added, change.removed, words(change.added), words(change.removed))
