"""A decision that somebody waits for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.escalation import Level
from governance.documents.matrix import Decision, Matrix, Option
from governance.documents.sentences import Sentence
from governance.rules import deciding
from governance.rules.deciding import Choice, Pause
from governance.rules.escalation import Plan, Step

T = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAY, STOP, ASK = Choice("pay", "Pay it"), Choice("stop", "Stop the run"), Choice("ask", "Ask again")


def matrix(*rows: Decision) -> Matrix:
    return Matrix(title="m", decisions=rows)


def row(key: str, *options: str) -> Decision:
    return Decision(
        key=key,
        title=key,
        responsibility="money",
        options=tuple(Option(key=item, title=item.title()) for item in options),
    )


def level(**values: object) -> Level:
    return Level(
        **{"key": "one", "title": "One", "window_minutes": 10, "permitted_actions": (), "required_data": ()} | values
    )  # type: ignore[arg-type]


def test_a_named_decision_takes_only_what_its_row_accepts() -> None:
    found = deciding.question(matrix(row("big-payment", "pay", "stop")), "big-payment", [PAY, ASK])
    assert (found.choices, found.refused, found.is_unknown) == ((Choice("pay", "Pay"),), (ASK,), False)
    assert [item.key for item in deciding.question(matrix(row("a", "pay", "stop")), "a", []).choices] == ["pay", "stop"]


@pytest.mark.parametrize("rows", [(), (row("default"),), (row("default", "pay", "stop"),)])
def test_an_unknown_decision_takes_the_default_row(rows: tuple[Decision, ...]) -> None:
    found = deciding.question(matrix(*rows), "never-heard", [PAY, STOP])
    assert found.is_unknown and [item.key for item in found.choices] == ["pay", "stop"]
    assert found.row == (rows[0] if rows else None)


def test_a_level_permits_by_key_or_title_or_all() -> None:
    assert deciding.permitted(level(), [PAY, STOP]) == (PAY, STOP)
    assert deciding.permitted(level(permitted_actions=("stop the  Run",)), [PAY, STOP]) == (STOP,)
    assert deciding.permitted(level(permitted_actions=("Pay",)), [PAY, STOP]) == (PAY,)
    assert deciding.permitted(level(permitted_actions=("Something else",)), [PAY, STOP]) == ()


def test_what_is_missing_for_a_level() -> None:
    asks = level(required_data=("Who is affected", "Amount"))
    assert deciding.missing(asks, {"who-is-affected": "three", "Amount": " "}) == ("Amount",)
    assert deciding.missing(asks, {"who is affected": "three", "amount": "5"}) == ()


MINUTE = st.integers(0, 500)


@given(st.integers(1, 200), st.lists(st.integers(0, 300), max_size=8, unique=True))
def test_the_clock_stands_still_only_while_data_is_owed(minutes: int, edges: list[int]) -> None:
    """Against a count minute by minute."""
    edges = sorted(edges)[: len(edges) // 2 * 2]
    pairs = list(zip(edges[::2], edges[1::2], strict=True))
    pauses = [Pause(T + timedelta(minutes=a), T + timedelta(minutes=b)) for a, b in pairs]
    left, minute = minutes, 0
    while left:
        left -= not any(a <= minute < b for a, b in pairs)
        minute += 1
    assert deciding.due(T, minutes, pauses, T) == T + timedelta(minutes=minute)


def test_an_open_pause_has_no_end() -> None:
    pauses = [Pause(T + timedelta(minutes=3))]
    assert deciding.due(T, 10, pauses, T + timedelta(minutes=4)) is None
    assert deciding.due(T, 10, pauses, T + timedelta(minutes=2)) == T + timedelta(minutes=10)


def test_a_pause_from_before_the_window_counts_from_its_beginning() -> None:
    pauses = [Pause(T - timedelta(minutes=5), T + timedelta(minutes=5))]
    assert deciding.due(T, 10, pauses, T) == T + timedelta(minutes=15)
    before = [Pause(T - timedelta(minutes=5), T - timedelta(minutes=2))]
    assert deciding.due(T, 10, before, T) == T + timedelta(minutes=10)


def step(index: int) -> Step:
    return Step(index, "level", "one", "One", 1, 0, 10, (), "urgent", Sentence("x"))


@given(st.sampled_from(["fallback", "hold", "deny"]), st.integers(0, 4), st.none() | st.integers(0, 6), st.booleans())
def test_time_never_approves(ends: str, count: int, position: int | None, can_deny: bool) -> None:
    plan = Plan("p", tuple(step(index) for index in range(count)), (), ends, Sentence("x"))  # type: ignore[arg-type]
    found = deciding.after(plan, position, can_deny)
    if (0 if position is None else position + 1) < count:
        assert found.does == "tell" and found.step is not None
    else:
        assert found.does == ("deny" if ends == "deny" and can_deny else "hold") and found.step is None


PEOPLE = [UUID(int=number) for number in range(5)]
VOTES = st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["pay", "stop", "ask"]))


@given(VOTES, st.sets(st.sampled_from(PEOPLE)), st.sets(st.sampled_from(PEOPLE)))
def test_a_board_chooses_by_more_than_half_of_its_seats(
    votes: dict[UUID, str], seats: set[UUID], recused: set[UUID]
) -> None:
    able = seats - recused
    found = deciding.chosen(votes, seats, recused)
    mine = [votes[person] for person in able if person in votes]
    assert (found is not None) == any(mine.count(option) > len(able) / 2 for option in set(mine))
    if found is not None:
        assert mine.count(found) > len(able) / 2
    open_ones = [person for person in able if person not in votes]
    could = {option for option in ["pay", "stop", "ask"] if mine.count(option) + len(open_ones) > len(able) / 2}
    assert deciding.is_split(votes, seats, recused) == (not could)
