"""When documents are looked at again, training lapses and governance reviews come round (D56, D61, D108, D115)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from governance.rules import local_time

NOTICE_DAYS = 14
"""So long before its day, and so long after it, people hear of a document that has to be looked at."""
LAPSE_DAYS = 30
"""So long before training ends its person hears of it."""
HOLD_DAYS = 14
"""So long people have to hold a governance review."""
AGAIN_DAYS = 7
"""An overdue governance review is called to mind so often."""
MORNING = time(8)
EVERY_DAYS = {"playbook": 180, "module": 180}
"""What names integrations is looked at twice a year unless somebody says otherwise (D56)."""
PLATFORM, BUSINESS = "platform", "business"
"""What an accountable owner has to know (D10)."""


def morning(day: date, zone: str) -> datetime:
    """When the people of `zone` hear of what is due on `day`."""
    return datetime.combine(day, MORNING, ZoneInfo(zone))


def last_morning(zone: str, at: datetime, *, days: int = 0) -> datetime:
    """The last eight o'clock of `zone` by `at`; with `days` so many later (1: the next one)."""
    today = local_time.day(zone, at)
    last = today if local_time.instant(zone, today, MORNING) <= at else today - 1
    return local_time.instant(zone, last + days, MORNING)


def notices(review_by: date) -> tuple[date, date, date]:
    """The days on which people hear of a document that has to be looked at by `review_by`."""
    return review_by - timedelta(days=NOTICE_DAYS), review_by, review_by + timedelta(days=NOTICE_DAYS)


def next_notice(review_by: date, *, after: date) -> date | None:
    """The first day later than `after` on which people hear of it; None: they have heard it all."""
    return next((day for day in notices(review_by) if day > after), None)


def valid_until(learned_on: date, valid_days: int | None) -> date | None:
    """The last day on which training counts; None: for good."""
    return learned_on + timedelta(days=valid_days) if valid_days else None


def quarter(on: date) -> tuple[int, int]:
    """Year and quarter (1 to 4) of a day."""
    return on.year, (on.month - 1) // 3 + 1


def next_quarter(on: date) -> date:
    """The first day of the quarter after that of `on`."""
    year, number = quarter(on)
    return date(year + 1, 1, 1) if number == 4 else date(year, 3 * number + 1, 1)


def next_reminder(due: date, *, after: date) -> date:
    """The first day later than `after` on which people hear of a review that is due on `due`."""
    return next(day for day in _reminders(due) if day > after)


def _reminders(due: date) -> Iterator[date]:
    yield due - timedelta(days=3)
    while True:
        yield due
        due += timedelta(days=AGAIN_DAYS)
