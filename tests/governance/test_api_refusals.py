"""What the API of ownership refuses: status, word and the exact sentence, and nothing changes."""

from typing import Any

import pytest
from django.test import Client

from portal import limits, roles
from tests import factories_governance as make
from tests.governance.programs import CELLS, ROWS, TOLD, Program, edit
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db
UNACCEPTABLE = (422, "unacceptable")


def says(answer: Any, status: int, error: str, detail: str, **more: Any) -> None:
    said = answer.json()
    assert (answer.status_code, said["error"], said["detail"]) == (status, error, detail)
    assert {name: said.get(name) for name in more} == more


def test_who_may_not_come_in(company: make.Company) -> None:
    reader, client, before = Program(company.admin, "read"), Client(), picture()
    says(client.get(ROWS), 401, "unauthorized", "The token is missing, unknown, ended or revoked.")
    sentence = "This token may only read. Make one that may also change."
    says(reader.save(edit(company.second)), 403, "read_only", sentence)
    assert picture() == {**before}


def test_what_is_no_request(company: make.Company, program: Any) -> None:
    before = picture()
    says(program.get("/api/v1/nothing"), 404, "not_found", "There is nothing at this address.")
    says(program.get(CELLS), 405, "not_allowed", "This address takes POST.")
    large = program.post(b"x" * (limits.BODY_BYTES + 1))
    says(large, 413, "too_large", f"Send at most {limits.BODY_BYTES} bytes.")
    says(program.post(b"{}", type="text/plain"), 415, "unsupported_type", "Send Content-Type: application/json.")
    says(program.post(b"{"), *UNACCEPTABLE, "The body is not JSON.")
    assert picture() == before


def test_too_many_calls(company: make.Company, program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_CALLS_PER_MINUTE", 1)
    assert program.get(ROWS).status_code == 200
    before = picture()
    answer = program.save(edit(company.second))
    says(answer, 429, "too_many", "At most 1 calls a minute; call again in a minute.")
    assert answer["Retry-After"] == "60" and picture() == before


@pytest.mark.parametrize("key", ["x" * 201, "ü", "a\tb"], ids=["long", "umlaut", "tab"])
def test_a_key_that_cannot_be(company: make.Company, program: Any, key: str) -> None:
    before = picture()
    answer = program.save(edit(company.second), **{"Idempotency-Key": key})
    sentence = "Idempotency-Key: at most 200 letters, digits and signs."
    says(answer, *UNACCEPTABLE, sentence, field="Idempotency-Key")
    assert picture() == before


def test_a_key_for_another_request(company: make.Company, program: Any) -> None:
    assert program.save(edit(company.second), **{"Idempotency-Key": "one"}).status_code == 200
    before = picture()
    answer = program.save(edit(company.lead), **{"Idempotency-Key": "one"})
    sentence = "This Idempotency-Key was used for another request. Take a new one."
    says(answer, 422, "key_reused", sentence, field="Idempotency-Key")
    assert picture() == before


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ({"workflow": "gone"}, "workflow", "There is no “gone”."),
        ({"team": "gone"}, "team", "There is no “gone”."),
        ({"after": "x"}, "after", "This is no “next” of an earlier answer."),
        ({"after": "WyJhIl0"}, "after", "This is no “next” of an earlier answer."),
        ({"after": "WzEsMl0"}, "after", "This is no “next” of an earlier answer."),
    ],
    ids=str,
)
def test_rows_that_nobody_has(program: Any, query: dict[str, str], field: str, sentence: str) -> None:
    says(program.get(ROWS, **query), *UNACCEPTABLE, sentence, field=field)


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        (
            {"workflow": "gone"},
            "workflow",
            "We know no process called “gone”. Choose one from the list, or write “I don’t know”.",
        ),
        ({"at": "2200-01-01T00:00:00Z"}, "at", "Choose a time within a year from now."),
    ],
    ids=str,
)
def test_a_question_that_nobody_can_answer(program: Any, query: dict[str, str], field: str, sentence: str) -> None:
    says(program.get(TOLD, **query), *UNACCEPTABLE, sentence, field=field)


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        (
            {"scope": "workflow:gone"},
            "edits[0].scope",
            "There is no “workflow:gone”: write workflow:key, team:key, criticality:high or company.",
        ),
        ({"responsibility": "nothing"}, "edits[0].responsibility", "There is no responsibility “nothing”."),
        (
            {"holder": None, "alternates": ["lead@example.test"]},
            "edits[0].holder",
            "Without a holder the cell inherits: leave out alternates and minutes.",
        ),
        (
            {"holder": None, "acknowledge_minutes": 5},
            "edits[0].holder",
            "Without a holder the cell inherits: leave out alternates and minutes.",
        ),
    ],
    ids=["scope", "responsibility", "alternates", "minutes"],
)
def test_a_cell_that_cannot_be(
    company: make.Company, program: Any, change: dict[str, Any], field: str, sentence: str
) -> None:
    before = picture()
    says(program.save(edit(company.second) | change), *UNACCEPTABLE, sentence, field=field)
    assert picture() == before


def test_a_cell_twice_and_no_reason(company: make.Company, program: Any) -> None:
    before = picture()
    twice = program.save(edit(company.second), edit(company.lead))
    says(twice, *UNACCEPTABLE, "The same cell is there twice.", field="edits[1]")
    sentence = "Say in up to 500 characters why; whoever reviews reads this first."
    says(program.save(edit(company.second), reason=" "), *UNACCEPTABLE, sentence, field="reason")
    assert picture() == before


def test_rows_of_others_and_rows_that_moved(company: make.Company, program: Any) -> None:
    keeper = Program(make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,)))
    sentence = "It holds for more than one team; you edit the rows of your own team only."
    before = picture()
    answer = keeper.save(edit(company.second), edit(company.second, scope="company"))
    says(answer, 403, "rows_of_others", sentence)
    assert [(row["scope"], row["detail"]) for row in answer.json()["rows"]] == [("company", sentence)]
    late = program.save(edit(company.second, token="seen-long-ago"), edit(company.lead, responsibility="owner"))
    words = "Somebody else changed a cell since you read it. Nothing was saved; choose which value stays."
    says(late, 409, "stale", words)
    assert [cell["responsibility"] for cell in late.json()["cells"]] == ["on_call"]
    assert picture() == before
