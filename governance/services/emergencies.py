"""Breaking the glass: an emergency change takes effect now and is judged afterwards (P16).

It needs an open incident, authority in it, a reason and a fresh sign-in. Whoever owes an overdue judgment is barred
from the next one; a change that is not accepted opens its own way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Document
from governance.models.changes import ChangeModel, ChangeState, Retrospective
from governance.reads import approval as reads
from governance.reads import sentences
from governance.rules import turnarounds as rules
from governance.rules.approval_facts import Standing, Verdict
from governance.rules.turnarounds import Reminder
from governance.services import changes, lifecycle, notices, publishing, restoring, reviews, turnarounds, versions
from portal import access, audit, registry, timers
from portal.errors import DomainError
from portal.models import Timer, User
from portal.registry import Ground


class NoGround(DomainError):
    """There is no open incident for which this person may change the rules."""


class Barred(DomainError):
    """An earlier emergency change of this person has not been judged in time."""


class NotConfirmed(DomainError):
    """Whoever breaks the glass signs in once more."""


class NotOwed(DomainError):
    """It is not waiting for a judgment (any more)."""


def grounds(document: Document, by: User, *, at: datetime) -> list[Ground]:
    """What an emergency change of `document` by `by` could be for, refused ones too.

    Nothing for the approval policy: whoever changed that alone would approve everything else alone from then on.
    """
    if document.kind == reads.KIND:
        return []
    return [ground for _name, ask in registry.grounds.items() for ground in ask(by, document, at=at)]


def begin(*, document: Document, ground: UUID, by: User, at: datetime) -> ChangeRequest:
    """A draft for an emergency; an open normal change of the same document does not matter.

    `ground` is the id of the open incident. Raises access.Refused, NoGround, Barred; then nothing was changed.
    """
    with audit.action(actor=by, reason="emergency change begun", at=at):
        access.require(by, "draft", document)
        document = versions.lock(document)
        refuse_barred(by, at)
        found = _ground(document, ground, by, at)
        version = versions.draft_from_effective(document=document, by=by, at=at)
        return changes.ask(
            document=document,
            version=version,
            reason="",
            by=by,
            at=at,
            model=ChangeModel.EMERGENCY,
            ground_type=timers.label(found.subject),
            ground_id=found.subject.pk,
            ground=found.label,
        )


def break_glass(*, change: ChangeRequest, ground: UUID, by: User, at: datetime, is_confirmed: bool) -> ChangeRequest:
    """Put the draft `change` into force now, for the open incident `ground`; it is judged afterwards.

    Locks document and change. Raises access.Refused, changes.NotOpen, NoGround, Barred, NotConfirmed and what
    ``changes.submit`` raises about the text; then nothing was changed.
    """
    with audit.action(actor=by, reason=change.reason or "emergency", at=at):
        change = lifecycle.lock(change)
        _require_own(by, change)
        lifecycle.refuse_unless(change, (ChangeState.DRAFT,), changes.NotOpen)
        if not is_confirmed:
            raise NotConfirmed(_("Sign in once more: an emergency change takes effect without anybody else."))
        refuse_barred(by, at)
        found = _ground(change.document, ground, by, at)
        policy = reads.in_force()
        if policy is None:
            raise changes.NotSatisfiable(_("Without an approval policy nobody could judge it afterwards."))
        changes.refuse_unsubmittable(change, at)
        changes.freeze(change.version, at)
        change.model, change.state = ChangeModel.EMERGENCY, ChangeState.APPROVED
        change.ground_type, change.ground_id = timers.label(found.subject), found.subject.pk
        change.ground, change.policy_id = found.label, policy.version
        change.submitted_at = change.approved_at = at
        change.publish_at, change.retrospective = None, Retrospective.WAITING
        change.retrospective_by = at + timedelta(hours=policy.content.retrospective_hours)
        change.save()
        data = {"digest": change.version.digest, "ground": change.ground}
        lifecycle.record(change, "change.glass_broken", data)
        publishing.take_effect(change, None, at=at)
        turnarounds.owe(change, at=at)
        verdict = reads.judge_afterwards(change, at=at)
        notices.news(change, "retrospective", notices.people(verdict.waits_for), at=at, why=change.reason, by=by)
    return change


def _require_own(by: User, change: ChangeRequest) -> None:
    """Whoever breaks the glass answers for it and may not judge it, so that it is their own draft."""
    access.require(by, "draft", change.document)
    if by.pk != change.requested_by_id:
        raise access.Refused(_("Only whoever asked for a change puts it into force at once; begin one of your own."))


def _ground(document: Document, ground: UUID, by: User, at: datetime) -> Ground:
    found = next((item for item in grounds(document, by, at=at) if item.subject.pk == ground), None)
    if found is None:
        raise NoGround(_("An emergency change needs an open incident that you work on and that it would help."))
    if found.refusal:
        raise NoGround(found.refusal)
    return found


def refuse_barred(by: User, at: datetime) -> None:
    """Raises Barred while an emergency change of `by` waits for its judgment after the deadline."""
    late = overdue(at).filter(requested_by=by).order_by("retrospective_by").first()
    if late is not None:
        sentence = _(
            "Your emergency change %(reference)s was not judged in time. Until it is, you cannot make another."
        )
        raise Barred(sentence % {"reference": late.reference})


def overdue(at: datetime) -> QuerySet[ChangeRequest]:
    """Emergency changes that should have been judged by `at`."""
    return ChangeRequest.objects.filter(retrospective=Retrospective.WAITING, retrospective_by__lte=at)


def judge(
    *,
    change: ChangeRequest,
    verdict: str,
    rationale: str,
    by: User,
    at: datetime,
    on_behalf_of: User | None = None,
    band: str = "",
    is_confirmed: bool = False,
) -> ChangeRequest:
    """Write down what `by` says afterwards about the emergency change `change`, and let it be accepted or undone.

    Locks document and change. Raises NotOwed, reviews.NotAsked, reviews.Incomplete; then nothing was changed.
    """
    with audit.action(actor=by, reason=rationale.strip() or verdict, at=at):
        change = lifecycle.lock(change)
        if change.retrospective != Retrospective.WAITING:
            raise NotOwed(_("%(reference)s does not wait for a judgment any more.") % {"reference": change.reference})
        before, principal = reads.judge_afterwards(change, at=at), on_behalf_of or by
        reviews.refuse_not_asked(change, before, by=by, principal=principal)
        reviews.refuse_incomplete(before, principal, verdict, rationale, band, is_confirmed)
        delegation = reviews.delegation_for(change, before, giver=principal, taker=by, at=at) if on_behalf_of else None
        reviews.write(
            change,
            verdict,
            rationale,
            by,
            at,
            delegation=delegation,
            band=band,
            is_confirmed=is_confirmed,
            is_retrospective=True,
        )
        _settle(change, reads.judge_afterwards(change, at=at), by, at)
    return change


def _settle(change: ChangeRequest, verdict: Verdict, by: User, at: datetime) -> None:
    """Accepted, not accepted (then its way back opens at once), or still waiting."""
    if verdict.approved:
        _end(change, Retrospective.ACCEPTED, "retrospective_accepted", at)
    elif verdict.refused or any(_is_outvoted(standing) for standing in verdict.standings):
        _end(change, Retrospective.REJECTED, "retrospective_rejected", at)
        restoring.undo(change, by=by, at=at)


def _is_outvoted(standing: Standing) -> bool:
    return len(standing.objections) >= standing.needed > 0


def _end(change: ChangeRequest, retrospective: str, what: str, at: datetime) -> None:
    change.retrospective = retrospective
    is_over = change.document.effective_version_id != change.version_id
    if is_over and change.state == ChangeState.PUBLISHED:
        change.state, change.closed_at = ChangeState.CLOSED, at
    change.save(update_fields=["retrospective", "state", "closed_at"])
    timers.cancel(subject=change, at=at, reason=retrospective, kinds=[turnarounds.RETROSPECTIVE])
    lifecycle.record(change, f"change.{what}", {})
    notices.news(change, what, [change.requested_by], at=at)


def remind(change: ChangeRequest, *, at: datetime) -> None:
    """What the clock does: whoever has to judge `change` is reminded; when it is late, everybody on the board is told.

    Inside the caller's action, under the locks of document and change.
    """
    if change.retrospective != Retrospective.WAITING or change.retrospective_by is None:
        return
    verdict = reads.judge_afterwards(change, at=at)
    if change.retrospective_by <= at:
        asked = {person for standing in verdict.standings for person in standing.eligible}
        notices.news(change, "retrospective_late", notices.people(asked), at=at, why=sentences.said(verdict.sentence))
        lifecycle.record(change, "change.retrospective_late", {})
        return
    for standing in verdict.standings:
        notices.remind(change, Reminder(standing, rules.MARKS[0], at), at=at)
    turnarounds.owe(change, at=at)


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``change.retrospective``."""
    return lifecycle.each(due, remind, at=at)
