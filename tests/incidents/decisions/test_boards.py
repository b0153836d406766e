"""A board that is asked decides by more than half of its seats; deputies speak for those who are away (D20)."""

from datetime import timedelta

import pytest

from incidents.models import DecisionRecord
from incidents.services import decisions
from portal.models import AuditEntry, User
from portal.services import absences
from tests import factories_governance as make
from tests.factories_boards import board_of, sit
from tests.factories_governance import NOW, Company, make_person
from tests.incidents.decisions.scenes import after, ask, clock, decide, policy_with, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def seats() -> list[User]:
    return [make_person(f"seat{number}") for number in range(3)]


@pytest.fixture
def company(seats: list[User]) -> Company:
    board = board_of(*seats)
    return make.make_company(policy=policy_with(board=board))


def asked(company: Company) -> object:
    decision = ask(company)
    clock(15)
    clock(30)
    return decision


def test_the_second_of_three_votes_decides(company: Company, seats: list[User]) -> None:
    decision = asked(company)
    decide(decision, seats[0], "pay", at=after(31))
    assert state(decision) == "open"
    decide(decision, seats[1], "hold", at=after(32))
    assert state(decision) == "open"
    decide(decision, seats[2], "hold", at=after(33))
    assert state(decision) == "decided"
    record = DecisionRecord.objects.get(request=decision)
    assert (record.choice, record.by, record.authority) == ("hold", seats[2], "The board, by 2 of 3 seats.")


def test_one_seat_speaks_once_however_often_it_votes(company: Company, seats: list[User]) -> None:
    decision = asked(company)
    for minute in (31, 32, 33):
        decide(decision, seats[0], "pay", at=after(minute))
    assert state(decision) == "open"


def test_a_deputy_speaks_for_a_seat_that_is_away(company: Company, seats: list[User]) -> None:
    deputy = make_person("deputy")
    board = board_of(seats[0], seats[1], key="second")
    sit(board, seats[2], deputy=deputy)
    make.make_document(policy_with(board=board), kind="escalation", key="company", by=company.admin)
    span = {"starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=2)}
    absences.add(user=seats[2], **span, cover=None, by=seats[2], at=NOW)
    decision = asked(company)
    decide(decision, deputy, "pay", at=after(31))
    decide(decision, seats[0], "pay", at=after(32))
    assert state(decision) == "decided"


def test_a_split_board_goes_to_whoever_settles_contradictions(company: Company, seats: list[User]) -> None:
    decision = asked(company)
    decide(decision, seats[0], "pay", at=after(31))
    decisions.recuse(decision=decision, reason="My brother sells it.", by=seats[2], at=after(32))
    decide(decision, seats[1], "hold", at=after(33))
    assert state(decision) == "contested"
    decide(decision, company.leader, "hold", at=after(34))
    assert state(decision) == "decided"
    assert DecisionRecord.objects.get(request=decision).level == "tie-breaker"


def test_who_steps_back_may_leave_the_others_a_majority(company: Company, seats: list[User]) -> None:
    decision = asked(company)
    decide(decision, seats[0], "pay", at=after(31))
    decisions.recuse(decision=decision, reason="My brother sells it.", by=seats[1], at=after(32))
    assert state(decision) == "open"
    decisions.recuse(decision=decision, reason="I was there.", by=seats[2], at=after(33))
    assert state(decision) == "decided"
    record = DecisionRecord.objects.get(request=decision)
    assert (record.choice, record.by, record.authority) == ("pay", seats[0], "The board, by 1 of 1 seats.")


def test_why_a_seat_voted_so_stands_in_the_ledger(company: Company, seats: list[User]) -> None:
    decision = asked(company)
    decide(decision, seats[0], "pay", at=after(31))
    entry = AuditEntry.objects.filter(verb="decision.answered").latest("pk")
    assert "The goods have come." in entry.payload.content


def test_who_stepped_back_is_not_named_as_the_one_who_decided(company: Company) -> None:
    five = [make_person(f"of-five{number}") for number in range(5)]
    board = board_of(*five, key="five")
    make.make_document(policy_with(board=board), kind="escalation", key="company", by=company.admin)
    decision = asked(company)
    decide(decision, five[0], "pay", at=after(31))
    decide(decision, five[1], "pay", at=after(32))
    for minute, seat in enumerate(five[1:], start=33):
        decisions.recuse(decision=decision, reason="I was there.", by=seat, at=after(minute))
    assert state(decision) == "decided"
    assert DecisionRecord.objects.get(request=decision).by == five[0]
