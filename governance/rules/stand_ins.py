"""Who answers in somebody's place: the person, or whoever covers while they are away (D6, P1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.documents.facts import AbsenceFacts, BoardFacts, PeopleFacts, PersonFacts, SeatFacts
from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _

NAMED = _("%(name)s, %(how)s.")
COVERS = _("%(name)s, covering for %(asked)s, %(how)s.")
AWAY = _("%(name)s is away and nobody covers.")
LEFT = _("%(name)s is no longer active.")
ON_BOARD = _("on the board %(board)s")
DEPUTY = _("%(name)s, deputy of %(asked)s, %(how)s.")
STRANGER = _("Somebody who is not known")


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who answers when `asked` is asked: themselves, a cover, or None; `sentence` says why."""

    asked: UUID
    person: PersonFacts | None
    sentence: Sentence

    @property
    def covers(self) -> bool:
        return self.person is not None and self.person.id != self.asked


def find(asked: UUID, how: str, people: PeopleFacts, at: datetime) -> StandIn:
    """`asked` if they are there at `at`, else their cover, following covers who are away themselves.

    `how` says in words how they come in ("in the team Payments").
    """
    first = current = people.people.get(asked)
    seen = {asked}
    while current is not None and current.active:
        absence = _absence(current, at)
        if absence is None:
            if current is first or first is None:
                return StandIn(asked, current, NAMED % {"name": current.name, "how": how})
            return StandIn(asked, current, COVERS % {"name": current.name, "asked": first.name, "how": how})
        if absence.cover is None or absence.cover in seen:
            return StandIn(asked, None, AWAY % {"name": current.name})
        seen.add(absence.cover)
        current = people.people.get(absence.cover)
    return StandIn(asked, None, LEFT % {"name": current.name if current is not None else STRANGER})


def of_seat(board: BoardFacts, seat: SeatFacts, people: PeopleFacts, at: datetime) -> StandIn:
    """Who speaks for `seat` of `board`: its holder, else its deputy, else whoever covers for the holder."""
    how, holder, deputy = ON_BOARD % {"board": board.name}, people.people.get(seat.person), None
    if seat.deputy is not None and not _is_here(seat.person, people, at) and _is_here(seat.deputy, people, at):
        deputy = people.people[seat.deputy]
    if deputy is None:
        return find(seat.person, how, people, at)
    asked = holder.name if holder is not None else STRANGER
    return StandIn(seat.person, deputy, DEPUTY % {"name": deputy.name, "asked": asked, "how": how})


def _is_here(person: UUID, people: PeopleFacts, at: datetime) -> bool:
    known = people.people.get(person)
    return known is not None and known.active and _absence(known, at) is None


def _absence(person: PersonFacts, at: datetime) -> AbsenceFacts | None:
    for item in person.absences:
        if item.from_at <= at < item.until_at:
            return item
    return None
