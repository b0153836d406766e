"""The months and quarters that are reported, and the weeks that belong to each. Days are of the portal's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

MONTHS = {"month": 1, "quarter": 3}
MONDAY = 0
Kind = Literal["month", "quarter"]


@dataclass(frozen=True)
class Period:
    """The days from `begins` until before `ends`."""

    kind: Kind
    begins: date
    ends: date

    @property
    def weeks(self) -> list[date]:
        """The Mondays in it, so that each week belongs to exactly one month and one quarter."""
        first = self.begins + timedelta(days=(MONDAY - self.begins.weekday()) % 7)
        return [first + timedelta(days=days) for days in range(0, max(0, (self.ends - first).days), 7)]

    @property
    def before(self) -> Period:
        """The one before it."""
        return Period(self.kind, shifted(self.begins, -MONTHS[self.kind]), self.begins)


def shifted(day: date, months: int) -> date:
    """The first day of the month that is so many `months` after that of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def ended(day: date) -> list[Period]:
    """What has ended with the month before `day`: that month, and its quarter when it was the last of it."""
    this = day.replace(day=1)
    found = [Period("month", shifted(this, -1), this)]
    if this.month % 3 == 1:
        found.append(Period("quarter", shifted(this, -3), this))
    return found


def next_month(day: date) -> date:
    """The first day after `day` on which there is something to report."""
    return shifted(day, 1)


def moment(day: date, zone: str) -> datetime:
    """When `day` begins in `zone`."""
    return datetime.combine(day, time(), ZoneInfo(zone))
