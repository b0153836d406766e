"""When reviewers are reminded, and when a change has to be looked at again. A timeout never approves (P16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.rules.approval_facts import Standing

MARKS = (50, 80, 100)
"""Percent of the time to answer after which those who are waited for are reminded."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """A mark of a requirement: `percent` of the time to answer is over at `at`; 0: it begins for somebody else."""

    standing: Standing
    percent: int
    at: datetime


def reminders(standing: Standing) -> list[Reminder]:
    """The marks of an open requirement with a time to answer, for those who are asked at present.

    The end of one turn is the beginning of the next: whoever is asked from then on hears of it at once.
    """
    start = standing.asked_at
    if not standing.is_open or start is None or standing.due_at is None:
        return []
    span = standing.due_at - start
    begun = [Reminder(standing, 0 if standing.is_early else MARKS[-1], start)] if _is_passed_on(standing) else []
    return begun + [Reminder(standing, percent, start + span * percent / 100) for percent in MARKS]


def begun(standings: Iterable[Standing], at: datetime) -> list[Reminder]:
    """Whose time begins at `at` itself, before anybody was late: no timer was armed for that."""
    found = [item for standing in standings for item in reminders(standing)]
    return [item for item in found if item.percent == 0 and item.at == at]


def _is_passed_on(standing: Standing) -> bool:
    """Those who are asked now came later; whoever is asked from the opening on hears of it in the morning."""
    return standing.authority in ("alternate", "next") and standing.asked_at != standing.opened_at


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
