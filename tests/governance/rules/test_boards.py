"""A board as whom an escalation tells: who sits on it at that time, and who speaks for those who are not there."""

from datetime import UTC, date, datetime, timedelta

import pytest

from governance.documents.facts import AbsenceFacts, BoardFacts, PeopleFacts, PersonFacts, SeatFacts
from governance.rules import ownership
from governance.rules.ownership import Matrices
from tests.governance.documents import world

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOARD = world.ident("b:change")
ANNA, BEN, CLEO, DORA = (world.ident(f"board-{name}") for name in ("anna", "ben", "cleo", "dora"))
AWAY = AbsenceFacts(NOW - HOUR, NOW + HOUR)


def told(*seats: SeatFacts, at: datetime = NOW, away: dict | None = None, left: tuple = ()) -> tuple[list, list]:
    """Names with why they are told, and why others are not."""
    names = {ANNA: "Anna", BEN: "Ben", CLEO: "Cleo", DORA: "Dora"}
    people = {
        key: PersonFacts(key, name, key not in left, tuple((away or {}).get(key, ()))) for key, name in names.items()
    }
    folk = PeopleFacts(people, boards={BOARD: BoardFacts(BOARD, "Change board", seats)})
    found, missing = ownership.expand(Matrices(), None, "board", BOARD, folk, at)
    return [(item.name, item.via, str(item.sentence)) for item in found], [str(item.sentence) for item in missing]


def seat(person, deputy=None, **term) -> SeatFacts:
    return SeatFacts(person, deputy=deputy, **({"from_on": date(2026, 1, 1)} | term))


def test_everybody_in_office_is_told_at_once() -> None:
    assert told(seat(ANNA), seat(BEN)) == (
        [
            ("Anna", "holder", "Anna, on the board Change board."),
            ("Ben", "holder", "Ben, on the board Change board."),
        ],
        [],
    )


def test_a_seat_of_whom_is_away_passes_to_the_deputy() -> None:
    found, missing = told(seat(ANNA, deputy=CLEO), seat(BEN, deputy=DORA), away={ANNA: [AWAY]})
    assert [item[:2] for item in found] == [("Cleo", "cover"), ("Ben", "holder")]
    assert found[0][2] == "Cleo, deputy of Anna, on the board Change board."
    assert missing == []


def test_who_has_left_has_a_deputy_too() -> None:
    assert [item[0] for item in told(seat(ANNA, deputy=CLEO), left=(ANNA,))[0]] == ["Cleo"]


@pytest.mark.parametrize("gone", ["away", "left"])
def test_without_a_deputy_who_is_there_the_cover_of_the_absence_is_told(gone: str) -> None:
    cover = AbsenceFacts(NOW - HOUR, NOW + HOUR, BEN)
    absences = {ANNA: [cover], CLEO: [AWAY] if gone == "away" else []}
    found, _missing = told(seat(ANNA, deputy=CLEO), away=absences, left=() if gone == "away" else (CLEO,))
    assert found == [("Ben", "cover", "Ben, covering for Anna, on the board Change board.")]


def test_nobody_for_a_seat_is_said_and_the_others_are_told() -> None:
    found, missing = told(seat(ANNA), seat(BEN), away={ANNA: [AWAY]})
    assert [item[0] for item in found] == ["Ben"]
    assert missing == ["Anna is away and nobody covers."]


def test_one_who_holds_a_seat_and_stands_in_for_another_is_told_once() -> None:
    found, _missing = told(seat(ANNA, deputy=BEN), seat(BEN), away={ANNA: [AWAY]})
    assert [item[0] for item in found] == ["Ben"]


def test_a_term_counts_by_days_to_the_end_of_its_last_one() -> None:
    last = seat(ANNA, until_on=date(2026, 3, 2))
    assert told(last, at=datetime(2026, 3, 2, 23, 59, tzinfo=UTC))[0]
    nobody = ["Nobody sits on the board Change board now."]
    for outside in (last, seat(ANNA, from_on=date(2026, 3, 4))):
        assert told(outside, at=datetime(2026, 3, 3, tzinfo=UTC)) == ([], nobody)


def test_a_board_that_is_not_used_any_more_reaches_nobody() -> None:
    found, missing = ownership.expand(Matrices(), None, "board", world.ident("b:gone"), PeopleFacts(), NOW)
    assert (found, [str(item.sentence) for item in missing]) == (
        (),
        ["This board does not exist or is no longer used."],
    )
