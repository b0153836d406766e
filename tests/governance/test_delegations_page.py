"""`/delegations/`, the cards on the first page, and what the page says on which somebody leaves."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from governance.models import Board, Delegation
from governance.reads import delegations as reads
from tests import factories_governance as make
from tests.factories_boards import WEEK, board_of, delegate, sit
from tests.factories_governance import NOW, Company

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PAGE = "/delegations/"


@pytest.fixture(autouse=True)
def at_nine() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def board(company: Company) -> Board:
    found = board_of(company.leader)
    sit(found, company.lead, deputy=company.second, function="product")
    return found


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def values(company: Company, **changed: str) -> dict[str, str]:
    found = {
        "taker": company.outsider.email.upper(),
        "board": "change",
        "kind": "playbook",
        "starts_at": "2026-03-02T10:00",
        "ends_at": "2026-03-09T10:00",
        "why": "holidays",
    }
    return found | changed


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_one_gives_and_takes_back_on_the_page(company: Company, board: Board) -> None:
    client = signed_in(company.lead)
    assert "Nobody decides for you." in text(client.get(PAGE))
    assert text(client.get(PAGE)).count("Only your own verdicts count for you.") == 1
    answer = client.post(PAGE, values(company, starts_at="2026-03-02T08:00"), follow=True)
    given = Delegation.objects.get()
    assert (given.taker, given.board, given.kind, given.starts_at) == (company.outsider, board, "playbook", NOW)
    assert "Outsider decides for you from now on and was told." in text(answer)
    other = text(signed_in(company.outsider).get(PAGE))
    assert "You decide for Lead" in other and f"{given.pk}/end/" not in other
    answer = client.post(f"{PAGE}{given.pk}/end/", follow=True)
    given.refresh_from_db()
    assert given.ended_at == NOW
    assert "Outsider decides for you no more." in text(answer) and "taken back" in text(answer)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"taker": "nobody@example.test"}, "Nobody here has this address."),
        ({"taker": "lead@example.test"}, "Choose somebody else; you decide for yourself anyway."),
        ({"board": "risk"}, "Choose a board of the list."),
        ({"kind": "recipe"}, "Choose a kind of the list."),
        ({"ends_at": "2026-09-09T10:00"}, "At most 90 days."),
        ({"starts_at": "1026-09-09T10:00"}, "Choose a date in this century."),
        ({"why": ""}, "Please say why."),
    ],
)
def test_what_cannot_be_is_said_at_the_field_and_what_was_typed_stays(
    company: Company, board: Board, changed: dict[str, str], words: str
) -> None:
    board_of(company.leader, key="risk")
    answer = signed_in(company.lead).post(PAGE, values(company, **changed))
    assert answer.status_code == 422
    assert words in text(answer) and "2026-03-02T10:00" in text(answer) or "starts_at" in changed
    assert not Delegation.objects.exists()


def test_who_has_nothing_to_pass_on_sees_no_form_and_is_refused(company: Company, board: Board) -> None:
    client = signed_in(company.reporter)
    assert "there is nothing that you could pass on" in text(client.get(PAGE))
    answer = client.post(PAGE, values(company, board=""))
    assert answer.status_code == 422
    assert "no policy names you, so there is nothing to pass on" in text(answer)
    assert not Delegation.objects.exists()


def test_somebody_else_cannot_take_it_back(company: Company, board: Board) -> None:
    given = delegate(company.lead, company.outsider)
    answer = signed_in(company.outsider).post(f"{PAGE}{given.pk}/end/", follow=True)
    given.refresh_from_db()
    assert given.ended_at is None
    assert "Only whoever lets somebody decide in their place can change that." in text(answer)


def test_the_number_of_queries_does_not_grow(company: Company, board: Board, django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(company.lead)
    delegate(company.lead, company.outsider)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as before:
        client.get(PAGE)
    for number in range(8):
        delegate(company.lead, make.make_person(f"deputy{number}"), board=board)
    with django_assert_num_queries(len(before)):
        client.get(PAGE)


def test_what_begins_or_ends_soon_stands_on_the_first_page_of_both(company: Company, board: Board) -> None:
    starts = NOW + 5 * DAY
    delegate(company.lead, company.outsider, board=board, starts_at=starts, ends_at=starts + WEEK)

    def cards(person: Any, at: Any) -> list[tuple[str, str]]:
        return [(item.title, item.reason) for item in reads.card(person, at=at)]

    assert cards(company.lead, NOW) == cards(company.outsider, starts + DAY) == []
    assert cards(company.lead, starts - DAY) == [
        ("Outsider decides for you from 7 Mar, 09:00", "Only on Change board.")
    ]
    assert cards(company.outsider, starts - DAY)[0][0] == "You decide for Lead from 7 Mar, 09:00"
    assert cards(company.outsider, starts + 6 * DAY)[0][0] == "You decide for Lead until 14 Mar, 09:00"
    assert cards(company.lead, starts + 6 * DAY)[0][0] == "Outsider decides for you until 14 Mar, 09:00"
    assert cards(company.lead, starts + WEEK) == cards(company.leader, starts - DAY) == []


def test_the_page_on_which_somebody_leaves_names_seats_and_delegations(company: Company, board: Board) -> None:
    delegate(company.lead, company.outsider, board=board)

    def rows(person: Any) -> list[tuple[str, str, str, str]]:
        return [(row.section, row.title, row.detail, row.after) for row in reads.held(person, at=NOW)]

    assert rows(company.lead) == [
        ("Seats on boards", "Change board", "product", "Second, the deputy, is asked; give the seat to somebody."),
        ("Deciding for each other", "Outsider decides for them", "Change board", "It ends, and the other one is told."),
    ]
    assert rows(company.leader)[0][3] == "Nobody is asked for this seat; give it to somebody."
    assert rows(company.second) == [
        ("Seats on boards", "Change board", "deputy of Lead", "The seat has no deputy any more; name another one.")
    ]
    assert rows(company.outsider)[0][1] == "They decide for Lead"
    assert rows(company.reporter) == []
