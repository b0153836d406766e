"""What may not happen to a board: that a policy goes on naming one which nobody can ask any more."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from governance.models import Board, BoardSeat
from governance.reads import boards as reads
from portal.errors import DomainError


class StillNamed(DomainError):
    """Documents in force name the board: whatever needs it cannot be approved once it is retired."""


class BadSeat(DomainError):
    """The seat cannot be: its people are not here, or hold it twice."""


def judge_retiring(board: Board) -> None:
    """Raises StillNamed, which names the documents."""
    named = reads.named_by([board]).get(board.pk, [])
    if named:
        titles = ", ".join(f"“{document.title}”" for document in named)
        sentence = _("%(documents)s still names this board: what needs its approval cannot be approved any more.")
        raise StillNamed(sentence % {"documents": titles})


def judge_seats(seats: Iterable[BoardSeat]) -> None:
    """Whether one board can have all of `seats`. Raises BadSeat."""
    known: list[BoardSeat] = []
    for seat in seats:
        for other in known:
            if other.person_id == seat.person_id and _meet(seat, other):
                raise BadSeat(_("%(person)s would hold two seats at the same time.") % {"person": seat.person})
        known.append(seat)


def _meet(one: BoardSeat, other: BoardSeat) -> bool:
    first, last = sorted((one, other), key=lambda seat: seat.starts_on)
    return first.ends_on is None or first.ends_on >= last.starts_on


def judge_people(seat: BoardSeat, *, is_new: bool) -> None:
    """Whether `seat` can name its people: who has left gets no seat. Raises BadSeat."""
    for person in filter(None, (seat.person if is_new else None, seat.deputy)):
        if not person.is_active:
            raise BadSeat(_("%(person)s does not work here any more.") % {"person": person})
    if seat.deputy_id == seat.person_id:
        raise BadSeat(_("Nobody is their own deputy. Choose somebody else, or nobody."))
