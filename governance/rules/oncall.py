"""Who is on call by a schedule: layers that rotate by the local calendar, overrides, absences with cover (P1).

A local time of a day is the first instant at which the clock of the zone shows it or a later one: in a gap the
first valid instant after, in a fold once. Nothing here counts seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from governance.documents.facts import PeopleFacts, RosterFacts, ScheduleFacts
from governance.documents.sentences import Sentence

Via = Literal["layer", "override", "cover", "nobody"]


@dataclass(frozen=True, slots=True)
class Duty:
    """`person` is on call in [from_at, until_at). `asked` is whom the schedule names, another one for a cover."""

    person: UUID
    from_at: datetime
    until_at: datetime
    layer: str
    via: Via
    sentence: Sentence
    asked: UUID


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of the schedule in which nothing changes; `person` None is a gap, which `sentence` explains."""

    from_at: datetime
    until_at: datetime
    person: UUID | None
    layer: str
    via: Via
    sentence: Sentence
    asked: UUID | None = None


def on_duty(schedule: ScheduleFacts, people: PeopleFacts, at: datetime) -> Duty | None:
    """Who is on call at `at`, since when and until when (both at most a year away); None = nobody."""
    raise NotImplementedError


def following(schedule: ScheduleFacts, people: PeopleFacts, at: datetime) -> Duty | None:
    """The next duty after the present one (or after the gap at `at`) within a year, else None."""
    raise NotImplementedError


def shifts(schedule: ScheduleFacts, people: PeopleFacts, from_at: datetime, until_at: datetime) -> list[Shift]:
    """Seamless cover of [from_at, until_at), in order; neighbours differ in person, layer, via or reason."""
    raise NotImplementedError


def gaps(schedule: ScheduleFacts, people: PeopleFacts, from_at: datetime, until_at: datetime) -> list[Shift]:
    """The shifts of [from_at, until_at) that nobody has."""
    return [shift for shift in shifts(schedule, people, from_at, until_at) if shift.person is None]


def roster(schedule: ScheduleFacts, people: PeopleFacts, at: datetime) -> RosterFacts:
    """Who is on call within the seven days from `at`, for the checks of documents."""
    raise NotImplementedError
