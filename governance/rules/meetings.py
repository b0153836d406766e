"""When people come together, when leadership joins, and on which status page an audience reads (D62-D64).

All times count from when the incident `began`; a daily update is at a time of the wall clock of `zone`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Literal

from governance.documents.communication import Audience, Communication, Meeting
from governance.rules import local_time

Page = Literal["public", "partners", "internal", "executives"]
PAGES: tuple[Page, ...] = ("public", "partners", "internal", "executives")
LEADERSHIP = "leadership"
"""The key by which a plan calls the audience that joins; without it whoever reads the executives' page does."""


def page_of(audience: Audience) -> Page | None:
    """The status page on which `audience` reads; None: those who repair have the page of the incident itself."""
    if audience.data_class == "public":
        return "public" if "status_page" in audience.channels else "partners"
    if audience.data_class == "internal":
        return "internal"
    return "executives" if audience.detail == "business" else None


def wanted(plan: Communication, severity: str, occasions: Sequence[str]) -> list[Meeting]:
    """The meetings of `plan` that an incident of `severity` asks for, in the order of the plan."""
    return [
        meeting
        for meeting in plan.meetings
        if meeting.occasion in occasions and severity <= meeting.minimum_severity  # "sev1" < "sev2"
    ]


def due(meeting: Meeting, began: datetime, held: datetime | None, at: datetime, zone: str) -> datetime | None:
    """When `meeting` is due next, seen from `at` and never before it; None: no more.

    `held` is when people were last called together for it. A wrap-up counts from the end of the incident, which is
    `began` then.
    """
    starts = began + timedelta(minutes=meeting.after_minutes)
    if meeting.occasion == "daily":
        return _daily(meeting, max(starts, at), held, zone)
    if held is None:
        return max(starts, at)
    if meeting.occasion == "wrap_up" or meeting.every_minutes is None:
        return None
    return max(held + timedelta(minutes=meeting.every_minutes), at)


def _daily(meeting: Meeting, earliest: datetime, held: datetime | None, zone: str) -> datetime | None:
    """The first time at or after `earliest`, and after `held`, at which the clock on the wall shows the hour."""
    try:
        clock = time.fromisoformat(meeting.at)
    except ValueError:
        return None
    today = local_time.day(zone, earliest)
    for day in range(today, today + 4):
        found = local_time.instant(zone, day, clock)
        if found >= earliest and (held is None or found > held):
            return found
    return None


def leaders(plan: Communication) -> list[Audience]:
    """The audiences that are the senior leadership."""
    named = plan.audience_by_key.get(LEADERSHIP)
    return [named] if named is not None else [item for item in plan.audiences if page_of(item) == "executives"]


def leadership_joins(plan: Communication, severity: str, began: datetime) -> datetime | None:
    """When leadership joins, whoever has answered: as soon as the plan tells it for the first time (D64).

    None: the plan tells leadership nothing at `severity`.
    """
    rows = [row for audience in leaders(plan) for row in plan.rhythm(audience.key, severity)]  # type: ignore[arg-type]
    return began + timedelta(minutes=min(row.after_minutes for row in rows)) if rows else None
