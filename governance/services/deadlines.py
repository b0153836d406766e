"""What the clock does with changes: reminders, publication in time, expiry, the end of limited changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from governance.models import ChangeRequest
from governance.models.changes import ChangeState
from governance.rules import turnarounds as rules
from governance.services import judging, lifecycle, notices, restoring
from portal.models import Timer


def look(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``change.look``: whatever can happen to these changes by itself happens now."""
    return lifecycle.each(due, _look, at=at)


def fall_back(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``change.falls_back``: the version before a limited change comes back (D116)."""
    return lifecycle.each(due, restoring.fall_back, at=at)


def _look(change: ChangeRequest, *, at: datetime) -> None:
    if change.answer_by is not None and change.answer_by <= at and change.is_open:
        why = _("Nobody answered the objections in time.")
        lifecycle.end(change, ChangeState.EXPIRED, why=why, at=at)
        return
    if not change.is_judged:
        return
    verdict = judging.settle(change, at=at)
    if change.state == ChangeState.IN_REVIEW:
        for reminder in rules.due(verdict.standings, at):
            notices.remind(change, reminder, at=at)
