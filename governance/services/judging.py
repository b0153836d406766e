"""What becomes of a change once something was said about it: the one place where verdicts turn into states.

Call inside the transaction of the cause, with the document and the change locked (``lifecycle.lock``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from governance.models import ChangeRequest
from governance.models.changes import ChangeState
from governance.reads import approval as reads
from governance.reads import sentences
from governance.rules import turnarounds as rules
from governance.rules.approval_facts import Verdict
from governance.services import lifecycle, notices, publishing, turnarounds


def settle(change: ChangeRequest, *, at: datetime) -> Verdict:
    """Let the state of `change` follow its verdicts, publish it when it is approved and due, and arm its timers."""
    verdict = reads.judge(change, at=at)
    if verdict.refused:
        lifecycle.end(change, ChangeState.REJECTED, why=sentences.said(verdict.sentence), at=at)
        return verdict
    if not verdict.approved:
        _wait(change, verdict, at)
        return verdict
    if publishing.has_lapsed(change, at=at):
        lifecycle.end(change, ChangeState.EXPIRED, why=publishing.lapsed(), at=at)
        return verdict
    if change.state == ChangeState.IN_REVIEW:
        _approve(change, verdict, at)
    publishing.attempt(change, verdict, at=at)
    if change.is_judged:
        turnarounds.arm(change, verdict, at=at)
    return verdict


def _approve(change: ChangeRequest, verdict: Verdict, at: datetime) -> None:
    """Enough people have approved this text; from now on it has a shelf life."""
    policy = reads.policy_of(change)
    days = policy.content.shelf_life_days if policy else 30
    change.state, change.approved_at = ChangeState.APPROVED, at
    change.expires_at = max(at, change.publish_at or at) + timedelta(days=days)
    change.answer_by = None
    if change.publish_at and change.publish_at > at:
        change.state = ChangeState.SCHEDULED
    change.save(update_fields=["state", "approved_at", "expires_at", "answer_by"])
    lifecycle.record(change, "change.approved", {"digest": change.version.digest, "rows": list(verdict.rows)})
    notices.decided(change, at=at)


def _wait(change: ChangeRequest, verdict: Verdict, at: datetime) -> None:
    """It is not approved (any more): reviewers are waited for, or whoever asked has to answer an objection."""
    fields = []
    if change.state in (ChangeState.APPROVED, ChangeState.SCHEDULED):
        change.state, change.approved_at, change.expires_at = ChangeState.IN_REVIEW, None, None
        fields += ["state", "approved_at", "expires_at"]
        lifecycle.record(change, "change.approval_lost", {"why": sentences.said(verdict.sentence)})
    is_mine = any(item.state == "objected" for item in verdict.standings)
    fields += turnarounds.pass_ball(change, to_requester=is_mine, at=at)
    if fields:
        change.save(update_fields=fields)
    for reminder in rules.begun(verdict.standings, at):
        notices.remind(change, reminder, at=at)
    turnarounds.arm(change, verdict, at=at)
