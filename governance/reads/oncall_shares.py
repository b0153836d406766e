"""How on-call time is shared, and how far it is covered, in words and figures for the on-call page (P1, D15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from governance.documents.facts import PeopleFacts
from governance.models import Schedule
from governance.rules import oncall as rules
from governance.rules import shares

AHEAD = timedelta(days=28)
SHOWN = 12
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Row:
    """One person's hours, rounded; `percent` is of the one who carries most."""

    person: UUID
    name: str
    hours: int
    nights: int
    weekends: int
    turns: int
    percent: int
    is_me: bool


@dataclass(frozen=True)
class Shares:
    """`rows` with the largest first, `more` people are left out. `uneven` carries `times` an even share."""

    rows: list[Row]
    more: int
    even: int
    uneven: Row | None
    share: int
    chosen: str


@dataclass(frozen=True)
class Covered:
    """A schedule that wants a look: `gaps` times and `open` hours nobody has, or all of it rests on one person."""

    schedule: Schedule
    percent: int
    gaps: int
    open: int
    alone: str
    first: rules.Shift | None


@dataclass(frozen=True)
class Coverage:
    """Coverage by exception: what is bad, what rests on one person, how many are fine, and planned closing hours."""

    bad: list[Covered]
    alone: list[Covered]
    fine: int
    closed: int


def shared(
    rows: Sequence[Schedule], folk: PeopleFacts, *, chosen: str, mine: set[UUID], me: UUID, at: datetime
) -> Shares:
    """The shares of the schedule with the key `chosen`; without one those of `mine`, else of all."""
    wanted = [row for row in rows if row.key == chosen] if chosen else [row for row in rows if row.pk in mine]
    key = wanted[0].key if chosen and wanted else ""
    counted = shares.together(
        shares.of(folk.schedules[row.pk], folk, at, at + AHEAD) for row in wanted or rows if row.pk in folk.schedules
    )
    most = counted[0].whole if counted else timedelta()
    found = [_row(share, folk, most, me) for share in counted]
    much, whole = shares.uneven(counted), sum((share.whole for share in counted), timedelta())
    kept = found[:SHOWN]
    kept += [row for row in found[SHOWN:] if row.is_me]
    return Shares(
        rows=kept,
        more=len(found) - len(kept),
        even=round(whole / len(counted) / HOUR) if counted else 0,
        uneven=found[0] if much else None,
        share=round(100 * (much.whole / whole)) if much else 0,
        chosen=key,
    )


def _row(share: shares.Share, folk: PeopleFacts, most: timedelta, me: UUID) -> Row:
    known = folk.people.get(share.person)
    return Row(
        share.person,
        known.name if known else "",
        round(share.whole / HOUR),
        round(share.nights / HOUR),
        round(share.weekends / HOUR),
        share.turns,
        round(100 * (share.whole / most)) if most else 0,
        share.person == me,
    )


def covered(rows: Sequence[Schedule], folk: PeopleFacts, *, at: datetime) -> Coverage:
    """What nobody has in the next four weeks, and what one person has alone, by schedule."""
    bad, alone, fine, closed = [], [], 0, timedelta()
    for row in rows:
        schedule = folk.schedules[row.pk]
        figures = shares.coverage(schedule, folk, at, at + AHEAD)
        closed += figures.closed
        empty = [
            item for item in rules.gaps(schedule, folk, at, at + AHEAD) if item.sentence.template != rules.ON_PURPOSE
        ]
        name = _only(shares.of(schedule, folk, at, at + AHEAD), folk) if figures.people == 1 else ""
        found = Covered(row, figures.percent, len(empty), round(figures.open / HOUR), name, empty[0] if empty else None)
        if empty:
            bad.append(found)
        elif name:
            alone.append(found)
        else:
            fine += 1
    bad.sort(key=lambda item: (item.first.from_at if item.first else at, item.schedule.name))
    return Coverage(bad, alone, fine, round(closed / HOUR))


def _only(found: dict[UUID, shares.Share], folk: PeopleFacts) -> str:
    person = next(iter(found))
    return folk.people[person].name if person in folk.people else ""
