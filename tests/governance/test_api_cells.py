"""The API for programs: cells of matrices, all edits or none; what is refused by its field, and what is asked twice."""

import json
from typing import Any

import pytest

from governance.models import ChangeRequest
from portal import limits, roles
from portal.models import AuditEntry, IdempotencyKey
from tests import factories_governance as make
from tests.governance.programs import Program, edit, refused
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


def test_edits_become_drafts_and_change_requests_as_in_the_grid(program: Program, company: make.Company) -> None:
    owner = edit("role:lead", scope="team:orders", responsibility="owner", alternates=["Second"], decide_minutes=30)
    said = program.save(
        edit(company.outsider, acknowledge_minutes=10), owner, edit("Leader", scope="company", severity="sev1")
    ).json()
    assert said["unchanged"] == 0
    drafts = {item["document"]: item for item in said["changes"]}
    assert set(drafts) == {"company", "orders"}
    request = ChangeRequest.objects.get(reference=drafts["orders"]["reference"])
    assert (request.state, request.reason, request.requested_by) == ("draft", "New owners", company.admin)
    rows = {row["responsibility"]: row for row in json.loads(request.version.content)["rows"]}
    assert rows["on_call"]["holder"] == {"person": str(company.outsider.pk)}
    assert rows["on_call"]["acknowledge_minutes"] == 10
    assert rows["owner"] | {"key": ""} == {
        "key": "",
        "scope": {"team": str(company.team.pk)},
        "responsibility": "owner",
        "severity": "any",
        "letter": "A",
        "holder": {"role": "lead"},
        "alternates": [{"person": str(company.second.pk)}],
        "decide_minutes": 30,
    }
    assert AuditEntry.objects.filter(verb="version.edited", actor=company.admin).count() == 2


def test_a_cell_whose_holder_is_taken_away_inherits_again(program: Program, company: make.Company) -> None:
    token = program.save(edit(company.outsider)).json()["changes"][0]["cells"][0]["token"]
    (change,) = program.save(edit(None, token=token)).json()["changes"]
    assert change["reference"] is None
    assert ChangeRequest.objects.get(document__key="orders").state == "withdrawn"


def test_what_says_the_same_already_is_counted_and_changes_nothing(program: Program, company: make.Company) -> None:
    program.save(edit(company.outsider))
    before = picture()
    assert program.save(edit(company.outsider)).json() == {"changes": [], "unchanged": 1}
    assert picture() == before


def test_a_cell_that_somebody_else_changed_refuses_the_whole_with_both_values(
    program: Program, company: make.Company
) -> None:
    boss = Program(make.make_person("boss", role=roles.GOVERNANCE_ADMIN))
    boss.save(edit(company.second))
    make.publish(ChangeRequest.objects.get(state="draft").version, by=company.admin)
    before = picture()
    fine = edit(company.lead, responsibility="owner")
    said = refused(program.save(edit(company.outsider, acknowledge_minutes=5), fine), 409, "stale")
    (cell,) = said["cells"]
    assert (cell["scope"], cell["responsibility"]) == ("workflow:order-sync", "on_call")
    assert (cell["mine"]["holder"], cell["theirs"]["holder"]) == (
        f"person:{company.outsider.pk}",
        f"person:{company.second.pk}",
    )
    assert (cell["mine"]["acknowledge_minutes"], cell["theirs"]["names"]) == (5, ["Second"])
    assert picture() == before
    assert program.save(edit(company.outsider, token=cell["token"]), fine).status_code == 200


WRONG_EDITS: list[tuple[dict[str, Any], str]] = [
    ({"scope": "workflow:ghost"}, "edits[0].scope"),
    ({"scope": "planet:mars"}, "edits[0].scope"),
    ({"scope": "criticality:huge"}, "edits[0].scope"),
    ({"scope": "workflow:a\x00"}, "edits[0].scope"),
    ({"scope": ""}, "edits[0].scope"),
    ({"scope": 1}, "edits[0].scope"),
    ({"responsibility": "dancing"}, "edits[0].responsibility"),
    ({"severity": "sev9"}, "edits[0].severity"),
    ({"letter": "X"}, "edits[0].letter"),
    ({"holder": "Nobody Here"}, "edits[0].holder"),
    ({"holder": ""}, "edits[0].holder"),
    ({"holder": "\ud800"}, "edits[0].holder"),
    ({"holder": None, "acknowledge_minutes": 5}, "edits[0].holder"),
    ({"holder": "x" * 201}, "edits[0].holder"),
    ({"alternates": ["Second", "ghost"]}, "edits[0].alternates[1]"),
    ({"alternates": ["Second"] * 21}, "edits[0].alternates"),
    ({"acknowledge_minutes": 0}, "edits[0].acknowledge_minutes"),
    ({"acknowledge_minutes": 1.5}, "edits[0].acknowledge_minutes"),
    ({"decide_minutes": 10**30}, "edits[0].decide_minutes"),
    ({"token": ["x"]}, "edits[0].token"),
    ({"surprise": 1}, "edits[0].surprise"),
]


@pytest.mark.parametrize(("change", "field"), WRONG_EDITS, ids=lambda value: repr(value)[:40])
def test_an_edit_that_cannot_be_is_refused_by_its_field_and_nothing_is_saved(
    program: Program, company: make.Company, change: dict[str, Any], field: str
) -> None:
    before = picture()
    said = refused(
        program.save(edit(company.outsider) | change, edit("Leader", scope="team:orders")), 422, "unacceptable"
    )
    assert said["field"] == field and said["misses"][0]["field"] == field
    assert picture() == before


BODIES: dict[str, tuple[Any, int]] = {
    "nothing": (b" ", 422),
    "no JSON": (b"reason=x", 422),
    "half of it": (b'{"reason": "x', 422),
    "a list": ([], 422),
    "no reason": ({"edits": [edit("Second")]}, 422),
    "an empty reason": ({"reason": " ", "edits": [edit("Second")]}, 422),
    "a long reason": ({"reason": "x" * 501, "edits": [edit("Second")]}, 422),
    "a reason with a NUL": ({"reason": "x\x00", "edits": [edit("Second")]}, 422),
    "half a sign": (b'{"reason": "\\ud800", "edits": []}', 422),
    "no edits": ({"reason": "x", "edits": []}, 422),
    "too many edits": ({"reason": "x", "edits": [edit("Second")] * (limits.API_CELLS + 1)}, 422),
    "the same cell twice": ({"reason": "x", "edits": [edit("Second"), edit("Leader")]}, 422),
    "not a number": (b'{"reason": "x", "edits": [{"acknowledge_minutes": NaN}]}', 422),
    "deep": (b'{"reason": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", 422),
    "large": (b" " * (limits.BODY_BYTES + 1), 413),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_is_refused_and_nothing_is_saved(program: Program, name: str) -> None:
    body, status = BODIES[name]
    before = picture()
    refused(program.post(body), status, "too_large" if status == 413 else "unacceptable")
    assert picture() == before


def test_another_type_than_json_is_refused(program: Program, company: make.Company) -> None:
    before = picture()
    body = json.dumps({"reason": "x", "edits": [edit(company.outsider)]})
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        refused(program.post(body, type=kind), 415, "unsupported_type")
    assert picture() == before


# Asked twice


def test_the_same_request_again_is_answered_again_and_saved_once(program: Program, company: make.Company) -> None:
    key = {"Idempotency-Key": "run-7"}
    first = program.save(edit(company.outsider), **key)
    before = picture()
    again = program.save(edit(company.outsider), **key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first
    assert refused(program.save(edit(company.lead), **key), 422, "key_reused")["field"] == "Idempotency-Key"
    assert picture() == before
    refused(program.save(edit(company.lead), **{"Idempotency-Key": "x" * 201}), 422, "unacceptable")


def test_a_refused_request_may_try_its_key_again(program: Program, company: make.Company) -> None:
    key = {"Idempotency-Key": "run-8"}
    refused(program.save(edit("ghost"), **key), 422, "unacceptable")
    assert not IdempotencyKey.objects.exists()
    assert program.save(edit(company.outsider), **key).status_code == 200


def test_keys_of_two_tokens_do_not_meet(program: Program, company: make.Company) -> None:
    key = {"Idempotency-Key": "k"}
    other = Program(company.admin)
    for answer in (
        program.save(edit(company.outsider), **key),
        other.save(edit(company.lead, responsibility="owner"), **key),
    ):
        assert answer.status_code == 200 and "Idempotent-Replayed" not in answer
    assert IdempotencyKey.objects.count() == 2
