"""Modules and playbooks that name what was deployed or changed are marked: somebody has to look at them (D56, D96).

A playbook names what the modules name that it is built from, each in the version that it pins.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.documents.sentences import stored as _
from governance.models import Document, Platform, Reference, Version, Workflow
from governance.models.versions import Kind
from governance.reads import documents
from portal import audit, history, limits

KINDS = (Kind.MODULE, Kind.PLAYBOOK)
PINNED = ("document_id", "digest", "document__title")
DEPLOYED = _("%(name)s was deployed: %(summary)s")
PLATFORM = _("The platform %(name)s has changed.")
INTEGRATION = _("What flows between %(one)s and %(other)s has changed.")
USES = _("It uses %(modules)s. %(why)s")


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
    scope = {"scope_kind": Document.ScopeKind.WORKFLOW, "scope_value__in": [str(pk) for pk in named]}
    naming = Q(effective_version__in=versions) | Q(**scope)
    modules = Version.objects.filter(document__kind=Kind.MODULE, frozen_at__isnull=False).filter(
        Q(pk__in=versions) | Q(document__in=Document.objects.filter(**scope))
    )
    by_module = _built_on(modules)
    rows = Document.objects.select_for_update(no_key=True).filter(kind__in=KINDS, recheck_since=None)
    rows = rows.filter(effective_version__isnull=False).filter(naming | Q(effective_version__in=by_module))
    found = list(rows.order_by("pk"))
    own = set(Document.objects.filter(naming, pk__in=[row.pk for row in found]).values_list("pk", flat=True))
    for document in found:
        said = why if document.pk in own else USES % {"modules": by_module[document.effective_version_id], "why": why}
        document.recheck_since, document.recheck_why = at, str(said)[: limits.REASON_LENGTH]
    history.bulk(found, update_fields=["recheck_since", "recheck_why"])
    action = audit.current()
    assert action is not None, "documents are marked inside an action"
    label = Document._meta.label_lower
    action.record_many(("document.recheck_asked", label, row.pk, {"why": row.recheck_why}) for row in found)
    return len(found)


def _built_on(modules: QuerySet[Version]) -> dict[UUID | None, str]:
    """The versions of playbooks in force that pin one of these versions of modules -> titles of those."""
    titles = {(module, digest): title for module, digest, title in modules.values_list(*PINNED)}
    if not titles:
        return {}
    found = {}
    for playbook in documents.in_force(Kind.PLAYBOOK).playbooks():
        pins = ((pin.module, pin.digest) for pin in playbook.content.pins)
        used = sorted({titles[pin] for pin in pins if pin in titles})
        if used:
            found[playbook.version] = ", ".join(used)
    return found
