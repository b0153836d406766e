"""The working time of the demo company: what people do there lies hours apart, on weekdays, between nine and half
past five."""

from datetime import datetime, time, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

from django.conf import settings

OPENS, CLOSES = time(9), time(17, 30)
SATURDAY = 5
PAUSES = (47, 95, 138, 62, 201, 83, 154, 112)
"""Minutes of work between two things that people do, taken in turn: always the same demo, never a grid."""


class WorkingTime:
    """A clock that stands still outside of working hours. Begins `days` working days before `until`, ends there."""

    def __init__(self, *, days: int, until: datetime) -> None:
        self.until, self.zone = until, ZoneInfo(settings.TIME_ZONE)
        self.now = self._at(until.astimezone(self.zone) - timedelta(days=1), CLOSES)
        while days:
            days -= self.now.weekday() < SATURDAY
            self.now -= timedelta(days=1)
        self.now = self._open(self._at(self.now, OPENS))
        self._pauses = cycle(PAUSES)

    def later(self) -> datetime:
        """The moment after the next pause, never after `until`."""
        left = timedelta(minutes=next(self._pauses))
        while left > (rest := self._at(self.now, CLOSES) - self.now):
            left -= rest
            self.now = self._open(self._at(self.now + timedelta(days=1), OPENS))
        self.now += left
        return min(self.now, self.until)

    def _open(self, moment: datetime) -> datetime:
        while moment.weekday() >= SATURDAY:
            moment = self._at(moment + timedelta(days=1), OPENS)
        return moment

    def _at(self, day: datetime, hour: time) -> datetime:
        return datetime.combine(day.date(), hour, self.zone)
