"""The votes of a board that is asked to decide: one for each seat, deputies speak for those who are away (D20)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.reads import people
from governance.rules import deciding, stand_ins
from incidents.models import DecisionAnswer
from incidents.services.decision_cases import DecisionCase


@dataclass(frozen=True)
class Votes:
    """What was said so far; `seats` are those who speak for a seat now, `recused` those who are not free to."""

    answers: tuple[DecisionAnswer, ...]
    seats: frozenset[UUID]
    recused: frozenset[UUID]

    @property
    def by_person(self) -> dict[UUID, str]:
        """The last word of each; who spoke for a seat once and does not now has no vote."""
        return {row.by_id: row.choice for row in self.answers if row.counts == DecisionAnswer.Counts.VOTES}

    @property
    def able(self) -> int:
        return len(self.seats - self.recused)

    @property
    def chosen(self) -> str | None:
        return deciding.chosen(self.by_person, self.seats, self.recused)

    @property
    def is_split(self) -> bool:
        return deciding.is_split(self.by_person, self.seats, self.recused)

    def of(self, option: str) -> int:
        """How many seats want `option`."""
        able = self.seats - self.recused
        return sum(choice == option for person, choice in self.by_person.items() if person in able)

    def last(self, option: str) -> DecisionAnswer:
        """The vote that came last for `option`, of those that count: a seat that stepped back decides nothing."""
        able, wants = self.seats - self.recused, self.by_person
        rows = (row for row in reversed(self.answers) if row.by_id in able and row.choice == option)
        return next(row for row in rows if wants.get(row.by_id) == option)


def is_asked(case: DecisionCase, level: str) -> bool:
    """Whether `level` asks a board, so that one answer is one vote."""
    return any(step.level == level and any(target.board for target in step.targets) for step in case.plan.steps)


def votes(case: DecisionCase, at: datetime) -> Votes:
    """The votes of the present generation."""
    rows = DecisionAnswer.objects.filter(request=case.decision, generation=case.run.generation).select_related("by")
    answers = tuple(rows.order_by("pk"))
    recused = frozenset(row.by_id for row in answers if row.says == DecisionAnswer.Says.RECUSAL)
    return Votes(answers, frozenset(seats(case, at)), recused)


def seats(case: DecisionCase, at: datetime) -> dict[UUID, UUID]:
    """Who speaks for each seat of the board now: {person who speaks: person whose seat it is}."""
    folk = people.facts(at)
    board = folk.boards.get(case.decision.board_id) if case.decision.board_id else None
    if board is None:
        return {}
    held = [stand_ins.of_seat(board, seat, folk, at) for seat in board.seats if seat.is_held_on(at.date())]
    return {stand_in.person.id: stand_in.asked for stand_in in held if stand_in.person is not None}
