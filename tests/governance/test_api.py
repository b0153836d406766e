"""The API for programs: rows in force, cells, who would be told, who is on call; and what it refuses, in JSON."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.models import ChangeRequest, Version
from governance.reads import foretold
from portal import limits, roles
from portal.models import ApiToken, AuditEntry, IdempotencyKey, User
from portal.services import tokens
from tests import factories_governance as make
from tests.factories_oncall import make_schedule
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db
CELLS = "/api/v1/ownership/cells"
ROWS = "/api/v1/ownership/rows"
READS = (ROWS, "/api/v1/ownership/told", "/api/v1/oncall")


class Program:
    """A script of `person` that shows its token."""

    def __init__(self, person: User, scope: str = "write") -> None:
        given = {"name": "script", "scope": scope, "days": 30}
        self.token, self.secret = tokens.create(user=person, by=person, at=timezone.now(), **given)
        self.client = Client(raise_request_exception=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query, headers=self.headers)

    def post(self, body: Any, *, type: str = "application/json", **headers: str) -> Any:
        raw = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.post(CELLS, raw, type, headers=self.headers | headers)

    def save(self, *edits: dict[str, Any], reason: str = "New owners", **headers: str) -> Any:
        return self.post({"reason": reason, "edits": list(edits)}, **headers)


@pytest.fixture
def company() -> make.Company:
    return make.make_company()


@pytest.fixture
def admin(company: make.Company) -> Program:
    return Program(company.admin)


def edit(holder: Any, *, token: str = "", scope: str = "workflow:order-sync", **more: Any) -> dict[str, Any]:
    holder = holder.email if isinstance(holder, User) else holder
    return {"scope": scope, "responsibility": "on_call", "holder": holder, "token": token} | more


def refused(answer: Any, status: int, error: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    said: dict[str, Any] = answer.json()
    assert said["error"] == error and said["detail"] and said["request_id"] == answer["X-Request-ID"]
    return said


# Who may come in


@pytest.mark.parametrize("path", [*READS, CELLS])
def test_without_a_token_that_works_nobody_comes_in(company: make.Company, path: str) -> None:
    ended, revoked, left = (Program(company.responder) for _ in range(3))
    ApiToken.objects.filter(pk=ended.token.pk).update(expires_at=timezone.now())
    tokens.revoke(token=revoked.token, by=company.responder, at=timezone.now())
    wrong = [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic x"}, {"Authorization": "Bearer wgp_x"}]
    wrong += [ended.headers, revoked.headers]
    client = Client(raise_request_exception=False)
    client.force_login(company.admin)  # a session opens nothing
    before = picture()
    call = client.post if path == CELLS else client.get
    for headers in wrong:
        answer = call(path, headers=headers)
        refused(answer, 401, "unauthorized")
        assert answer["WWW-Authenticate"] == "Bearer"
    User.objects.filter(pk=company.responder.pk).update(is_active=False)
    refused(call(path, headers=left.headers), 401, "unauthorized")
    assert picture() == before


def test_a_token_that_may_only_read_changes_nothing(company: make.Company) -> None:
    reader = Program(company.admin, scope="read")
    assert [reader.get(path).status_code for path in READS] == [200, 200, 200]
    before = picture()
    refused(reader.save(edit(company.outsider)), 403, "read_only")
    assert picture() == before


@pytest.mark.parametrize("role", [roles.REPORTER, roles.RESPONDER, roles.AUDITOR, roles.ADMIN])
def test_everybody_reads_and_who_keeps_no_matrix_changes_none(company: make.Company, role: str) -> None:
    someone = make.make_person("someone", teams=(company.team,), role=role, is_superuser=role == roles.ADMIN)
    program = Program(someone)
    assert [program.get(path).status_code for path in READS] == [200, 200, 200]
    before = picture()
    said = refused(program.save(edit(company.outsider)), 403, "rows_of_others")
    assert [row["scope"] for row in said["rows"]] == ["workflow:order-sync"]
    assert picture() == before


def test_use_is_noted_and_calls_are_counted(admin: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(limits, "API_CALLS_PER_MINUTE", 2)
    # the counter is by the minute: four calls cross at most one boundary
    answers = [admin.get(ROWS) for _ in range(5)]
    assert answers[0].status_code == 200 and answers[-1].status_code == 429
    refused(answers[-1], 429, "too_many")
    assert answers[-1]["Retry-After"] == "60"
    assert ApiToken.objects.get().last_used_at is not None


def test_another_method_is_refused_like_everything_else(admin: Program) -> None:
    for answer in (admin.client.delete(ROWS), admin.get(CELLS)):
        refused(answer, 405, "not_allowed")
        assert answer["Allow"] in ("GET", "POST")


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v2/oncall", "/api/v1/oncall/", "/api/v1/intake/a.b"])
def test_an_address_that_nobody_answers_is_refused_in_json(admin: Program, path: str) -> None:
    for answer in (admin.get(path), admin.client.post(path, "{}", "application/json")):
        refused(answer, 404, "not_found")


# Rows in force


def test_rows_say_who_holds_what_and_can_be_sent_back(admin: Program, company: make.Company) -> None:
    said = admin.get(ROWS).json()
    assert [row["key"] for row in said["rows"]] == ["data_integrity", "exceptions", "log_keeping", "on-call", "owner"]
    row = next(row for row in said["rows"] if row["key"] == "on-call")
    assert row["document"]["key"] == "company" and row["document"]["version"] == 1
    cell = row["cell"]
    assert (cell["scope"], cell["holder"]) == ("company", f"person:{company.responder.pk}")
    assert row["names"] == ["Responder", "Second"] and "@" not in json.dumps(said)
    answer = admin.save(cell | {"holder": company.outsider.email})
    assert answer.status_code == 200 and ChangeRequest.objects.get(state="draft").document == company.matrix
    assert admin.save(cell | {"token": answer.json()["changes"][0]["cells"][0]["token"]}).status_code == 200


def test_rows_are_chosen_by_workflow_team_and_severity(admin: Program, company: make.Company) -> None:
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
        rows = admin.get(ROWS, **query).json()["rows"]
        return [f"{row['document']['key']}/{row['key']}" for row in rows if row["cell"]["responsibility"] == "on_call"]

    assert keys() == ["company/on-call", "orders/all", "orders/own", "returns/all", "returns/own"]
    assert keys(team="returns") == ["returns/all", "returns/own"]
    assert keys(workflow="refunds") == ["company/on-call", "returns/all", "returns/own"]
    assert keys(workflow="refunds", severity="sev2") == ["company/on-call", "returns/all"]
    assert keys(team="orders", workflow="refunds") == []


def test_pages_follow_each_other_without_a_gap(admin: Program) -> None:
    every = [row["key"] for row in admin.get(ROWS).json()["rows"]]
    found: list[str] = []
    after = ""
    for _ in range(10):
        said = admin.get(ROWS, limit=2, after=after).json()
        found += [row["key"] for row in said["rows"]]
        after = said["next"]
        if not after:
            break
    assert found == every


WRONG_QUESTIONS = [
    (ROWS, {"workflow": "ghost"}, "workflow"),
    (ROWS, {"team": "ghost"}, "team"),
    (ROWS, {"severity": "sev9"}, "severity"),
    (ROWS, {"limit": "0"}, "limit"),
    (ROWS, {"limit": "many"}, "limit"),
    (ROWS, {"after": "nowhere"}, "after"),
    (ROWS, {"after": "é"}, "after"),
    (ROWS, {"after": "WzEsMl0"}, "after"),
    (ROWS, {"workflow": "x" * 65}, "workflow"),
    ("/api/v1/ownership/told", {"workflow": "ghost"}, "workflow"),
    ("/api/v1/ownership/told", {"severity": "any"}, "severity"),
    ("/api/v1/ownership/told", {"at": "tomorrow"}, "at"),
    ("/api/v1/ownership/told", {"at": "1970-01-01T00:00:00Z"}, "at"),
    ("/api/v1/oncall", {"team": "x" * 65}, "team"),
]


@pytest.mark.parametrize(("path", "query", "field"), WRONG_QUESTIONS)
def test_a_question_that_cannot_be_is_refused_by_its_field(
    admin: Program, path: str, query: dict[str, str], field: str
) -> None:
    assert refused(admin.get(path, **query), 422, "unacceptable")["field"] == field


def test_rows_cost_the_same_number_of_queries_however_many(admin: Program, company: make.Company) -> None:
    def cost() -> int:
        admin.get(ROWS)
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert admin.get(ROWS).status_code == 200
        return len(found)

    before = cost()
    for number in range(4):
        team = make.make_team(f"team-{number}")
        make.make_workflow(team=team)
        row = {"key": "own", "scope": {"team": team.key}, "responsibility": "on_call"}
        content = {"title": team.name, "scope": {"team": team.key}, "rows": [row | {"holder": {"role": "lead"}}]}
        make.make_document(content, kind="matrix", key=team.key, by=company.admin)
    assert cost() == before


# Cells


def test_edits_become_drafts_and_change_requests_as_in_the_grid(admin: Program, company: make.Company) -> None:
    owner = edit("role:lead", scope="team:orders", responsibility="owner", alternates=["Second"], decide_minutes=30)
    said = admin.save(
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


def test_a_cell_whose_holder_is_taken_away_inherits_again(admin: Program, company: make.Company) -> None:
    token = admin.save(edit(company.outsider)).json()["changes"][0]["cells"][0]["token"]
    (change,) = admin.save(edit(None, token=token)).json()["changes"]
    assert change["reference"] is None
    assert ChangeRequest.objects.get(document__key="orders").state == "withdrawn"


def test_what_says_the_same_already_is_counted_and_changes_nothing(admin: Program, company: make.Company) -> None:
    admin.save(edit(company.outsider))
    before = picture()
    assert admin.save(edit(company.outsider)).json() == {"changes": [], "unchanged": 1}
    assert picture() == before


def test_a_cell_that_somebody_else_changed_refuses_the_whole_with_both_values(
    admin: Program, company: make.Company
) -> None:
    boss = Program(make.make_person("boss", role=roles.GOVERNANCE_ADMIN))
    boss.save(edit(company.second))
    make.publish(ChangeRequest.objects.get(state="draft").version, by=company.admin)
    before = picture()
    fine = edit(company.lead, responsibility="owner")
    said = refused(admin.save(edit(company.outsider, acknowledge_minutes=5), fine), 409, "stale")
    (cell,) = said["cells"]
    assert (cell["scope"], cell["responsibility"]) == ("workflow:order-sync", "on_call")
    assert (cell["mine"]["holder"], cell["theirs"]["holder"]) == (
        f"person:{company.outsider.pk}",
        f"person:{company.second.pk}",
    )
    assert (cell["mine"]["acknowledge_minutes"], cell["theirs"]["names"]) == (5, ["Second"])
    assert picture() == before
    assert admin.save(edit(company.outsider, token=cell["token"]), fine).status_code == 200


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
    admin: Program, company: make.Company, change: dict[str, Any], field: str
) -> None:
    before = picture()
    said = refused(
        admin.save(edit(company.outsider) | change, edit("Leader", scope="team:orders")), 422, "unacceptable"
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
def test_a_body_that_cannot_be_is_refused_and_nothing_is_saved(admin: Program, name: str) -> None:
    body, status = BODIES[name]
    before = picture()
    refused(admin.post(body), status, "too_large" if status == 413 else "unacceptable")
    assert picture() == before


def test_another_type_than_json_is_refused(admin: Program, company: make.Company) -> None:
    before = picture()
    body = json.dumps({"reason": "x", "edits": [edit(company.outsider)]})
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        refused(admin.post(body, type=kind), 415, "unsupported_type")
    assert picture() == before


# Asked twice


def test_the_same_request_again_is_answered_again_and_saved_once(admin: Program, company: make.Company) -> None:
    key = {"Idempotency-Key": "run-7"}
    first = admin.save(edit(company.outsider), **key)
    before = picture()
    again = admin.save(edit(company.outsider), **key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first
    assert refused(admin.save(edit(company.lead), **key), 422, "key_reused")["field"] == "Idempotency-Key"
    assert picture() == before
    refused(admin.save(edit(company.lead), **{"Idempotency-Key": "x" * 201}), 422, "unacceptable")


def test_a_refused_request_may_try_its_key_again(admin: Program, company: make.Company) -> None:
    key = {"Idempotency-Key": "run-8"}
    refused(admin.save(edit("ghost"), **key), 422, "unacceptable")
    assert not IdempotencyKey.objects.exists()
    assert admin.save(edit(company.outsider), **key).status_code == 200


def test_keys_of_two_tokens_do_not_meet(admin: Program, company: make.Company) -> None:
    other = Program(company.admin)
    admin.save(edit(company.outsider), **{"Idempotency-Key": "k"})
    assert "Idempotent-Replayed" not in other.save(edit(company.lead), **{"Idempotency-Key": "k"})


# Who would be told, who is on call


def test_who_would_be_told_is_what_the_page_says(admin: Program, company: make.Company) -> None:
    at = timezone.now().replace(microsecond=0) + timedelta(days=1)
    said = admin.get("/api/v1/ownership/told", workflow="order-sync", severity="sev1", at=at.isoformat()).json()
    page = foretold.foretell(company.workflow, "sev1", at=at)
    assert said["workflow"] == {"key": "order-sync", "name": "Order sync"}
    told = [(item["minutes"], item["kind"], [person["name"] for person in item["people"]]) for item in said["moments"]]
    assert told == [(item.minutes, item.kind, [person.name for person in item.people]) for item in page.moments]
    assert told[0] == (0, "step", ["Responder"])
    decided = said["moments"][0]["decided"][0]
    assert (decided["responsibility"], decided["row"]) == ("on_call", "on-call")
    assert decided["digest"] == company.matrix.effective_version.digest
    assert "@" not in json.dumps(said)


def test_a_workflow_that_nobody_can_name_has_an_answer_too(admin: Program) -> None:
    said = admin.get("/api/v1/ownership/told").json()
    assert (said["workflow"], said["severity"]) == (None, "sev2") and said["moments"]


def test_without_a_policy_nobody_would_be_told(company: make.Company) -> None:
    type(company.policy).objects.filter(pk=company.policy.pk).update(effective_version=None)
    said = Program(company.reporter).get("/api/v1/ownership/told").json()
    assert (said["moments"], said["again_at"]) == ([], None)


def test_on_call_says_who_answers_and_who_is_next(admin: Program, company: make.Company) -> None:
    make_schedule("nights", team=company.team, people=(company.responder, company.second))
    make_schedule("empty", team=company.triage, people=())
    found = {item["schedule"]: item for item in admin.get("/api/v1/oncall").json()["schedules"]}
    assert set(found) == {"nights", "empty"}
    assert found["empty"]["now"] is None and found["empty"]["next"] is None
    now, then = found["nights"]["now"], found["nights"]["next"]
    assert {now["person"]["name"], then["person"]["name"]} == {"Responder", "Second"}
    assert now["until_at"] == then["from_at"] and found["nights"]["team"] == "orders"
    for query, keys in (({"team": "triage"}, ["empty"]), ({"schedule": "nights"}, ["nights"]), ({"team": "no"}, [])):
        assert [item["schedule"] for item in admin.get("/api/v1/oncall", **query).json()["schedules"]] == keys


# What it says of itself


def test_the_api_describes_itself(client: Client) -> None:
    said = client.get("/api/v1/openapi.json").json()
    assert set(said["paths"]) == {CELLS, *READS}
    answers = said["paths"][CELLS]["post"]["responses"]
    assert {"200", "401", "403", "409", "413", "415", "422", "429", "503"} <= set(answers)


def test_reading_writes_nothing_but_the_last_use(admin: Program) -> None:
    before = picture()
    for path in READS:
        assert admin.get(path).status_code == 200
    assert picture() == before and not Version.objects.filter(frozen_at=None).exists()
