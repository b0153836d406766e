"""Who may speak about a change, and for whom: places on the panel of one requirement, and whoever fills them.

A place belongs to one person. They speak for themselves; while they are away the deputy of their seat may, and at any
time whoever they have delegated to. Nobody speaks for or through somebody who has made the change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from governance.documents.approval import Who
from governance.rules.approval_facts import ChangeFacts, DelegationFacts, PanelFacts, ReviewFacts, SeatFacts

CAUTION = ("approve", "abstain", "recuse", "request_changes", "veto")
"""Of two reviews given in the same moment, the later of these counts."""


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place: on `board` by `seats`, or for another reason (no board). Reviews count from `since` on."""

    person: UUID
    board: UUID | None = None
    seats: tuple[SeatFacts, ...] = ()
    since: datetime | None = None

    def is_held_at(self, at: datetime) -> bool:
        if self.since is not None and at < self.since:
            return False
        return self.board is None or any(seat.is_held_on(at.astimezone(UTC).date()) for seat in self.seats)

    def deputies(self, at: datetime) -> tuple[UUID, ...]:
        day = at.astimezone(UTC).date()
        return tuple(seat.deputy for seat in self.seats if seat.deputy is not None and seat.is_held_on(day))

    def turns(self) -> Iterable[datetime]:
        """When the place is taken and when it is left."""
        for seat in self.seats:
            yield _midnight(seat, 0)
            if seat.until_on is not None:
                yield _midnight(seat, 1)


def _midnight(seat: SeatFacts, after: int) -> datetime:
    day = seat.until_on if after and seat.until_on is not None else seat.from_on
    return datetime.combine(day, time.min, UTC) + timedelta(days=after)


def places(who: Who, panel: PanelFacts, *, since: datetime | None = None) -> tuple[Place, ...]:
    """A place for each person whom `who` means, now or in another term, in their order; nobody twice."""
    if who.board is not None:
        board = panel.boards.get(who.board)
        seats = [seat for seat in board.seats if who.function in ("", seat.function)] if board is not None else []
        people = dict.fromkeys(seat.person for seat in seats)
        return tuple(
            Place(person, who.board, tuple(seat for seat in seats if seat.person == person), since) for person in people
        )
    if who.person is not None:
        people = {who.person: None}
    elif who.team is not None:
        team = panel.teams.get(who.team)
        people = dict.fromkeys(team.members if team is not None else ())
    else:
        known = panel.roles if who.role is not None else panel.responsibilities
        people = dict.fromkeys(known.get(str(who.ref), ()))
    return tuple(Place(person, since=since) for person in people)


@dataclass(frozen=True, slots=True)
class Case:
    """A change with everything that has been said about it until `at`, and everybody who may be asked.

    A recusal lasts: whoever has stepped back once, from whatever text of the change, does not come back.
    """

    change: ChangeFacts
    reviews: tuple[ReviewFacts, ...]
    panel: PanelFacts
    at: datetime
    recused: dict[UUID, datetime] = field(default_factory=dict)
    delegations: dict[UUID, DelegationFacts] = field(default_factory=dict)

    @classmethod
    def of(cls, change: ChangeFacts, reviews: Sequence[ReviewFacts], panel: PanelFacts, at: datetime) -> Case:
        given = sorted((review for review in reviews if review.at <= at), key=_order)
        recused: dict[UUID, datetime] = {}
        for review in given:
            if review.verdict == "recuse":
                recused.setdefault(review.by, review.at)
        of_this_text = tuple(review for review in given if review.digest == change.digest)
        return cls(change, of_this_text, panel, at, recused, {item.id: item for item in panel.delegations})

    def may_speak(self, person: UUID, at: datetime) -> bool:
        """An active person who has not made the change and has not stepped back by `at`."""
        stepped_back = self.recused.get(person)
        return (
            person not in self.change.makers
            and self.panel.is_active(person)
            and (stepped_back is None or at < stepped_back)
        )

    def is_away(self, person: UUID, at: datetime) -> bool:
        known = self.panel.people.get(person)
        return known is not None and any(item.from_at <= at < item.until_at for item in known.absences)

    def voice(self, place: Place, everybody: frozenset[UUID], at: datetime) -> ReviewFacts | None:
        """The last that was said by `at` for `place`, by whoever may. `everybody` have places of their own."""
        found = None
        for review in self.reviews:
            if review.at > at:
                break
            if place.is_held_at(review.at) and self._speaks(review, place, everybody, at):
                found = review
        return found

    def _speaks(self, review: ReviewFacts, place: Place, everybody: frozenset[UUID], at: datetime) -> bool:
        if not (self.may_speak(review.by, at) and self.may_speak(place.person, at)):
            return False
        if review.on_behalf_of is not None:
            return review.on_behalf_of == place.person and self._has_delegation(review, place)
        if review.by == place.person:
            return True
        stands_in = review.by in place.deputies(review.at) and self.is_away(place.person, review.at)
        return stands_in and review.by not in everybody

    def _has_delegation(self, review: ReviewFacts, place: Place) -> bool:
        """The giver's own place, in force when it was used, for this board and this kind; never handed on."""
        given = self.delegations.get(review.delegation) if review.delegation is not None else None
        return (
            given is not None
            and (given.giver, given.taker) == (place.person, review.by)
            and given.holds_at(review.at)
            and given.board in (None, place.board)
            and given.kind in ("", self.change.kind)
        )


def _order(review: ReviewFacts) -> tuple[datetime, int, str, str]:
    """Whatever order reviews come in: by time, in one moment the more cautious last."""
    return review.at, CAUTION.index(review.verdict), str(review.by), str(review.on_behalf_of)
