"""Verdicts on a change: each binds to the digest that its reviewer read, and counts wherever policy asks them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q
from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Delegation, Review
from governance.models.changes import JUDGED_STATES, Band
from governance.reads import approval as reads
from governance.rules.approval_facts import Verdict
from governance.services import judging, lifecycle, notices
from portal import audit, limits
from portal.errors import DomainError
from portal.models import User

WITH_RATIONALE = (Review.Verdict.REQUEST_CHANGES, Review.Verdict.VETO, Review.Verdict.RECUSE)


class NotReviewable(DomainError):
    """It is not under review (any more)."""


class NotAsked(DomainError):
    """The policy does not ask this person, or they may not judge this text."""


class TextChanged(DomainError):
    """The reviewer read another text than the one that is under review now."""


class Incomplete(DomainError):
    """A verdict lacks its reason, the risk as its reviewer sees it, or the password."""


def review(
    *,
    change: ChangeRequest,
    verdict: str,
    rationale: str,
    seen: str,
    by: User,
    at: datetime,
    on_behalf_of: User | None = None,
    band: str = "",
    is_confirmed: bool = False,
) -> ChangeRequest:
    """Write down what `by` says about the text with the digest `seen`, and let the change follow.

    Locks document and change. Raises NotReviewable, TextChanged, NotAsked, Incomplete; then nothing was changed.
    """
    with audit.action(actor=by, reason=rationale.strip() or verdict, at=at):
        change = lifecycle.lock(change)
        lifecycle.refuse_unless(change, JUDGED_STATES, NotReviewable)
        if seen != change.version.digest:
            raise TextChanged(_("The text has changed since you opened it. Read what is new, then say it again."))
        before = reads.judge(change, at=at)
        principal = on_behalf_of or by
        refuse_not_asked(change, before, by=by, principal=principal)
        refuse_incomplete(before, principal, verdict, rationale, band, is_confirmed)
        _refuse_band(change, before, band)
        delegation = delegation_for(change, before, giver=principal, taker=by, at=at) if on_behalf_of else None
        write(change, verdict, rationale, by, at, delegation=delegation, band=band, is_confirmed=is_confirmed)
        judging.settle(change, at=at)
        if verdict == Review.Verdict.REQUEST_CHANGES and change.is_judged:
            notices.news(change, "changes_requested", [change.requested_by], at=at, why=rationale, by=by)
    return change


def refuse_not_asked(change: ChangeRequest, verdict: Verdict, *, by: User, principal: User) -> None:
    """Raises NotAsked unless the policy asks `principal`, and neither they nor `by` made the change."""
    made = reads.facts(change).makers
    if by.pk in made:
        raise NotAsked(_("You have worked on this text yourself, so somebody else has to judge it."))
    if principal.pk in made:
        sentence = _("%(name)s has worked on this text, so nobody can judge it for them.")
        raise NotAsked(sentence % {"name": principal.name})
    asked = {person for standing in verdict.standings for person in (*standing.eligible, *standing.recused)}
    if principal.pk not in asked:
        if principal == by:
            raise NotAsked(_("You are not asked about this change: the policy names others."))
        sentence = _("%(name)s is not asked about this change: the policy names others.")
        raise NotAsked(sentence % {"name": principal.name})


def refuse_incomplete(
    verdict: Verdict, principal: User, said: str, rationale: str, band: str, is_confirmed: bool
) -> None:
    """Raises Incomplete when a verdict lacks what the policy, or whoever reads it, needs."""
    if said not in Review.Verdict.values:
        raise Incomplete(_("Choose what you say about this change."))
    if said in WITH_RATIONALE and not rationale.strip():
        raise Incomplete(_("Say why in a sentence; it stays on record."))
    if len(rationale) > limits.REASON_LENGTH:
        raise Incomplete(_("The reason may have at most %(count)s characters.") % {"count": limits.REASON_LENGTH})
    mine = [item for item in verdict.standings if principal.pk in item.eligible and item.state != "closed"]
    if said == Review.Verdict.APPROVE and any(item.validates_risk for item in mine) and not band:
        raise Incomplete(_("Say how risky it is: the policy asks you to confirm or raise the risk."))
    if band and band != verdict.band and not rationale.strip():
        raise Incomplete(_("Say in a sentence why the risk is higher."))
    if said == Review.Verdict.APPROVE and any(item.confirm for item in mine) and not is_confirmed:
        raise Incomplete(_("The policy asks you to sign in once more before you approve."))


def _refuse_band(change: ChangeRequest, verdict: Verdict, band: str) -> None:
    """Whoever validates the risk confirms or raises it (D52)."""
    bands = list(Band.values)
    if band and bands.index(band) < bands.index(verdict.band):
        raise Incomplete(_("The risk can be confirmed or raised, not lowered."))


def delegation_for(change: ChangeRequest, verdict: Verdict, *, giver: User, taker: User, at: datetime) -> Delegation:
    """The delegation by which `taker` speaks for `giver` about `change`. Raises NotAsked without one.

    One that is limited to a board counts only where that board is asked; one without a limit comes first.
    """
    policy = reads.policy_of(change)
    boards = reads.boards_asked(policy.content if policy else None, verdict, giver.pk)
    rows = Delegation.objects.in_force(at).filter(
        Q(board=None) | Q(board__in=boards), giver=giver, taker=taker, kind__in=["", change.document.kind]
    )
    found = rows.order_by(F("board").asc(nulls_first=True), "starts_at", "pk").first()
    if found is None:
        raise NotAsked(_("%(name)s has not delegated this to you, or not any more.") % {"name": giver.name})
    return found


def write(
    change: ChangeRequest,
    verdict: str,
    rationale: str,
    by: User,
    at: datetime,
    *,
    delegation: Delegation | None = None,
    band: str = "",
    is_confirmed: bool = False,
    is_retrospective: bool = False,
) -> Review:
    """The sealed row and its entry in the ledger. Inside the caller's action, under its locks."""
    review = Review.objects.create(
        change_request=change,
        digest=change.version.digest,
        verdict=verdict,
        by=by,
        on_behalf_of=delegation.giver if delegation else None,
        delegation=delegation,
        at=at,
        band=band,
        is_confirmed=is_confirmed,
        is_retrospective=is_retrospective,
        rationale=rationale.strip(),
    )
    data = {"digest": review.digest, "verdict": verdict}
    if delegation is not None:
        data["on_behalf_of"] = str(delegation.giver)
    lifecycle.record(change, "change.reviewed", data)
    action = audit.current()
    assert action is not None
    action.prove([review], about=change)
    return review
