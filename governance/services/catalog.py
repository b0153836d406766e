"""The catalog: what a change of a workflow means for who may see it."""

from governance.models import Workflow
from governance.services import ownership, versions


def save_workflow(*, workflow: Workflow) -> Workflow:
    """Save `workflow` and compile its rows; call inside ``audit.action``.

    Locks the matrices first: a publication holds them while it compiles all workflows.
    """
    versions.lock_matrices()
    workflow.save()
    ownership.rebuild([workflow.pk])
    return workflow
