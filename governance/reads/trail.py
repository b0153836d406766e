"""Audit trails of workflows and documents, and what their entries say after a name."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.models import Board, ChangeRequest, Document, GovernanceReview, Workflow
from governance.reads import sentences
from portal import registry
from portal.models import Department, Team
from portal.reads.trail import Kind

VERBS = {
    "change.approval_lost": _("lost the approvals that it had"),
    "change.approved": _("approved the change"),
    "change.commented": _("said something about the change"),
    "change.comment_answered": _("answered a remark"),
    "change.comment_settled": _("settled a remark"),
    "change.conflicted": _("found that another version came first"),
    "change.expired": _("let the change lapse"),
    "change.rebased": _("took the change over onto what is in force"),
    "change.glass_broken": _("broke the glass"),
    "change.recalled": _("called the change back"),
    "change.rejected": _("rejected the change"),
    "change.retrospective_accepted": _("accepted the emergency change"),
    "change.retrospective_late": _("waits for a judgment that is overdue"),
    "change.retrospective_rejected": _("did not accept the emergency change"),
    "change.reviewed": _("gave a verdict"),
    "change.submitted": _("sent the change for review"),
    "change.withdrawn": _("withdrew the change"),
    "document.attested": _("has read and understood it"),
    "document.drafters_changed": _("changed who may draft it"),
    "document.checked": _("looked whether it still fits"),
    "document.recheck_asked": _("asked to check it again"),
    "governance_review.held": _("held the governance review"),
    "governance_review.opened": _("opened a governance review"),
    "delegation.ended": _("decides for somebody no more"),
    "delegation.given": _("let somebody decide in their place"),
    "delegation.taken_back": _("took back that somebody decides in their place"),
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
    "policy.installed": _("installed the first approval policy"),
    "policy.repaired": _("repaired the approval policy"),
    "version.published": _("published a version"),
    "version.retired": _("retired the document"),
    "workflow.changed": _("told of a new version of the workflow"),
}

WORDS = {
    "accepted": pgettext_lazy("why", "accepted"),
    "answered": pgettext_lazy("why", "answered"),
    "commented": pgettext_lazy("why", "commented"),
    "settled": pgettext_lazy("why", "settled"),
    "draft described": pgettext_lazy("why", "draft described"),
    "emergency": pgettext_lazy("why", "emergency"),
    "emergency change begun": pgettext_lazy("why", "emergency change begun"),
    "first approval policy": pgettext_lazy("why", "first approval policy"),
    "first board": pgettext_lazy("why", "first board"),
    "its time has come": pgettext_lazy("why", "its time has come"),
    "published": pgettext_lazy("why", "published"),
    "recalled": pgettext_lazy("why", "recalled"),
    "repair": pgettext_lazy("why", "repaired"),
    "retire": pgettext_lazy("why", "retired"),
    "roll back": pgettext_lazy("why", "brought back"),
    "sent for review": pgettext_lazy("why", "sent for review"),
    "taken over": pgettext_lazy("why", "taken over"),
    "withdrawn": pgettext_lazy("why", "withdrawn"),
    "checked": pgettext_lazy("why", "checked"),
    "default topics": pgettext_lazy("why", "default topics"),
    "notes of a review": pgettext_lazy("why", "notes of a review"),
    "read and understood": pgettext_lazy("why", "read and understood"),
    "review held": pgettext_lazy("why", "review held"),
    "time of checks set": pgettext_lazy("why", "time of checks set"),
    "training recorded": pgettext_lazy("why", "training recorded"),
    "calendar link": pgettext_lazy("why", "calendar link"),
    "calendar link revoked": pgettext_lazy("why", "calendar link revoked"),
    "declined": pgettext_lazy("why", "declined"),
    "draft begun": pgettext_lazy("why", "draft begun"),
    "draft edited": pgettext_lazy("why", "draft edited"),
    "draft imported": pgettext_lazy("why", "draft imported"),
    "imported as a draft": pgettext_lazy("why", "imported as a draft"),
    "not asked any more": pgettext_lazy("why", "not asked any more"),
    "read from a calendar": pgettext_lazy("why", "read from a calendar"),
    "taken back": pgettext_lazy("why", "taken back"),
    "workflow changed": pgettext_lazy("why", "workflow changed"),
}
FACTS = {
    "added": pgettext_lazy("fact", "from now on"),
    "removed": pgettext_lazy("fact", "no longer"),
    "times": pgettext_lazy("fact", "times"),
}


def _named(document: Document) -> dict[str, Callable[[Any], str]]:
    """Whom a document is for by name."""

    def scope(key: Any) -> str:
        found = [row for model in (Team, Department) for row in model._base_manager.filter(pk=key)]
        return str(found[0]) if found else str(key)

    return {"scope_value": scope}


def _board(key: str) -> Any:
    return Board.objects.filter(key=key).first()


def _workflow(key: str) -> Any:
    return Workflow.objects.filter(key=key).first()


def _change(key: str) -> Any:
    return ChangeRequest.objects.filter(reference=key).first()


def _workflows(text: str) -> Any:
    return Workflow.objects.filter(name__icontains=text).order_by("name", "pk")


def _boards(text: str) -> Any:
    return Board.objects.filter(name__icontains=text).order_by("name", "pk")


def _documents(text: str) -> Any:
    return Document.objects.filter(title__icontains=text).order_by("title", "pk")


def _review(key: str) -> Any:
    return GovernanceReview.objects.filter(reference=key).first()


def _document(key: str) -> Any:
    try:
        return Document.objects.filter(pk=UUID(key)).first()
    except ValueError:
        return None


def register() -> None:
    by_key, by_reference = attrgetter("key"), attrgetter("reference")
    registry.trails.add(
        "workflow", Kind(_("Process"), _workflow, label="governance.workflow", key=by_key, named=_workflows)
    )
    registry.trails.add("board", Kind(_("Board"), _board, label="governance.board", key=by_key, named=_boards))
    of_documents: dict[str, Any] = {"label": "governance.document", "key": lambda row: str(row.pk), "named": _documents}
    registry.trails.add("document", Kind(_("Document"), _document, **of_documents))
    of_changes: dict[str, Any] = {"label": "governance.changerequest", "key": by_reference}
    registry.trails.add("change", Kind(_("Change"), _change, **of_changes))
    of_reviews: dict[str, Any] = {"label": "governance.governancereview", "key": by_reference}
    registry.trails.add("governance-review", Kind(_("Governance review"), _review, **of_reviews))
    registry.verbs.add_all(VERBS)
    registry.words.add_all(WORDS)
    registry.facts.add_all(FACTS)
    registry.readings.add("sentences", sentences.said)
    registry.named_values.add("governance.document", _named)
