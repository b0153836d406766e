"""Audit trails of workflows and documents, and what their entries say after a name."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from governance.models import Document, Workflow
from portal import registry
from portal.reads.trail import Kind

VERBS = {
    "change.withdrawn": _("withdrew the change"),
    "version.drafted": _("began a draft"),
    "version.edited": _("edited the draft"),
    "version.imported": _("read a version in"),
    "version.published": _("published a version"),
    "workflow.changed": _("told of a new version of the workflow"),
}


def _workflow(key: str) -> Any:
    return Workflow.objects.filter(key=key).first()


def _document(key: str) -> Any:
    try:
        return Document.objects.filter(pk=UUID(key)).first()
    except ValueError:
        return None


def register() -> None:
    registry.trails.add("workflow", Kind(_("Process"), _workflow))
    registry.trails.add("document", Kind(_("Document"), _document))
    for verb, words in VERBS.items():
        registry.verbs.add(verb, words)
