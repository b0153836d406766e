"""Boards as everybody reads them: seats and terms, who is away now and who stands in, and which documents name them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from governance.models import Board, BoardSeat, Delegation, Document, FreezeWindow, Reference
from governance.reads import seats
from portal.models import Absence, User

SOON = timedelta(days=30)
LABEL = "governance.board"


@dataclass(frozen=True)
class Seat:
    """A seat with how it stands: `away_until` when its holder is away now, `stand_in` who is asked then.

    `state`: "held", "ahead" (the term begins later) or "left" (the holder does not work here any more).
    """

    seat: BoardSeat
    state: str
    ends_soon: bool
    away_until: datetime | None = None
    stand_in: User | None = None

    @property
    def is_empty(self) -> bool:
        """Nobody can be asked for this seat now."""
        gone = self.away_until is not None or self.state == "left"
        return gone and self.stand_in is None


@dataclass(frozen=True)
class Shown:
    """A board with its seats, the documents in force that name it, and who lets somebody else decide on it now."""

    board: Board
    seats: list[Seat]
    named_by: list[Document]
    delegations: list[Delegation]
    is_mine: bool

    @property
    def has_deputies(self) -> bool:
        return any(seat.seat.deputy_id is not None for seat in self.seats)

    @property
    def present(self) -> int:
        """Seats for which somebody can be asked now."""
        return sum(seat.state != "ahead" and not seat.is_empty for seat in self.seats)

    @property
    def in_office(self) -> int:
        return sum(seat.state != "ahead" for seat in self.seats)


def boards(user: Any, *, at: datetime) -> list[Shown]:
    """Every board in use by name; five queries whatever the size."""
    today = seats.day(at)
    rows = BoardSeat.objects.filter(board__is_active=True).exclude(ends_on__lt=today)
    held: dict[UUID, list[BoardSeat]] = defaultdict(list)
    for seat in rows.select_related("person", "deputy").order_by("starts_on", "person__name", "pk"):
        held[seat.board_id].append(seat)
    away = _away([seat for own in held.values() for seat in own], at)
    named = named_by()
    given = _given(at)
    found = []
    for board in Board.objects.filter(is_active=True).order_by("name", "pk"):
        own = held[board.pk]
        mine = any(seat.person_id == user.pk and seat.starts_on <= today for seat in own)
        shown = [_seat(seat, away, today) for seat in own]
        found.append(Shown(board, shown, named.get(board.pk, []), given[board.pk], mine))
    return found


def _seat(seat: BoardSeat, away: dict[UUID, datetime], today: date) -> Seat:
    ends_soon = seat.ends_on is not None and seat.ends_on - today <= SOON
    if seat.starts_on > today:
        return Seat(seat, "ahead", ends_soon)
    until = away.get(seat.person_id)
    deputy, stand_in = seat.deputy, None
    if (until is not None or not seat.person.is_active) and deputy is not None:
        stand_in = deputy if deputy.is_active and deputy.pk not in away else None
    return Seat(seat, "held" if seat.person.is_active else "left", ends_soon, until, stand_in)


def _away(rows: list[BoardSeat], at: datetime) -> dict[UUID, datetime]:
    """Until when each of the holders and deputies is away who is away at `at`."""
    people = {seat.person_id for seat in rows} | {seat.deputy_id for seat in rows if seat.deputy_id}
    found = Absence.objects.filter(user__in=people, starts_at__lte=at, ends_at__gt=at).order_by("ends_at")
    return dict(found.values_list("user_id", "ends_at"))


def named_by(boards: Iterable[Board] | None = None) -> dict[UUID, list[Document]]:
    """The documents in force that name each board (of `boards`, else of all); one query."""
    rows = Reference.objects.filter(target_type=LABEL, version__document__effective_version_id__isnull=False)
    if boards is not None:
        rows = rows.filter(target_id__in=[board.pk for board in boards])
    found: dict[UUID, dict[UUID, Document]] = defaultdict(dict)
    for row in rows.select_related("version__document").order_by("version__document__title"):
        document = row.version.document
        if document.effective_version_id == row.version_id:
            found[row.target_id][document.pk] = document
    return {board: list(documents.values()) for board, documents in found.items()}


def _given(at: datetime) -> dict[UUID, list[Delegation]]:
    """Delegations in force at `at` by the boards on which they count."""
    sits = defaultdict(set)
    today = seats.day(at)
    rows = Delegation.objects.in_force(at).select_related("giver", "taker").order_by("ends_at", "pk")
    found: dict[UUID, list[Delegation]] = defaultdict(list)
    every = list(rows)
    if any(row.board_id is None for row in every):
        for person, board in BoardSeat.objects.in_office(today).values_list("person_id", "board_id"):
            sits[person].add(board)
    for row in every:
        for board in [row.board_id] if row.board_id is not None else sits[row.giver_id]:
            found[board].append(row)
    return found


def freezes(*, at: datetime) -> list[FreezeWindow]:
    """Times in which nothing is published: those that hold now and those to come, the next one first."""
    return list(FreezeWindow.objects.filter(Q(ends_at__gt=at), is_withdrawn=False).order_by("starts_at", "pk")[:20])
