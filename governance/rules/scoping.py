"""Which of several effective documents of one kind applies: the most specific one (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from governance.documents.base import Content, Pinned
from governance.documents.facts import WorkflowFacts

C = TypeVar("C", bound=Content)


def applicable(
    documents: Iterable[Pinned[C]], *, workflow: WorkflowFacts | None, department: UUID | None = None
) -> Pinned[C] | None:
    """The most specific of `documents`: workflow, team, department, criticality, then company default.

    `department` defaults to the workflow's. None = none fits.
    """
    refs: dict[str, UUID | str | None] = {"default": None}
    if workflow is not None:
        refs.update(
            workflow=workflow.id, team=workflow.team, criticality=workflow.criticality, department=workflow.department
        )
    if department is not None:
        refs["department"] = department
    order = ("workflow", "team", "department", "criticality", "default")
    best: Pinned[C] | None = None
    rank = len(order)
    for pinned in documents:
        scope = pinned.content.scope  # type: ignore[attr-defined]
        fits = scope.kind in refs and refs[scope.kind] == scope.ref
        if fits and order.index(scope.kind) < rank:
            best, rank = pinned, order.index(scope.kind)
    return best
