"""Plain factories of boards, seats and delegations."""

from datetime import date, datetime, timedelta
from typing import Any

from governance.models import Board, BoardSeat, Delegation
from governance.services import delegations
from portal.models import User
from tests.factories_governance import NOW, _action

FIRST = date(2026, 1, 1)
WEEK = timedelta(days=7)


def board_of(*people: User, key: str = "change", at: datetime = NOW, **values: Any) -> Board:
    """A board in use on which `people` sit since FIRST, until further notice."""
    with _action(at):
        board = Board.objects.create(key=key, name=f"{key.capitalize()} board", **values)
    for person in people:
        sit(board, person, at=at)
    return board


def sit(board: Board, person: User, *, at: datetime = NOW, **values: Any) -> BoardSeat:
    with _action(at):
        return BoardSeat.objects.create(board=board, person=person, **({"starts_on": FIRST} | values))


def delegate(giver: User, taker: User, *, at: datetime = NOW, **values: Any) -> Delegation:
    """`taker` decides for `giver` for a week from now, wherever they are asked."""
    wanted = {"board": None, "kind": "", "starts_at": at, "ends_at": at + WEEK, "why": "holidays"} | values
    return delegations.delegate(giver=giver, taker=taker, at=at, **wanted)
