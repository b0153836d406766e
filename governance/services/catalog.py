"""The catalog: what a change of a workflow means for who may see it."""

from governance.models import Document, Workflow
from governance.models.versions import Kind
from governance.services import ownership


def save_workflow(*, workflow: Workflow) -> Workflow:
    """Save `workflow` and compile its rows; call inside ``audit.action``.

    Locks the matrices first: a publication holds them while it compiles all workflows.
    """
    list(Document.objects.select_for_update(no_key=True).filter(kind=Kind.MATRIX).order_by("pk"))
    workflow.save()
    ownership.rebuild([workflow.pk])
    return workflow
