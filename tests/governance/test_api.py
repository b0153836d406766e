"""The API for programs: who may come in, which questions are refused, and what it says of itself; all in JSON."""

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import Version
from portal import limits, roles
from portal.models import ApiToken, User
from portal.services import tokens
from tests import factories_governance as make
from tests.governance.programs import CELLS, ONCALL, READS, ROWS, TOLD, Program, edit, refused
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


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


def test_use_is_noted_and_calls_are_counted(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_CALLS_PER_MINUTE", 2)
    # the counter is by the minute: four calls cross at most one boundary
    answers = [program.get(ROWS) for _ in range(5)]
    assert answers[0].status_code == 200 and answers[-1].status_code == 429
    refused(answers[-1], 429, "too_many")
    assert answers[-1]["Retry-After"] == "60"
    assert ApiToken.objects.get().last_used_at is not None


def test_another_method_is_refused_like_everything_else(program: Program) -> None:
    for answer in (program.client.delete(ROWS), program.get(CELLS)):
        refused(answer, 405, "not_allowed")
        assert answer["Allow"] in ("GET", "POST")


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v2/oncall", "/api/v1/oncall/", "/api/v1/intake/a.b"])
def test_an_address_that_nobody_answers_is_refused_in_json(program: Program, path: str) -> None:
    for answer in (program.get(path), program.client.post(path, "{}", "application/json")):
        refused(answer, 404, "not_found")


# Questions


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
    (TOLD, {"workflow": "ghost"}, "workflow"),
    (TOLD, {"severity": "any"}, "severity"),
    (TOLD, {"at": "tomorrow"}, "at"),
    (TOLD, {"at": "1970-01-01T00:00:00Z"}, "at"),
    (ONCALL, {"team": "x" * 65}, "team"),
    (ONCALL, {"team": "ghost"}, "team"),
    (ONCALL, {"schedule": "ghost"}, "schedule"),
]


@pytest.mark.parametrize(("path", "query", "field"), WRONG_QUESTIONS)
def test_a_question_that_cannot_be_is_refused_by_its_field(
    program: Program, path: str, query: dict[str, str], field: str
) -> None:
    assert refused(program.get(path, **query), 422, "unacceptable")["field"] == field


# What it says of itself


def test_the_api_describes_itself(client: Client) -> None:
    said = client.get("/api/v1/openapi.json").json()
    assert {CELLS, *READS} <= set(said["paths"])
    answers = said["paths"][CELLS]["post"]["responses"]
    assert {"200", "401", "403", "409", "413", "415", "422", "429", "503"} <= set(answers)


def test_reading_writes_nothing_but_the_last_use(program: Program) -> None:
    before = picture()
    for path in READS:
        assert program.get(path).status_code == 200
    assert picture() == before and not Version.objects.filter(frozen_at=None).exists()
