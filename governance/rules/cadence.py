"""When an audience is told next: the rhythm of the plan by severity and by how long it lasts already (D63, D64)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from governance.documents.communication import Cadence


def due(rows: Sequence[Cadence], began: datetime, told: datetime | None) -> datetime | None:
    """When the next update is due; None when no row asks for one any more.

    `rows` in the order in which they begin (``Communication.rhythm``), `told` is when the last update was sent. A row
    that begins asks for nothing at once when the last update is younger than its rhythm.
    """
    for number, row in enumerate(rows):
        starts = began + timedelta(minutes=row.after_minutes)
        at = _within(row, starts, told)
        if at is not None and (
            number + 1 == len(rows) or at < began + timedelta(minutes=rows[number + 1].after_minutes)
        ):
            return at
    return None


def _within(row: Cadence, starts: datetime, told: datetime | None) -> datetime | None:
    """When `row`, which holds from `starts` on, asks for an update."""
    if told is None:
        return starts
    if row.every_minutes is None:
        return starts if told < starts else None
    return max(starts, told + timedelta(minutes=row.every_minutes))


LEAST_GRACE = timedelta(minutes=5)
"""An update is due now for so long; only then it is late."""


def is_late(due: datetime, at: datetime) -> bool:
    """Whether an update that is due at `due` is late: not in the minutes that somebody needs to write it."""
    return at >= due + LEAST_GRACE


def grace(rows: Sequence[Cadence], began: datetime, due: datetime) -> timedelta:
    """How long an update that is due at `due` may be late before somebody else hears of it: a quarter of the rhythm.

    At least five minutes; five where the row asks only once.
    """
    held = [row for row in rows if began + timedelta(minutes=row.after_minutes) <= due]
    every = held[-1].every_minutes if held else None
    return max(LEAST_GRACE, timedelta(minutes=every or 0) / 4)


def after_missed(rows: Sequence[Cadence], began: datetime, missed: datetime, now: datetime) -> datetime | None:
    """The next due time after `missed`, for which nothing came; those that passed before `now` count as one.

    None when no row asks for more.
    """
    following = due(rows, began, missed)
    while following is not None and following > missed:
        later = due(rows, began, following)
        if later is None or later > now or later <= following:
            return following
        missed, following = following, later
    return None
