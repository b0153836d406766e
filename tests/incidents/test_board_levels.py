"""A level that tells a board calls everybody in office at once, and the deputy of who is away."""

from datetime import date, timedelta
from typing import Any

import pytest

from governance.reads import foretold
from portal.models import Message
from tests import factories_governance as make
from tests.factories_boards import board_of, sit
from tests.factories_governance import NOW, Company
from tests.factories_incidents import make_incident

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def company() -> Company:
    """The first level tells the board: outsider, the lead with a deputy, and somebody whose term is over."""
    company = make.make_company()
    board = board_of(company.outsider)
    sit(board, company.lead, deputy=company.leader)
    sit(board, company.second, ends_on=date(2026, 3, 1))
    policy: dict[str, Any] = make.escalation_policy(leadership="leadership")
    policy["levels"][0]["targets"] = [{"board": "change"}]
    make.publish(make.make_draft(policy, kind="escalation", key="company", by=company.admin), by=company.admin)
    return company


def called(company: Company) -> set[str]:
    incident = make_incident(company)
    rows = Message.objects.filter(event="incident.level", subject_id=incident.pk, channel="inbox")
    return set(rows.values_list("recipient__name", flat=True))


def test_everybody_in_office_is_called_at_once(company: Company) -> None:
    assert called(company) == {"Outsider", "Lead"}


def test_the_deputy_is_called_for_a_seat_whose_holder_is_away(company: Company) -> None:
    make.make_absence(company.lead, NOW - DAY, NOW + DAY)
    assert called(company) == {"Outsider", "Leader"}


def test_the_page_that_foretells_says_the_board(company: Company) -> None:
    found = foretold.foretell(company.workflow, "sev3", at=NOW)
    first = found.moments[0]
    assert str(first.resolved[0].sentence) == "On call tells the board Change board."
    assert {person.name for person in first.people} == {"Outsider", "Lead"}
