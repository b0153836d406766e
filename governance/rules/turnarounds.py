"""When reviewers are reminded, and when a change has to be looked at again. A timeout never approves (P16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.rules.approval_facts import Authority, Standing

MARKS = (50, 80, 100)
"""Percent of the time to answer after which those who are waited for are reminded."""
PASSED: dict[Authority, int] = {"first": 0, "alternate": 1, "next": 2, "tie_breaker": 0}


@dataclass(frozen=True, slots=True)
class Reminder:
    """A mark of a requirement: `percent` of the time to answer is over at `at`."""

    standing: Standing
    percent: int
    at: datetime


def reminders(standing: Standing) -> list[Reminder]:
    """The marks of an open requirement with a time to answer, for those who are asked at present.

    The end of one turn is the beginning of the next: whoever is asked from then on hears of it at once.
    """
    if not standing.is_open or standing.opened_at is None or standing.due_at is None:
        return []
    turn = PASSED[standing.authority]
    span = (standing.due_at - standing.opened_at) / (turn + 1)
    start = standing.opened_at + turn * span
    begun = [Reminder(standing, MARKS[-1], start)] if turn else []
    return begun + [Reminder(standing, percent, start + span * percent / 100) for percent in MARKS]


def due(standings: Iterable[Standing], at: datetime) -> list[Reminder]:
    """The last mark of each requirement that is over at `at`: after an outage nobody is reminded three times."""
    found = []
    for standing in standings:
        over = [item for item in reminders(standing) if item.at <= at]
        found += over[-1:]
    return found


def next_look(standings: Iterable[Standing], others: Iterable[datetime | None], at: datetime) -> datetime | None:
    """The first moment after `at` at which something changes by itself: a mark, or one of `others`."""
    moments = [item.at for standing in standings for item in reminders(standing)]
    moments += [moment for moment in others if moment is not None]
    later = [moment for moment in moments if moment > at]
    return min(later) if later else None


def left(deadline: datetime, at: datetime) -> int:
    """Whole seconds until `deadline`, none when it is over."""
    return max(0, int((deadline - at) / timedelta(seconds=1)))
