"""What forms refuse: each field in its exact words; and whatever is posted so, nothing changes."""

from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from governance.documents.cells import Cell
from governance.forms import grid, oncall
from governance.forms.calendars import CalendarFile
from governance.forms.documents import ConfirmForm, RowsForm
from governance.models import Dependency, Schedule
from governance.reads import documents, people
from governance.reads.holders import Holders, NotRead
from governance.rules import calendars
from portal import limits, roles
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_schedule
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db
THIS_CENTURY = "Choose a date in this century."
LIKE_THIS = "Write it like 2026-03-14 20:00."
GIVEN = {
    "schedule": "orders",
    "from_at": "2026-03-03 10:00",
    "until_at": "2026-03-03 12:00",
    "who": "other",
    "person": "lead@example.test",
    "reason": "dentist",
}


def errors(form: Any) -> dict[str, list[str]]:
    return {name: [str(text) for text in found] for name, found in form.errors.items()}


@pytest.fixture
def schedule(company: Company) -> Schedule:
    return make_schedule("orders", team=company.team, people=(company.responder, company.second))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schedule": ""}, {"schedule": "Choose a schedule."}),
        ({"schedule": "gone"}, {"schedule": "Choose a schedule of the list."}),
        ({"from_at": "", "until_at": ""}, {"from_at": "Say from when.", "until_at": "Say until when."}),
        ({"from_at": "soon"}, {"from_at": LIKE_THIS}),
        ({"from_at": "1999-01-01 00:00"}, {"from_at": THIS_CENTURY}),
        ({"until_at": "2300-01-01 00:00"}, {"until_at": THIS_CENTURY}),
        ({"who": ""}, {"who": "Say who answers."}),
        ({"person": " "}, {"person": "Say who."}),
        ({"person": "nobody@example.test"}, {"person": "Nobody here has this address."}),
        ({"reason": " "}, {"reason": "Please say why."}),
        ({"back_from_at": "2026-03-04 10:00"}, {"back_until_at": "Say both times of the exchange, or none."}),
        ({"back_until_at": "2026-03-04 10:00"}, {"back_from_at": "Say both times of the exchange, or none."}),
        (
            {"back_from_at": "2026-03-04 10:00", "back_until_at": "2026-03-04 11:00", "who": "me"},
            {"back_from_at": "An exchange needs somebody else. Choose “Somebody else” above."},
        ),
    ],
    ids=str,
)
def test_a_shift_that_cannot_be_asked_for(
    company: Company, schedule: Schedule, client: Client, change: dict[str, str], expected: dict[str, str]
) -> None:
    form = oncall.Cover(GIVEN | change, schedules=Schedule.objects.all())
    assert errors(form) == {name: [text] for name, text in expected.items()}
    client.force_login(company.responder)
    before = picture()
    with time_machine.travel(NOW, tick=False):
        answer = client.post("/oncall/cover/", GIVEN | change)
    assert answer.status_code == 422 and picture() == before


def test_only_whoever_keeps_a_schedule_is_offered_nobody(company: Company, schedule: Schedule) -> None:
    given = GIVEN | {"who": "nobody"}
    form = oncall.Cover(given, schedules=Schedule.objects.all())
    assert list(errors(form)) == ["who"]
    assert errors(oncall.Cover(given, schedules=Schedule.objects.all(), may_close=True)) == {}


def test_another_end_that_cannot_be() -> None:
    assert errors(oncall.OtherEnd({})) == {"until_at": ["Say until when."], "reason": ["Please say why."]}
    assert errors(oncall.OtherEnd({"until_at": "1999-12-31 10:00", "reason": "x"})) == {"until_at": [THIS_CENTURY]}
    assert errors(oncall.OtherEnd({"until_at": "x", "reason": "x"})) == {"until_at": [LIKE_THIS]}


def test_a_calendar_that_cannot_be(company: Company, schedule: Schedule) -> None:
    def form(files: Any = None, **given: str) -> dict[str, list[str]]:
        return errors(CalendarFile({"target": "mine", "text": "x"} | given, files, schedules=[schedule]))

    assert form(target="") == {"target": ["Say what it is."]}
    assert form(target="payments") == {"target": ["Choose one of the list."]}
    assert form(person="nobody@example.test") == {"person": ["Nobody here has this address."]}
    assert form(text=" ") == {"file": ["Choose a calendar file, or paste its text."]}
    assert form(target="orders", person="lead@example.test") == {}


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"hello", "This is not a calendar file. It begins with BEGIN:VCALENDAR and ends with END:VCALENDAR."),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "This calendar has no entries."),
        (b" " * (calendars.MAX_BYTES + 1), "This file is larger than 512 KB. Export a shorter time."),
    ],
    ids=["words", "empty", "large"],
)
def test_a_file_that_is_no_calendar(
    company: Company, schedule: Schedule, client: Client, raw: bytes, sentence: str
) -> None:
    client.force_login(company.responder)
    before = picture()
    for do in ("look", "save"):
        file = SimpleUploadedFile("x.ics", raw)
        answer = client.post("/oncall/import/", {"target": "mine", "do": do, "file": file})
        assert answer.status_code == 422 and errors(answer.context["form"]) == {"file": [sentence]}
    assert picture() == before


# Cells


@pytest.fixture
def holders(company: Company) -> Holders:
    return Holders(documents.matrices(), people.facts(NOW))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lead@example.test; 0 min", "Minutes are a whole number from 1 to 43200."),
        ("lead@example.test; 43201 min", "Minutes are a whole number from 1 to 43200."),
        ("15 min", "Name somebody before the minutes, or leave the cell empty so that it inherits."),
        ("; ".join(["lead@example.test"] * 22), "At most 20 people can stand in."),
        ("Nobody At All", "Nobody is called “Nobody At All”."),
    ],
    ids=["zero", "many", "alone", "crowd", "nobody"],
)
def test_a_text_of_a_cell_that_cannot_be(holders: Holders, text: str, sentence: str) -> None:
    with pytest.raises(NotRead) as refusal:
        holders.read(text)
    assert str(refusal.value) == sentence


def test_a_cell_that_cannot_be(company: Company, holders: Holders) -> None:
    gone = Cell("workflow", "00000000-0000-7000-8000-000000000000", "on_call").address
    here = Cell("workflow", str(company.workflow.pk), "on_call").address
    who = "lead@example.test"
    rows = [grid.Typed("nonsense", who, ""), grid.Typed(gone, who, ""), grid.Typed(here, who, "", ("Leader",))]
    missing = "This cell does not exist. Load the page again."
    assert [(item.edit, item.problem) for item in grid.read(rows, holders)] == [
        (None, missing),
        (None, missing),
        (None, "One alone is accountable. Name the others as those who stand in."),
    ]


# Files


def test_a_sheet_that_cannot_be_taken() -> None:
    assert errors(RowsForm({}, MultiValueDict())) == {"file": ["Choose the sheet."]}
    large = SimpleUploadedFile("x.csv", b"x" * (limits.DOCUMENT_BYTES + 1))
    assert errors(RowsForm({}, MultiValueDict({"file": [large]}))) == {"file": ["The file is larger than 2 MB."]}
    for rows in ("x", "[1]", "[" * 100_000):
        lost = "The rows got lost on the way. Choose the sheet again."
        assert errors(ConfirmForm({"rows": rows, "seen": "x"})) == {"rows": [lost]}


# The catalog


def test_an_arrow_between_workflows_of_others(company: Company, client: Client) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,), is_staff=True)
    other = make.make_team("payments")
    first, second = make.make_workflow("pay", team=other), make.make_workflow("book", team=other)
    client.force_login(keeper)
    given = {"upstream": str(first.pk), "downstream": str(second.pk), "what": "data", "title": "rows", "reason": "new"}
    page, before = reverse("admin:governance_dependency_add"), picture()
    answer = client.post(page, given | {"timing": "async"}, follow=True)
    assert "One side has to be a workflow of your own team." in answer.content.decode()
    assert not Dependency.objects.exists() and picture() == before
