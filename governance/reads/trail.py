"""Audit trails of workflows and documents, and what their entries say after a name."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.models import Document, Workflow
from governance.reads import sentences
from portal import registry
from portal.models import Department, Team
from portal.reads.trail import Kind

VERBS = {
    "change.withdrawn": _("withdrew the change"),
    "oncall.calendar_link_made": _("made a calendar address"),
    "oncall.calendar_link_revoked": _("revoked a calendar address"),
    "oncall.calendar_read": _("read shifts from a calendar"),
    "oncall.cover_accepted": _("took a shift"),
    "oncall.cover_asked": _("asked for cover"),
    "oncall.cover_declined": _("declined to cover"),
    "oncall.cover_withdrawn": _("asks for cover no more"),
    "oncall.handover_told": _("told of a hand-over"),
    "oncall.overridden": _("arranged a shift"),
    "oncall.override_changed": _("changed an arranged shift"),
    "oncall.override_withdrawn": _("took back an arranged shift"),
    "version.drafted": _("began a draft"),
    "version.edited": _("edited the draft"),
    "version.imported": _("read a version in"),
    "version.published": _("published a version"),
    "workflow.changed": _("told of a new version of the workflow"),
}

WORDS = {
    "accepted": pgettext_lazy("why", "accepted"),
    "calendar link": pgettext_lazy("why", "calendar link"),
    "calendar link revoked": pgettext_lazy("why", "calendar link revoked"),
    "declined": pgettext_lazy("why", "declined"),
    "draft begun": pgettext_lazy("why", "draft begun"),
    "draft edited": pgettext_lazy("why", "draft edited"),
    "imported as a draft": pgettext_lazy("why", "imported as a draft"),
    "not asked any more": pgettext_lazy("why", "not asked any more"),
    "read from a calendar": pgettext_lazy("why", "read from a calendar"),
    "taken back": pgettext_lazy("why", "taken back"),
    "workflow changed": pgettext_lazy("why", "workflow changed"),
}
FACTS = {
    "times": pgettext_lazy("fact", "times"),
}


def _named(document: Document) -> dict[str, Callable[[Any], str]]:
    """Whom a document is for by name."""

    def scope(key: Any) -> str:
        found = [row for model in (Team, Department) for row in model._base_manager.filter(pk=key)]
        return str(found[0]) if found else str(key)

    return {"scope_value": scope}


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
    registry.verbs.add_all(VERBS)
    registry.words.add_all(WORDS)
    registry.facts.add_all(FACTS)
    registry.readings.add("sentences", sentences.said)
    registry.named_values.add("governance.document", _named)
