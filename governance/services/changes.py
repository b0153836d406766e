"""Change requests. Until approval policies land there is one way: a governance admin publishes a draft.

That writes one approving ``Review``, bound to the digest, under the provisional rule of ``rules.approval``.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.documents import base
from governance.documents.facts import Finding
from governance.models import ChangeRequest, Document, Review, Version
from governance.models.changes import ChangeState
from governance.reads import changes as reads
from governance.reads import sentences
from governance.rules import approval
from governance.services import ownership, versions
from portal import access, audit, ids, limits
from portal.errors import DomainError
from portal.models import User


class ReasonMissing(DomainError):
    """Nobody could later say why the rules changed."""


class Conflicted(DomainError):
    """Another version came into force since the draft was begun."""


class NotPublishable(DomainError):
    """A blocking finding, a digest that does not fit, or nothing that would change; `findings` may say more."""

    def __init__(self, sentence: str, findings: tuple[Finding, ...] = ()) -> None:
        self.findings = findings
        super().__init__(sentence)


def publish(*, version: Version, reason: str, by: User, at: datetime) -> ChangeRequest:
    """Freeze the draft `version` and bring it into force at once.

    Locks the document (of a matrix: all matrices). Raises access.Refused, ReasonMissing, versions.Frozen,
    Conflicted, NotPublishable; then nothing was changed.
    """
    reason = reason.strip()
    if not reason or len(reason) > limits.REASON_LENGTH:
        sentence = _("Say in up to %(count)s characters why this version shall take effect.")
        raise ReasonMissing(sentence % {"count": limits.REASON_LENGTH})
    with audit.action(actor=by, reason=reason, at=at) as action:
        document = versions.lock(version.document)
        version = versions.open_draft(version)
        access.require(by, "publish", document)
        _refuse_unpublishable(document, version, at)
        version.frozen_at = at
        version.save(update_fields=["frozen_at"])
        request, verdict = _approve(document, version, reason, by, at)
        _take_effect(document, version)
        data: dict[str, Any] = {"digest": version.digest, "number": version.number, "change": request.reference}
        data |= {"rule": verdict.rule, "note": verdict.sentence}
        if document.kind == "matrix":
            views = ownership.rebuild()
            data["views"] = {"change": str(views), "added": views.added_names, "removed": views.removed_names}
        action.record(verb="version.published", target=version, data=data)
    return request


def _refuse_unpublishable(document: Document, version: Version, at: datetime) -> None:
    if version.based_on_id != document.effective_version_id:
        raise Conflicted(_("Another version came into force since this draft was begun; make a new draft from it."))
    if base.digest(version.content) != version.digest:
        raise NotPublishable(_("The stored text does not fit its digest. Nothing was published; tell the operators."))
    if document.effective_version is not None and document.effective_version.digest == version.digest:
        raise NotPublishable(_("This is word for word what is already in force."))
    blocking = tuple(item for item in reads.findings(version, at=at) if item.blocking)
    if blocking:
        more = _(" (and %(count)s more)") % {"count": len(blocking) - 1} if blocking[1:] else ""
        raise NotPublishable(_("Cannot be published: ") + sentences.said(blocking[0].message) + more, blocking)


def _approve(
    document: Document, version: Version, reason: str, by: User, at: datetime
) -> tuple[ChangeRequest, approval.Verdict]:
    """The change request and its one review. Raises NotPublishable when the rule is not satisfied by it."""
    contributors = tuple(version.edits.values_list("by_id", flat=True).distinct())
    change = approval.ChangeFacts(document.kind, version.digest, by.pk, contributors)
    given = [approval.ReviewFacts(by.pk, "approve", version.digest)]
    verdict = approval.evaluate(None, change, given, eligible=reads.eligible())
    if not verdict.satisfied:
        raise NotPublishable(" ".join(map(sentences.said, [verdict.sentence, *verdict.waits_for])))
    request = _open_request(version) or ChangeRequest(
        reference=ids.reference("CHG", at.year),
        document=document,
        version=version,
        reason=reason,
        requested_by=by,
        requested_at=at,
    )
    request.state, request.published_at = ChangeState.PUBLISHED, at
    request.save()
    Review.objects.create(
        change_request=request,
        digest=version.digest,
        verdict=Review.Verdict.APPROVE,
        by=by,
        at=at,
        rule=verdict.rule,
        note=verdict.sentence,
    )
    return request, verdict


def _open_request(version: Version) -> ChangeRequest | None:
    """The request that has asked for `version` since it was drafted; it keeps who asked and why."""
    rows = ChangeRequest.objects.select_for_update(no_key=True).order_by("requested_at")
    return rows.filter(version=version, state=ChangeState.DRAFT).first()


def _take_effect(document: Document, version: Version) -> None:
    document.effective_version = version
    document.title = base.load(document.kind, version.content).title
    document.save(update_fields=["effective_version", "title"])
