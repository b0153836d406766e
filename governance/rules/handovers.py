"""Turns of an on-call schedule, and what is said of each hand-over before it happens (P1).

A turn is what a person calls "my shift": all stretches of theirs without anybody else in between, across pauses in
which nobody is on call (nights, a weekend), as long as those are short.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from governance.documents.facts import PeopleFacts, ScheduleFacts
from governance.rules import oncall

Side = Literal["on", "off"]

PAUSE = timedelta(days=4)
"""The longest time with nobody on call that does not end a turn: an office that is closed from Thursday to Monday."""
LOOKS = (timedelta(days=8), timedelta(days=32))
"""How far beyond the lead the next hand-over is looked for; a wider look only where the nearer one shows none."""


@dataclass(frozen=True, slots=True)
class Turn:
    """`person` answers from `from_at` until `until_at`; `before` and `after` are whom they relieve and who relieves
    them, `after_at` when that begins. The ends of an interval that was looked at are no hand-overs: `begins` and
    `ends` say whether it is one.
    """

    person: UUID
    from_at: datetime
    until_at: datetime
    before: UUID | None = None
    after: UUID | None = None
    after_at: datetime | None = None
    begins: bool = True
    ends: bool = True

    def holds(self, at: datetime) -> bool:
        return self.from_at <= at < self.until_at


@dataclass(frozen=True, slots=True)
class Handover:
    """`person` goes on or off call at `at`."""

    side: Side
    person: UUID
    at: datetime
    turn: Turn


def turns(schedule: ScheduleFacts, people: PeopleFacts, from_at: datetime, until_at: datetime) -> list[Turn]:
    """The turns that hold at some time of [from_at, until_at), in order."""
    first, last = from_at - PAUSE, until_at + PAUSE
    found: list[Turn] = []
    for shift in oncall.shifts(schedule, people, first, last):
        if shift.person is None:
            continue
        known = found[-1] if found else None
        if known is not None and known.person == shift.person and shift.from_at - known.until_at <= PAUSE:
            found[-1] = replace(known, until_at=shift.until_at, ends=shift.until_at < last)
            continue
        turn = Turn(shift.person, shift.from_at, shift.until_at, None, None, None, shift.from_at > first)
        turn = replace(turn, ends=shift.until_at < last)
        if known is not None:
            found[-1] = replace(known, after=turn.person, after_at=turn.from_at)
            turn = replace(turn, before=known.person if turn.from_at - known.until_at <= PAUSE else None)
        found.append(turn)
    return [turn for turn in found if turn.from_at < until_at and turn.until_at > from_at]


def handovers(found: Iterable[Turn]) -> list[Handover]:
    """Who goes on and who goes off, the soonest first."""
    both = [Handover("on", turn.person, turn.from_at, turn) for turn in found if turn.begins]
    both += [Handover("off", turn.person, turn.until_at, turn) for turn in found if turn.ends]
    return sorted(both, key=lambda item: (item.at, item.side))


def ahead(schedule: ScheduleFacts, people: PeopleFacts, at: datetime, lead: timedelta) -> list[Turn]:
    """The turns from `at` on, as far as the next hand-over that is more than `lead` away (32 days more at most)."""
    for look in LOOKS:
        found = turns(schedule, people, at, at + lead + look)
        if following(found, at, lead) is not None:
            break
    return found


def following(found: Iterable[Turn], at: datetime, lead: timedelta) -> datetime | None:
    """When the next hand-over is told that is not due to be told by `at`."""
    return next((item.at - lead for item in handovers(found) if item.at - lead > at), None)
