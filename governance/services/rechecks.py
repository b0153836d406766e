"""Modules and playbooks that name what was deployed or changed are marked: somebody has to look at them (D56, D96)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from governance.documents.sentences import stored as _
from governance.models import Document, Platform, Reference, Workflow
from governance.models.versions import Kind
from portal import audit, history, limits

KINDS = (Kind.MODULE, Kind.PLAYBOOK)
DEPLOYED = _("%(name)s was deployed: %(summary)s")
PLATFORM = _("The platform %(name)s has changed.")
INTEGRATION = _("What flows between %(one)s and %(other)s has changed.")


def deployed(*, workflow: Workflow, summary: str, at: datetime) -> int:
    """A new version of `workflow` runs: mark what names it; returns how many documents. Inside ``audit.action``."""
    return _mark([workflow.pk], DEPLOYED % {"name": workflow.name, "summary": summary}, at)


def platform_changed(*, platform: Platform, at: datetime) -> int:
    """What is known of `platform` has changed: mark what names it. Call inside ``audit.action``."""
    return _mark([platform.pk], PLATFORM % {"name": platform.name}, at)


def integration_changed(*, upstream: Workflow, downstream: Workflow, at: datetime) -> int:
    """Something else flows between two workflows: mark what names either. Call inside ``audit.action``."""
    said = INTEGRATION % {"one": upstream.name, "other": downstream.name}
    return _mark([upstream.pk, downstream.pk], said, at)


def _mark(named: Collection[UUID], why: str, at: datetime) -> int:
    """Mark the documents in force that name one of `named`, unless they are marked already; locks them."""
    versions = Reference.objects.filter(
        target_type__in=["governance.workflow", "governance.platform"], target_id__in=list(named)
    ).values("version")
    scoped = Q(scope_kind=Document.ScopeKind.WORKFLOW, scope_value__in=[str(pk) for pk in named])
    rows = Document.objects.select_for_update(no_key=True).filter(kind__in=KINDS, recheck_since=None)
    rows = rows.filter(effective_version__isnull=False).filter(scoped | Q(effective_version__in=versions))
    found = list(rows.order_by("pk"))
    for document in found:
        document.recheck_since, document.recheck_why = at, str(why)[: limits.REASON_LENGTH]
    history.bulk(found, update_fields=["recheck_since", "recheck_why"])
    action = audit.current()
    assert action is not None, "documents are marked inside an action"
    label = Document._meta.label_lower
    action.record_many(("document.recheck_asked", label, row.pk, {"why": row.recheck_why}) for row in found)
    return len(found)
