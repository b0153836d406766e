"""The API for programs: rows in force, who would be told, who is on call."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.models import ChangeRequest
from governance.reads import foretold
from tests import factories_governance as make
from tests.factories_oncall import make_schedule
from tests.governance.programs import ONCALL, ROWS, TOLD, Program, refused

pytestmark = pytest.mark.django_db


# Rows in force


def test_rows_say_who_holds_what_and_can_be_sent_back(program: Program, company: make.Company) -> None:
    said = program.get(ROWS).json()
    assert [row["key"] for row in said["rows"]] == ["data_integrity", "exceptions", "log_keeping", "on-call", "owner"]
    row = next(row for row in said["rows"] if row["key"] == "on-call")
    assert row["document"]["key"] == "company" and row["document"]["version"] == 1
    cell = row["cell"]
    assert (cell["scope"], cell["holder"]) == ("company", f"person:{company.responder.pk}")
    assert row["names"] == ["Responder", "Second"] and "@" not in json.dumps(said)
    answer = program.save(cell | {"holder": company.outsider.email})
    assert answer.status_code == 200 and ChangeRequest.objects.get(state="draft").document == company.matrix
    assert program.save(cell | {"token": answer.json()["changes"][0]["cells"][0]["token"]}).status_code == 200


def test_rows_are_chosen_by_workflow_team_and_severity(program: Program, company: make.Company) -> None:
    others = make.make_team("returns")
    make.make_workflow("refunds", team=others)
    for team, workflow in ((company.team, "order-sync"), (others, "refunds")):
        mine = [
            {"key": "own", "scope": {"workflow": workflow}, "severity": "sev1"},
            {"key": "all", "scope": {"team": team.key}},
        ]
        mine = [row | {"responsibility": "on_call", "holder": {"role": "lead"}} for row in mine]
        content = {"title": team.name, "scope": {"team": team.key}, "rows": mine}
        make.make_document(content, kind="matrix", key=team.key, by=company.admin)

    def keys(**query: str) -> list[str]:
        rows = program.get(ROWS, **query).json()["rows"]
        return [f"{row['document']['key']}/{row['key']}" for row in rows if row["cell"]["responsibility"] == "on_call"]

    assert keys() == ["company/on-call", "orders/all", "orders/own", "returns/all", "returns/own"]
    assert keys(team="returns") == ["returns/all", "returns/own"]
    assert keys(workflow="refunds") == ["company/on-call", "returns/all", "returns/own"]
    assert keys(workflow="refunds", severity="sev2") == ["company/on-call", "returns/all"]
    assert keys(team="orders", workflow="refunds") == []


def test_pages_follow_each_other_without_a_gap(program: Program) -> None:
    every = [row["key"] for row in program.get(ROWS).json()["rows"]]
    found: list[list[str]] = []
    after = ""
    while len(found) < 10 and (after or not found):
        said = program.get(ROWS, limit=2, after=after).json()
        found.append([row["key"] for row in said["rows"]])
        after = said["next"]
    assert [len(page) for page in found] == [2, 2, 1] and sum(found, []) == every


def test_rows_cost_the_same_number_of_queries_however_many(program: Program, company: make.Company) -> None:
    def cost() -> int:
        program.get(ROWS)
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert program.get(ROWS).status_code == 200
        return len(found)

    before = cost()
    for number in range(4):
        team = make.make_team(f"team-{number}")
        make.make_workflow(team=team)
        row = {"key": "own", "scope": {"team": team.key}, "responsibility": "on_call"}
        content = {"title": team.name, "scope": {"team": team.key}, "rows": [row | {"holder": {"role": "lead"}}]}
        make.make_document(content, kind="matrix", key=team.key, by=company.admin)
    assert cost() == before


# Who would be told


def test_who_would_be_told_is_what_the_page_says(program: Program, company: make.Company) -> None:
    at = timezone.now().replace(microsecond=0) + timedelta(days=1)
    said = program.get(TOLD, workflow="order-sync", severity="sev1", at=at.isoformat()).json()
    page = foretold.foretell(company.workflow, "sev1", at=at)
    assert said["workflow"] == {"key": "order-sync", "name": "Order sync"}
    told = [(item["minutes"], item["kind"], [person["name"] for person in item["people"]]) for item in said["moments"]]
    assert told == [(item.minutes, item.kind, [person.name for person in item.people]) for item in page.moments]
    assert told[0] == (0, "step", ["Responder"])
    decided = said["moments"][0]["decided"][0]
    assert (decided["responsibility"], decided["row"]) == ("on_call", "on-call")
    assert decided["digest"] == company.matrix.effective_version.digest
    assert "@" not in json.dumps(said)


def test_a_workflow_that_nobody_can_name_has_an_answer_too(program: Program) -> None:
    said = program.get(TOLD).json()
    assert (said["workflow"], said["severity"]) == (None, "sev2") and said["moments"]


@pytest.mark.parametrize("words", [" ", "\f", "order", "I don’t know", "nothing of ours"])
def test_what_a_program_calls_a_workflow_is_not_guessed_at(program: Program, words: str) -> None:
    refused(program.get(TOLD, workflow=words), 422, "unacceptable")
    for name in ("order-sync", "ORDER  sync "):
        assert program.get(TOLD, workflow=name).json()["workflow"]["key"] == "order-sync"


def test_without_a_policy_nobody_would_be_told(company: make.Company) -> None:
    type(company.policy).objects.filter(pk=company.policy.pk).update(effective_version=None)
    said = Program(company.reporter).get(TOLD).json()
    assert (said["moments"], said["again_at"]) == ([], None)


# Who is on call


def test_on_call_says_who_answers_and_who_is_next(program: Program, company: make.Company) -> None:
    make_schedule("nights", team=company.team, people=(company.responder, company.second))
    make_schedule("empty", team=company.triage, people=())
    found = {item["schedule"]: item for item in program.get(ONCALL).json()["schedules"]}
    assert set(found) == {"nights", "empty"}
    assert found["empty"]["now"] is None and found["empty"]["next"] is None
    now, then = found["nights"]["now"], found["nights"]["next"]
    assert {now["person"]["name"], then["person"]["name"]} == {"Responder", "Second"}
    assert now["until_at"] == then["from_at"] and found["nights"]["team"] == "orders"
    for query, keys in (({"team": "triage"}, ["empty"]), ({"schedule": "nights"}, ["nights"])):
        assert [item["schedule"] for item in program.get(ONCALL, **query).json()["schedules"]] == keys
    for query in ({"team": "no"}, {"schedule": "no"}):
        answer = program.get(ONCALL, **query)
        assert answer.status_code == 422
        assert (answer.json()["error"], answer.json()["field"]) == ("unacceptable", *query)
