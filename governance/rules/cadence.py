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
