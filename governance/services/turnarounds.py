"""The times of a change on the one clock: one timer looks again when the next thing can happen by itself.

``change.look`` is due at the next reminder, publication, expiry or end of a freeze; ``change.falls_back`` ends a
limited change (D116); ``change.retrospective`` is the deadline of the review of an emergency change.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from governance.models import ChangeRequest, FreezeWindow
from governance.rules import turnarounds as rules
from governance.rules.approval_facts import Verdict
from portal import timers

LOOK = "change.look"
FALLS_BACK = "change.falls_back"
RETROSPECTIVE = "change.retrospective"


def arm(change: ChangeRequest, verdict: Verdict, *, at: datetime) -> None:
    """Look again as soon as something can happen to `change` by itself; never, when nothing can."""
    frozen = FreezeWindow.objects.all().holding(change.document, at).values_list("ends_at", flat=True)
    others = [change.publish_at, change.expires_at, change.answer_by, *frozen]
    due_at = rules.next_look(verdict.standings, others, at)
    if due_at is None:
        timers.cancel(subject=change, at=at, reason="nothing to wait for", kinds=[LOOK])
    else:
        timers.schedule(kind=LOOK, subject=change, due_at=due_at, at=at)


def limit(change: ChangeRequest, *, at: datetime) -> None:
    """Promise that the version before comes back when a limited change ends."""
    if change.falls_back_at is not None:
        timers.schedule(kind=FALLS_BACK, subject=change, due_at=change.falls_back_at, at=at)


def owe(change: ChangeRequest, *, at: datetime) -> None:
    """Promise to look whether an emergency change was judged: reminders first, then its deadline."""
    assert change.published_at is not None and change.retrospective_by is not None
    span = change.retrospective_by - change.published_at
    marks = [change.published_at + span * percent / 100 for percent in rules.MARKS]
    due_at = min((mark for mark in marks if mark > at), default=None)
    if due_at is not None:
        timers.schedule(kind=RETROSPECTIVE, subject=change, due_at=due_at, at=at)


def end(change: ChangeRequest, *, reason: str, at: datetime) -> None:
    """Nothing is waited for any more, except for what a change in force has promised."""
    timers.cancel(subject=change, at=at, reason=reason, kinds=None if change.state != "published" else [LOOK])


def pass_ball(change: ChangeRequest, *, to_requester: bool, at: datetime) -> list[str]:
    """Let the deadline of whoever asked run, or stop while reviewers have it; the fields that were changed."""
    if to_requester and change.answer_by is None:
        change.answer_by = at + timedelta(seconds=change.answer_seconds)
        return ["answer_by"]
    if not to_requester and change.answer_by is not None:
        change.answer_seconds, change.answer_by = rules.left(change.answer_by, at), None
        return ["answer_by", "answer_seconds"]
    return []
