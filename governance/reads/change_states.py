"""How a change stands, in two or three words: its stored state, and what the verdicts have made of it."""

from __future__ import annotations

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from governance.models import ChangeRequest
from governance.models.changes import ChangeState, Retrospective
from governance.rules.approval_facts import Verdict

TONES: dict[str, str] = {
    ChangeState.IN_REVIEW: "info",
    ChangeState.APPROVED: "ok",
    ChangeState.SCHEDULED: "ok",
    ChangeState.PUBLISHED: "ok",
    ChangeState.REJECTED: "bad",
    ChangeState.ROLLED_BACK: "bad",
    ChangeState.CONFLICTED: "warn",
    ChangeState.EXPIRED: "warn",
    ChangeState.DRAFT: "open",
}


def pill(change: ChangeRequest, verdict: Verdict | None = None, *, is_held: bool = False) -> tuple[str, str]:
    """(tone, words). `verdict` is what the policy says now, `is_held` whether something keeps it out of force."""
    if change.state == ChangeState.IN_REVIEW and (found := _under_review(change, verdict)):
        return found
    if is_held and change.state in (ChangeState.APPROVED, ChangeState.SCHEDULED):
        return "warn", _("Approved, but held back")
    if change.state == ChangeState.PUBLISHED and change.retrospective == Retrospective.WAITING:
        return "warn", _("In force, still to be judged")
    return TONES.get(change.state, ""), capfirst(str(change.get_state_display()))


def _under_review(change: ChangeRequest, verdict: Verdict | None) -> tuple[str, str] | None:
    """What stands in the way of a change that is in review; None when people only have to answer."""
    states = {item.state for item in verdict.standings} if verdict is not None else set()
    if "conflict" in states:
        return "warn", _("The tie-breaker decides")
    if "objected" in states or change.answer_by is not None:
        return "bad", _("Changes asked for")
    if verdict is not None and not verdict.satisfiable:
        return "bad", _("Nobody left to approve")
    return None
