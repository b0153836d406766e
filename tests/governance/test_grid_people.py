"""Who is suggested while somebody types into a cell: name, address, teams, away or gone; and at what cost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.documents.cells import Cell
from governance.reads import documents, grid_people, people
from governance.reads.holders import Holders
from portal import roles
from tests import factories_governance as make

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/governance/document/grid/people/"
AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def admin(company, client: Client):
    admin = make.make_person("boss", role=roles.GOVERNANCE_ADMIN, is_staff=True)
    client.force_login(admin)
    return admin


def suggested(words: str) -> list[grid_people.Suggestion]:
    holders = Holders(documents.matrices(), people.facts(AT))
    with timezone.override("Europe/Berlin"):
        return grid_people.suggested(holders, at=AT, words=words, most=12)


def test_a_person_is_suggested_with_every_team_in_a_second_line(company) -> None:
    make.join(company.second, make.make_team("billing"))
    (found,) = suggested("sec")
    assert (found.name, found.note, found.off) == ("Second", "second@example.test", False)
    assert found.more == "Billing, Orders, Triage"
    (team,) = suggested("billing")
    assert (team.note, team.more) == ("team", "")


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (-1, datetime(2026, 3, 13, 23, 0, tzinfo=UTC), "Orders, Triage · away until 13 Mar"),  # midnight in Berlin
        (-1, datetime(2026, 3, 12, 14, 30, tzinfo=UTC), "Orders, Triage · away until 12 Mar, 15:30"),
        (-1, datetime(2026, 3, 10, 14, 30, tzinfo=UTC), "Orders, Triage · away until 15:30"),
        (1, datetime(2026, 3, 13, 23, 0, tzinfo=UTC), "Orders, Triage"),  # not yet
    ],
)
def test_it_is_said_until_when_somebody_is_away(company, starts: int, ends: datetime, said: str) -> None:
    make.make_absence(company.second, AT + timedelta(hours=starts), ends)
    assert [found.more for found in suggested("sec")] == [said]


def test_absences_without_a_gap_are_one(company) -> None:
    make.make_absence(company.second, AT - timedelta(days=1), AT + timedelta(days=1))
    make.make_absence(company.second, AT + timedelta(days=1), AT + timedelta(days=2))
    make.make_absence(company.second, AT + timedelta(days=5), AT + timedelta(days=6))
    assert [found.more for found in suggested("sec")] == ["Orders, Triage · away until 12 Mar, 10:00"]


def test_who_left_is_shown_last_and_cannot_be_named(company) -> None:
    make.make_person("seconded", is_active=False)
    assert [(found.name, found.more, found.off) for found in suggested("second")] == [
        ("Second", "Orders, Triage", False),
        ("Seconded", "not active", True),
    ]
    assert not any(found.off for found in suggested(""))


def test_the_number_of_queries_does_not_depend_on_people_teams_and_absences(client, admin, company) -> None:
    with CaptureQueriesContext(connection) as before:
        (found,) = client.get(PEOPLE, {"q": "second"}).json()["choices"]
    assert set(found) == {"label", "name", "note", "more", "off"}
    now = timezone.now()
    for number in range(5):
        person = make.make_person(f"second-{number}", teams=(make.make_team(f"team-{number}"),))
        make.make_absence(person, now - timedelta(hours=1), now + timedelta(days=3))
    with CaptureQueriesContext(connection) as after:
        assert len(client.get(PEOPLE, {"q": "second"}).json()["choices"]) == 6
    assert len(after) == len(before)


def test_the_form_of_a_cell_says_the_same_without_scripts(client, admin, company) -> None:
    now = timezone.now()
    make.make_absence(company.outsider, now - timedelta(hours=1), now + timedelta(days=3))
    address = reverse("admin:governance_grid_cell", args=[Cell("default", "", "on_call").address])
    body = client.get(address).content.decode()
    assert "outsider@example.test · " in body and "away until" in body
