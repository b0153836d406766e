"""The page of insights: what it says of random incidents, whom it tells, and what its address asks for (P13)."""

import csv
import io
import random
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from governance.models import ChangeRequest, Workflow
from incidents.metrics import insights, places
from incidents.metrics.figures import Asked
from incidents.models import Fact, FigureSum, Incident
from incidents.services import figures as service
from portal.models import User
from tests.factories_governance import NOW, Company, make_company, make_person
from tests.governance.programs import Program
from tests.incidents.metrics.test_figures import INCIDENT, UNTIL, counted_ones, near, random_incidents, taken

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture(autouse=True)
def frozen(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    monkeypatch.setattr("portal.moments.of", lambda request: UNTIL)


def filled(company: Company, count: int = 80) -> None:
    rows = random_incidents(random.Random(4), company, count)
    service.follow({INCIDENT: {str(row.pk) for row in rows}}, at=NOW)


def get(user: User, query: str = "", status: int = 200) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/insights/{query}")
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def sheet(user: User, key: str, query: str = "") -> list[list[str]]:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/insights/?format=csv&table={key}{query}")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_page_says_what_is_counted_by_hand_and_leaves_drills_out(company: Company) -> None:
    filled(company)
    rows = [row for row in counted_ones() if row.kind == "incident"]
    assert any(row.kind == "drill" for row in counted_ones())
    text = words(get(company.responder))
    assert f"{len(rows)} incidents from" in text
    shown = insights.insights(Asked(until=UNTIL), places.read(), "team", company.responder)
    assert shown.count == len(rows)
    answered = taken(rows, "acknowledged_at")
    assert sum(int(row[1]) for row in sheet(company.responder, "answer")[1:]) == len(answered)
    assert sum(int(row[-1]) for row in sheet(company.responder, "weeks")[1:]) == len(rows)
    by_team = {row[0]: int(row[1]) for row in sheet(company.responder, "parts")[1:]}
    assert sum(by_team.values()) == len(rows) and len(by_team) == 2


def test_the_address_says_what_the_figures_are_about(company: Company) -> None:
    filled(company)
    rows = [row for row in counted_ones() if row.kind == "incident" and row.severity == "sev2"]
    mine = [row for row in rows if row.team_id == company.workflow.team_id]
    query = f"?severity=sev2&team={company.workflow.team.key}&weeks=26&by=workflow"
    page = get(company.responder, query)
    assert f"{len(mine)} incident" in words(page)
    assert '<option value="sev2" selected>' in page and '<option value="26" selected>' in page
    parts = sheet(company.responder, "parts", "&" + query[1:])
    assert sum(int(row[1]) for row in parts[1:]) == len(mine)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?until=2026-02-31", "This is no day."),
        ("?until=soon", "This is no day."),
        ("?until=2999-01-01", "This day is still to come."),
        ("?until=0001-01-01", "Choose a day after the year 2000."),
        ("?team=nobody", "Choose one of the list."),
        ("?weeks=7", "Choose one of the list."),
        ("?severity=sev9", "Choose one of the list."),
    ],
)
def test_what_cannot_be_asked_is_said_and_kept(company: Company, query: str, sentence: str) -> None:
    page = get(company.responder, query, status=422)
    assert sentence in words(page)
    assert "until=" not in query or query.split("=")[1] in page, "what was typed stays"


def test_a_program_reads_the_same_figures(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(company)
    monkeypatch.setattr("incidents.api.insights.timezone.now", lambda: UNTIL)
    rows = [row for row in counted_ones() if row.kind == "incident" and row.severity == "sev2"]
    program = Program(company.responder, scope="read")
    said = program.get("/api/v1/insights", severity="sev2").json()
    assert said["incidents"] == len(rows)
    times = {time["key"]: time for time in said["times"]}
    answered = taken(rows, "acknowledged_at")
    assert times["answer"]["count"] == len(answered) and near(times["answer"]["usual"], answered, 0.5)
    assert {rate["key"]: rate["of"] for rate in said["rates"]}["nobody_reached"] == len(rows)
    assert program.get("/api/v1/insights", team="nobody").status_code == 422
    assert program.get("/api/v1/insights", weeks="7").status_code == 422
    assert Program(company.reporter, scope="read").get("/api/v1/insights").status_code == 403


def test_an_empty_portal_says_so(company: Company) -> None:
    assert "No incident in this time" in words(get(company.responder))
    assert len(sheet(company.responder, "figures")) > 10


def test_who_only_reports_reads_no_figures(company: Company) -> None:
    assert "These figures are for those who work on incidents" in words(get(company.reporter, status=403))


def test_few_are_not_judged(company: Company) -> None:
    filled(company, count=6)
    assert "too few to judge" in words(get(company.responder))


def test_the_number_of_queries_does_not_grow(company: Company, django_assert_max_num_queries: Any) -> None:
    filled(company, count=20)
    client = Client()
    client.force_login(company.responder)
    client.get("/insights/")
    with django_assert_max_num_queries(30):
        client.get("/insights/")
    filled_more(company)
    with django_assert_max_num_queries(30):
        client.get("/insights/?by=workflow")


def filled_more(company: Company) -> None:
    Incident.objects.filter(reference__startswith="INC-R-").update(severity="sev1")
    service.follow(None, at=NOW)


def never_answered(company: Company, count: int = 8) -> None:
    """Facts of incidents each of which went beyond the first level."""
    filled(company, count=count * 3)
    for fact in Fact.objects.filter(kind="incident"):
        fact.measures |= {"level": 3}
        fact.save()
    moved = list(Fact.objects.all())
    FigureSum.objects.all().delete()
    cells, totals = service.cells(moved), service.sums(moved)
    service._move({cell: (cells[cell], totals[cell]) for cell in cells})


def test_the_finding_becomes_a_change_in_one_click(company: Company) -> None:
    never_answered(company)
    page = get(company.admin)
    assert "Level 1 did not answer in its time" in words(page) and "Propose this change" in page
    client = Client()
    client.force_login(company.admin)
    answer = client.post("/insights/propose/", {"pattern": "level-1", "query": ""})
    change = ChangeRequest.objects.order_by("-requested_at").first()
    assert change is not None and change.document.kind == "escalation"
    assert change.reason.startswith("Level 1 did not answer in its time (")
    assert answer.status_code == 302 and change.reference in answer["Location"]
    assert client.post("/insights/propose/", {"pattern": "nothing", "query": ""}).status_code == 404


def test_who_may_not_draft_reads_why(company: Company) -> None:
    never_answered(company)
    person = make_person("plain", teams=(company.workflow.team,), role="responder")
    page = get(person)
    before = ChangeRequest.objects.count()
    client = Client()
    client.force_login(person)
    client.post("/insights/propose/", {"pattern": "level-1", "query": ""})
    assert "Propose this change" not in page and ChangeRequest.objects.count() == before


def test_five_hundred_processes(company: Company) -> None:
    one = company.workflow
    Workflow.objects.bulk_create(
        Workflow(key=f"w{number}", name=f"Process {number}", platform=one.platform, team=one.team)
        for number in range(500)
    )
    rows = random_incidents(random.Random(5), company, 30)
    chosen = list(Workflow.objects.all())
    for number, row in enumerate(rows):
        row.workflow = chosen[number * 7 % len(chosen)]
        row.kind = "incident"
        row.reported_at = UNTIL - timedelta(days=number % 60)
        row.state = "resolved"
    Incident.objects.bulk_update(rows, ["workflow", "kind", "reported_at", "state"])
    service.follow({INCIDENT: {str(row.pk) for row in rows}}, at=NOW)
    page = get(company.responder, "?by=workflow")
    assert "more rows are in the file" in page
    assert len(sheet(company.responder, "parts", "&by=workflow")) == 31
