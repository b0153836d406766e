"""How on-call time is shared: hours by person, those at night and at weekends, and how much nobody has (P1, D15)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from governance.documents.facts import PeopleFacts, ScheduleFacts
from governance.rules import local_time, oncall

DUSK, DAWN = time(22), time(6)
"""What counts as night, by the clocks of the schedule's zone."""
NOTHING = timedelta()
UNEVEN = 1.5
"""How many times an even share somebody carries before it is worth a word."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one person carries; `nights` and `weekends` are parts of `whole`, `turns` are times they go on call."""

    person: UUID
    whole: timedelta = NOTHING
    nights: timedelta = NOTHING
    weekends: timedelta = NOTHING
    turns: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(
            self.person,
            self.whole + other.whole,
            self.nights + other.nights,
            self.weekends + other.weekends,
            self.turns + other.turns,
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of an interval somebody has, nobody has by mistake (`open`), and nobody has on purpose (`closed`)."""

    covered: timedelta
    open: timedelta
    closed: timedelta
    people: int

    @property
    def percent(self) -> int:
        """Of the time that is not closed; 100 only when nothing is open."""
        wanted = self.covered + self.open
        if not wanted or not self.open:
            return 100
        return min(99, round(100 * (self.covered / wanted)))


def of(schedule: ScheduleFacts, people: PeopleFacts, from_at: datetime, until_at: datetime) -> dict[UUID, Share]:
    """The share of everybody who is on call in [from_at, until_at)."""
    nights = list(_nights(schedule.zone, from_at, until_at))
    weekends = list(_weekends(schedule.zone, from_at, until_at))
    found: dict[UUID, Share] = {}
    before: UUID | None = None
    for shift in oncall.shifts(schedule, people, from_at, until_at):
        if shift.person is not None:
            share = Share(
                shift.person,
                shift.until_at - shift.from_at,
                _within(shift, nights),
                _within(shift, weekends),
                int(shift.person != before),
            )
            found[shift.person] = found.get(shift.person, Share(shift.person)) + share
        before = shift.person
    return found


def together(every: Iterable[dict[UUID, Share]]) -> list[Share]:
    """The shares of several schedules by person, the largest first."""
    found: dict[UUID, Share] = {}
    for shares in every:
        for person, share in shares.items():
            found[person] = found[person] + share if person in found else share
    return sorted(found.values(), key=lambda share: (-share.whole, -share.nights, str(share.person)))


def uneven(shares: list[Share]) -> Share | None:
    """Whoever carries much more than an even share, of `shares` with the largest first; None when all is fair."""
    if len(shares) < 2:
        return None
    even = sum((share.whole for share in shares), NOTHING) / len(shares)
    return shares[0] if shares[0].whole > UNEVEN * even else None


def coverage(schedule: ScheduleFacts, people: PeopleFacts, from_at: datetime, until_at: datetime) -> Coverage:
    """How far somebody answers in [from_at, until_at)."""
    covered, left, closed = NOTHING, NOTHING, NOTHING
    seen: set[UUID] = set()
    for shift in oncall.shifts(schedule, people, from_at, until_at):
        length = shift.until_at - shift.from_at
        if shift.person is not None:
            covered += length
            seen.add(shift.person)
        elif shift.sentence.template == oncall.ON_PURPOSE:
            closed += length
        else:
            left += length
    return Coverage(covered, left, closed, len(seen))


def _within(shift: oncall.Shift, spans: list[tuple[datetime, datetime]]) -> timedelta:
    parts = (min(shift.until_at, end) - max(shift.from_at, start) for start, end in spans)
    return sum((part for part in parts if part > NOTHING), NOTHING)


def _nights(zone: str, from_at: datetime, until_at: datetime) -> Iterator[tuple[datetime, datetime]]:
    for day in range(local_time.day(zone, from_at) - 1, local_time.day(zone, until_at) + 1):
        yield local_time.instant(zone, day, DUSK), local_time.instant(zone, day + 1, DAWN)


def _weekends(zone: str, from_at: datetime, until_at: datetime) -> Iterator[tuple[datetime, datetime]]:
    first = local_time.day(zone, from_at)
    saturday = first - (first + 1) % 7  # day 1 is a Monday
    for day in range(saturday, local_time.day(zone, until_at) + 1, 7):
        yield local_time.instant(zone, day, time(0)), local_time.instant(zone, day + 2, time(0))
