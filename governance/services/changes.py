"""Change requests: begun as a draft, described, sent for review, called back, withdrawn (D52-D54).

What becomes of them afterwards is in ``reviews``, ``judging`` and ``publishing``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.documents.approval import Approval
from governance.documents.facts import Finding
from governance.models import ChangeRequest, Document, Version
from governance.models.changes import JUDGED_STATES, Band, ChangeAction, ChangeModel, ChangeState
from governance.reads import approval as reads
from governance.reads import drafts, sentences
from governance.rules import risk
from governance.services import digests, judging, lifecycle, publishing, turnarounds, versions
from portal import access, audit, ids, limits, timers
from portal.errors import DomainError
from portal.models import User

DESCRIBED = ("reason", "answers", "stated_band", "publish_at", "falls_back_at")
"""What whoever asks may say about a draft."""


class ReasonMissing(DomainError):
    """Nobody could later say why the rules changed."""


class Conflicted(DomainError):
    """Another version came into force since the draft was begun."""


class NotSubmittable(DomainError):
    """A blocking finding, an unanswered question, or nothing that would change; `findings` may say more."""

    def __init__(self, sentence: str, findings: Sequence[Finding] = ()) -> None:
        self.findings = tuple(findings)
        super().__init__(sentence)


class EndsTooEarly(NotSubmittable):
    """It would end before it begins, or before now."""


class Unanswered(NotSubmittable):
    """Somebody has to say first how risky it is."""


class NotSatisfiable(DomainError):
    """Nobody could approve it under the policy in force."""


class NotOpen(DomainError):
    """It is in another state than the one in which this can be done."""


class AlreadyOpen(DomainError):
    """The person has an open change of this document already; `reference` says which."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        sentence = _("You have an open change of this document already: %(reference)s. Go on there, or withdraw it.")
        super().__init__(sentence % {"reference": reference})


def begin(*, document: Document, by: User, at: datetime, reason: str = "") -> ChangeRequest:
    """A draft of `by` that says what is in force now, or nothing where nothing is; the one that they have, if any.

    Locks the document. Raises access.Refused, AlreadyOpen (theirs is in review).
    """
    with audit.action(actor=by, reason=reason or "draft begun", at=at):
        access.require(by, "draft", document)
        document = versions.lock(document)
        mine = open_of(document, by)
        if mine is not None and mine.state != ChangeState.DRAFT:
            raise AlreadyOpen(mine.reference)
        if mine is not None:
            return mine
        if document.effective_version is not None:
            version = versions.draft_from_effective(document=document, by=by, at=at)
        else:
            version = versions.draft_of(document, drafts.empty(document), by, at)
        return ask(document=document, version=version, reason=reason, by=by, at=at)


def open_of(document: Document, by: User) -> ChangeRequest | None:
    """The one open normal change of `document` that `by` has asked for."""
    rows = ChangeRequest.objects.open().filter(document=document, requested_by=by, model=ChangeModel.NORMAL)
    return rows.first()


def refuse_second(change: ChangeRequest) -> None:
    """Raises AlreadyOpen when whoever asked for `change` has another normal one of its document."""
    mine = open_of(change.document, change.requested_by)
    if mine is not None and mine.pk != change.pk:
        raise AlreadyOpen(mine.reference)


def ask(
    *,
    document: Document,
    version: Version,
    reason: str,
    by: User,
    at: datetime,
    action: str = ChangeAction.PUBLISH,
    **more: Any,
) -> ChangeRequest:
    """A new change request for `version`, a draft. Inside the caller's action, under its lock of the document."""
    change = ChangeRequest(
        reference=ids.reference("CHG", at.year),
        document=document,
        version=version,
        action=action,
        reason=reason[: limits.REASON_LENGTH],
        requested_by=by,
        requested_at=at,
        **more,
    )
    change.save(force_insert=True)
    return change


def describe(*, change: ChangeRequest, by: User, at: datetime, said: Mapping[str, Any]) -> ChangeRequest:
    """Keep what `by` says about the draft: the fields of DESCRIBED that `said` holds.

    Raises NotOpen, NotSubmittable (a limited change that ends before it begins, or that was approved with an earlier
    end or a higher risk), access.Refused.
    """
    with audit.action(actor=by, reason="draft described", at=at):
        change = lifecycle.lock(change)
        require_author(by, change)
        lifecycle.refuse_unless(change, (ChangeState.DRAFT,), NotOpen)
        change.calculated_band = calculated(change)
        band, end = change.band, change.falls_back_at
        for name in DESCRIBED:
            if name in said:
                setattr(change, name, said[name])
        change.reason = change.reason[: limits.REASON_LENGTH]
        change.calculated_band = calculated(change)
        _refuse_times(change, at)
        _refuse_more_than_approved(change, band, end)
        change.save(update_fields=[*DESCRIBED, "calculated_band"])
    return change


def _refuse_times(change: ChangeRequest, at: datetime) -> None:
    begins = max(change.publish_at or at, at)
    if change.falls_back_at is not None and change.falls_back_at <= begins:
        raise EndsTooEarly(_("It would end before it takes effect; choose a later end."))


def _refuse_more_than_approved(change: ChangeRequest, band: str, end: datetime | None) -> None:
    """Verdicts on this text stay alive when it is called back, so that it may not get riskier or last longer by that.

    `band` and `end` are what its reviewers have read.
    """
    bands = list(Band.values)
    is_longer = end is not None and (change.falls_back_at is None or change.falls_back_at > end)
    if not is_longer and bands.index(change.band) >= bands.index(band):
        return
    if change.reviews.filter(digest=change.version.digest, verdict="approve").exists():
        sentence = _("People have approved this text with its end and its risk. Begin a new change to say otherwise.")
        raise NotSubmittable(sentence)


def calculated(change: ChangeRequest) -> str:
    """The band that answers, workflows and parts come to."""
    policy = reads.in_force()
    if policy is None:
        return Band.LOW
    yes = [key for key, answer in change.answers.items() if answer]
    facts = reads.facts(change)
    return risk.calculated(policy.content, yes=yes, criticalities=facts.criticalities, parts=facts.parts).band


def submit(*, change: ChangeRequest, by: User, at: datetime, for_review: bool = False) -> ChangeRequest:
    """Freeze the text and let the policy in force judge it: a standard change takes effect at once.

    With `for_review` a change that would be a standard one is reviewed all the same. Locks document and change.
    Raises access.Refused, NotOpen, ReasonMissing, Conflicted, NotSubmittable, NotSatisfiable,
    AlreadyOpen (an emergency's draft that becomes a normal change); then nothing was changed.
    """
    with audit.action(actor=by, reason=change.reason or "sent for review", at=at):
        change = lifecycle.lock(change)
        require_author(by, change)
        lifecycle.refuse_unless(change, (ChangeState.DRAFT,), NotOpen)
        return send_on(change, at=at, for_review=for_review)


def send_on(change: ChangeRequest, *, at: datetime, for_review: bool = False) -> ChangeRequest:
    """``submit`` inside the caller's action, under its locks, for whoever may."""
    policy = reads.in_force()
    if policy is None:
        raise NotSatisfiable(_("No approval policy is in force yet; an operator has to install the first one."))
    refuse_unsubmittable(change, at)
    change.calculated_band = calculated(change)
    is_standard = not for_review and reads.forecast(change, at=at, as_standard=True).approved
    change.model = ChangeModel.STANDARD if is_standard else ChangeModel.NORMAL
    if not is_standard:
        refuse_second(change)
        _refuse_unanswered(change, policy.content)
        _refuse_unsatisfiable(change, at)
    freeze(change.version, at)
    change.state, change.submitted_at, change.policy_id = ChangeState.IN_REVIEW, at, policy.version
    change.answer_seconds, change.answer_by = policy.content.respond_minutes * 60, None
    change.ground_type, change.ground_id, change.ground = "", None, ""
    change.save()
    lifecycle.record(change, "change.submitted", {"digest": change.version.digest, "band": change.band})
    judging.settle(change, at=at)
    digests.promise(at=at)
    return change


def send(*, version: Version, reason: str, by: User, at: datetime, for_review: bool = False) -> ChangeRequest:
    """Ask for the draft `version` and ``submit`` that at once; who has asked for it already stays who asked.

    Raises what ``propose`` and ``submit`` raise; then nothing was changed.
    """
    with audit.action(actor=by, reason=reason, at=at):
        change = propose(version=version, reason=reason, by=by, at=at)
        return submit(change=change, by=by, at=at, for_review=for_review)


def propose(*, version: Version, reason: str, by: User, at: datetime) -> ChangeRequest:
    """The change request for the draft `version`, a draft too: whoever has asked for it already stays who asked.

    Raises ReasonMissing, access.Refused, versions.Frozen and AlreadyOpen; then nothing was changed.
    """
    reason = reason.strip()
    if not reason or len(reason) > limits.REASON_LENGTH:
        sentence = _("Say in up to %(count)s characters why this version shall take effect.")
        raise ReasonMissing(sentence % {"count": limits.REASON_LENGTH})
    with audit.action(actor=by, reason=reason, at=at):
        document = versions.lock(version.document)
        version = versions.open_draft(version)
        access.require(by, "draft", document)
        change = version.change_requests.filter(state=ChangeState.DRAFT).order_by("requested_at").first()
        if change is not None:
            if not change.reason:
                change.reason = reason
                change.save(update_fields=["reason"])
            return change
        mine = open_of(document, by)
        if mine is not None:
            raise AlreadyOpen(mine.reference)
        return ask(document=document, version=version, reason=reason, by=by, at=at)


def require_author(by: User, change: ChangeRequest) -> None:
    """Raises access.Refused unless `by` asked for `change` and may draft its document, or keeps all documents."""
    access.require(by, "draft" if by.pk == change.requested_by_id else "keep", change.document)


def refuse_unsubmittable(change: ChangeRequest, at: datetime) -> None:
    """Raises what is wrong with a draft that is to be judged, now or afterwards."""
    document, version = change.document, change.version
    if not change.reason.strip():
        sentence = _("Say in up to %(count)s characters why; whoever reviews reads this first.")
        raise ReasonMissing(sentence % {"count": limits.REASON_LENGTH})
    _refuse_times(change, at)
    publishing.refuse_tampered(version)
    if change.action != ChangeAction.RETIRE:
        if version.based_on_id != document.effective_version_id:
            sentence = _("Another version came into force since this draft was begun; take it over first.")
            raise Conflicted(sentence)
        if document.effective_version is not None and document.effective_version.digest == version.digest:
            raise NotSubmittable(_("This is word for word what is already in force."))
    elif document.effective_version_id != version.pk:
        raise Conflicted(_("What this retires is not in force any more."))
    blocking = publishing.blocking_findings(change, at=at)
    if blocking:
        raise NotSubmittable(publishing.said(blocking), blocking)


def _refuse_unanswered(change: ChangeRequest, policy: Approval) -> None:
    """A standard change is judged by its row alone; of every other new text somebody has to say how risky it is."""
    if change.action == ChangeAction.PUBLISH and any(question.key not in change.answers for question in policy.risk):
        raise Unanswered(_("Answer the questions about the risk first."))


def _refuse_unsatisfiable(change: ChangeRequest, at: datetime) -> None:
    verdict = reads.forecast(change, at=at)
    if not verdict.approved and not verdict.satisfiable:
        raise NotSatisfiable(sentences.said(verdict.sentence))


def freeze(version: Version, at: datetime) -> None:
    """From now on the text of `version` can no longer change. Inside the caller's action, under its locks."""
    if version.frozen_at is None:
        version.frozen_at = at
        version.save(update_fields=["frozen_at"])


def recall(*, change: ChangeRequest, by: User, at: datetime) -> ChangeRequest:
    """Take `change` back to work on its text: a new draft that says the same, by the same contributors.

    Verdicts stay with the text that they were given for. Raises access.Refused, NotOpen, AlreadyOpen (a standard
    change beside a normal one); then nothing was changed.
    """
    with audit.action(actor=by, reason="recalled", at=at):
        change = lifecycle.lock(change)
        require_author(by, change)
        lifecycle.refuse_unless(change, JUDGED_STATES, NotOpen)
        refuse_second(change)
        if change.action == ChangeAction.PUBLISH:
            change.version = versions.copied(change.version, at=at)
        change.state, change.model, change.policy = ChangeState.DRAFT, ChangeModel.NORMAL, None
        change.approved_at = change.expires_at = None
        turnarounds.end(change, reason="recalled", at=at)
        turnarounds.pass_ball(change, to_requester=True, at=at)
        change.save()
        assert change.answer_by is not None
        timers.schedule(kind=turnarounds.LOOK, subject=change, due_at=change.answer_by, at=at)
        lifecycle.record(change, "change.recalled", {})
    return change


def withdraw(*, change: ChangeRequest, why: str, by: User, at: datetime) -> ChangeRequest:
    """Nobody wants `change` any more. Raises access.Refused, NotOpen; then nothing was changed."""
    with audit.action(actor=by, reason=why or "withdrawn", at=at):
        change = lifecycle.lock(change)
        require_author(by, change)
        lifecycle.refuse_unless(change, (ChangeState.DRAFT, *JUDGED_STATES, ChangeState.CONFLICTED), NotOpen)
        lifecycle.end(change, ChangeState.WITHDRAWN, why=why, at=at)
    return change
