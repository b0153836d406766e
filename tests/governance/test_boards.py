"""`/boards/`: seats with terms, who is away and who stands in, and which documents name a board."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from governance.models import Board, FreezeWindow, Reference
from governance.reads import boards as reads
from governance.reads import documents, people
from governance.services import versions
from portal import roles
from tests import factories_governance as make
from tests.factories_boards import board_of, delegate, sit
from tests.factories_governance import NOW, Company

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_nine() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def board(company: Company) -> Board:
    found = board_of(purpose="Changes of playbooks")
    sit(found, company.lead, deputy=company.second, function="product")
    sit(found, company.leader, ends_on=date(2026, 3, 20))
    return found


def shown(client: Client, person: Any) -> str:
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/boards/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_everybody_reads_who_sits_where_and_until_when(client: Client, company: Company, board: Board) -> None:
    text = shown(client, company.reporter)
    for words in (
        "Change board",
        "Changes of playbooks",
        "product",
        "2 of 2 seats can decide now",
        "term ends 20 Mar 2026",
    ):
        assert words in text
    assert "you sit here" not in text and "Change seats" not in text
    assert "No policy in force names it: nothing waits for this board." in text
    assert "you sit here" in shown(client, company.lead)


def test_deputies_are_a_column_only_where_there_is_one(client: Client, company: Company) -> None:
    bare = board_of(company.leader)
    text = shown(client, company.reporter)
    assert 'data-label="deputy"' not in text and "No seat has a deputy. Whoever is away" in text
    sit(bare, company.lead, deputy=company.second)
    text = shown(client, company.reporter)
    assert 'data-label="deputy"' in text and "No seat has a deputy" not in text


def test_who_is_away_is_said_and_who_stands_in(client: Client, company: Company, board: Board) -> None:
    make.make_absence(company.lead, NOW - DAY, NOW + DAY)
    make.make_absence(company.leader, NOW - DAY, NOW + DAY)
    assert [(row.stand_in, row.is_empty) for row in reads.boards(company.lead, at=NOW)[0].seats] == [
        (company.second, False),
        (None, True),
    ]
    text = shown(client, company.reporter)
    assert "1 of 2 seats can decide now" in text
    assert "deputy decides" in text and "nobody decides" in text


def test_a_deputy_who_is_away_as_well_stands_in_for_nobody(company: Company, board: Board) -> None:
    for person in (company.lead, company.second):
        make.make_absence(person, NOW - DAY, NOW + DAY)
    assert [row.is_empty for row in reads.boards(company.lead, at=NOW)[0].seats] == [True, False]


def test_a_term_that_is_over_is_gone_and_one_to_come_does_not_count(company: Company, board: Board) -> None:
    sit(board, company.outsider, ends_on=date(2026, 3, 1))
    sit(board, company.second, starts_on=date(2026, 3, 3))
    found = reads.boards(company.second, at=NOW)[0]
    assert [(row.seat.person, row.state) for row in found.seats] == [
        (company.lead, "held"),
        (company.leader, "held"),
        (company.second, "ahead"),
    ]
    assert (found.present, found.in_office, found.is_mine) == (2, 2, False)


def test_a_board_is_named_by_its_key_and_told_by_the_policy_in_force(
    client: Client, company: Company, board: Board
) -> None:
    policy = make.escalation_policy(leadership="leadership")
    policy["fallback"] = [{"board": "change"}]
    version = make.make_draft(policy, kind="escalation", key="company", by=company.admin)
    assert Reference.objects.get(version=version, target_type="governance.board").target_id == board.pk
    assert "board: change" in versions.export_yaml(version)
    assert reads.named_by([board]) == {}  # a draft names nobody yet
    make.publish(version, by=company.admin)
    assert [document.title for document in reads.named_by([board])[board.pk]] == ["Company escalation"]
    assert "Company escalation" in shown(client, company.reporter)


def test_facts_hold_only_who_is_in_office_and_boards_in_use(company: Company, board: Board) -> None:
    sit(board, company.second, starts_on=date(2026, 3, 3))
    folk, facts = people.facts(NOW), documents.facts(NOW)
    assert {seat.person for seat in facts.boards[board.pk].seats} == {company.lead.pk, company.leader.pk}
    assert len(folk.boards[board.pk].seats) == 3
    with make._action(NOW):
        board.is_active = False
        board.save()
    assert (people.facts(NOW).boards, documents.facts(NOW).boards) == ({}, {})


def test_delegations_and_freezes_are_shown(client: Client, company: Company, board: Board) -> None:
    delegate(company.lead, company.outsider, kind="rubric")
    with make._action(NOW):
        FreezeWindow.objects.create(starts_at=NOW - DAY, ends_at=NOW + DAY, why="Year end")
        FreezeWindow.objects.create(starts_at=NOW + DAY, ends_at=NOW + 2 * DAY, why="Gone", is_withdrawn=True)
    text = shown(client, company.reporter)
    assert "Outsider decides for Lead until" in text and "only: triage rubric" in text
    assert "Year end" in text and "Gone" not in text


def test_the_number_of_queries_does_not_grow(company: Company, board: Board, django_assert_num_queries: Any) -> None:
    delegate(company.lead, company.outsider)
    with django_assert_num_queries(6):
        reads.boards(company.lead, at=NOW)
    for number in range(5):
        person = make.make_person(f"member{number}")
        delegate(company.lead, person, board=board_of(company.lead, person, key=f"more-{number}"))
    with django_assert_num_queries(6):
        reads.boards(company.lead, at=NOW)


def test_a_governance_admin_gets_to_the_seats_from_here(client: Client, company: Company, board: Board) -> None:
    keeper = make.make_person("keeper", role=roles.GOVERNANCE_ADMIN, is_staff=True)
    assert f"/admin/governance/board/{board.pk}/change/" in shown(client, keeper)
