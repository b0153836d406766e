"""Incidents for programs: what the board and the page say, and three moves of the person whose token it is."""

from typing import Any

import pytest
from django.utils import timezone

from incidents.models import Incident
from incidents.reads import board
from incidents.services import incidents
from portal import limits
from portal.models import AuditEntry, IdempotencyKey, Message, User
from tests import factories_governance as make
from tests.factories_incidents import fresh, make_acknowledged, make_incident, run_of, verbs
from tests.flows.cast import Scene, make_scene
from tests.flows.rows import nothing_written
from tests.governance.programs import Program, refused

pytestmark = pytest.mark.django_db
LIST = "/api/v1/incidents"
FIXED = {"resolution": "The token of the shop was renewed.", "checked": "Ten orders arrived."}


def address(incident: Incident, part: str = "") -> str:
    return f"{LIST}/{incident.reference}{part and '/' + part}"


def post(person: User | Program, path: str, body: Any = None, **headers: str) -> Any:
    program = person if isinstance(person, Program) else Program(person)
    given = {"content_type": "application/json"} if body is not None else {"content_type": ""}
    return program.client.post(path, body if body is not None else "", headers=program.headers | headers, **given)


def references(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["reference"] for row in answer.json()["incidents"]]


# The list


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


def test_a_program_lists_and_opens_exactly_what_its_person_may_see(scene: Scene) -> None:
    for role, person in scene.people.items():
        program = Program(person, scope="read")
        page = board.page(person, board.filters({"state": "all"}))
        listed = references(program.get(LIST, state="all"))
        assert listed == [row.incident.reference for row in page.rows], role
        for incident in Incident.objects.all():
            status = 200 if incident.reference in listed else 404
            for part in ("", "timeline"):
                assert program.get(address(incident, part)).status_code == status, (role, incident.title)


def test_the_list_is_read_page_by_page(company: make.Company) -> None:
    made = [make_incident(company, at=timezone.now()).reference for _ in range(5)]
    program = Program(company.responder, scope="read")
    found, after = [], ""
    for _ in range(3):
        answer = program.get(LIST, limit="2", after=after)
        found += references(answer)
        after = answer.json()["next"] or ""
    assert found == made[::-1] and after == ""


def test_the_list_is_narrowed_by_state_severity_team_workflow_lead_and_words(company: make.Company) -> None:
    mine = make_acknowledged(company, title="Invoices wait")
    ended = make_acknowledged(company, by=company.second)
    incidents.resolve(incident=ended, by=company.second, at=timezone.now(), **FIXED)
    other = make_incident(company, workflow=make.make_workflow("payroll", team=company.team))
    program = Program(company.responder, scope="read")
    assert references(program.get(LIST, mine="true")) == [mine.reference]
    assert references(program.get(LIST, state="resolved")) == [ended.reference]
    assert references(program.get(LIST, workflow="payroll")) == [other.reference]
    assert references(program.get(LIST, q="invoices")) == [mine.reference]
    assert set(references(program.get(LIST, team=company.team.key))) == {mine.reference, other.reference}
    assert references(program.get(LIST, severity="sev1")) == []


WRONG = [
    ({"state": "lost"}, "state"),
    ({"severity": "any"}, "severity"),
    ({"team": "ghost"}, "team"),
    ({"workflow": "ghost"}, "workflow"),
    ({"mine": "perhaps"}, "mine"),
    ({"q": "x" * 101}, "q"),
    ({"after": "nowhere"}, "after"),
    ({"limit": "201"}, "limit"),
]


@pytest.mark.parametrize(("query", "field"), WRONG)
def test_a_filter_that_means_nothing_is_refused_by_its_name(
    company: make.Company, query: dict[str, str], field: str
) -> None:
    assert refused(Program(company.responder).get(LIST, **query), 422, "unacceptable")["field"] == field


# One incident


def test_one_incident_says_who_was_told_what_comes_and_what_may_be_done(company: make.Company) -> None:
    incident = make_incident(company, at=timezone.now())
    said = Program(company.responder, scope="read").get(address(incident)).json()
    assert (said["reference"], said["state"], said["lead"]) == (incident.reference, "reported", None)
    assert said["workflow"]["key"] == company.workflow.key and said["url"].endswith(incident.get_absolute_url())
    run = said["escalation"]
    assert (run["state"], run["generation"]) == ("running", 1)
    assert [(item["person"]["name"], item["answer"]) for item in run["told"]] == [(str(company.responder), "waiting")]
    assert run["next"][0]["kind"] == "step" and run["next"][0]["names"]
    assert {rule["kind"] for rule in said["rules"]} >= {"escalation", "matrix"}
    assert said["due"]["triage_at"] and {"acknowledge", "resolve", "note"} <= set(said["may"])


def test_a_near_miss_has_no_escalation_and_cannot_be_taken(company: make.Company) -> None:
    incident = make_incident(company, kind="near_miss")
    program = Program(company.responder)
    assert program.get(address(incident)).json()["escalation"] is None
    with nothing_written():
        refused(post(program, address(incident, "acknowledge")), 409, "conflict")


def test_the_timeline_is_read_in_both_directions_and_goes_on_from_an_entry(company: make.Company) -> None:
    incident = make_acknowledged(company)
    for number in range(3):
        incidents.add_note(incident=incident, text=f"Note {number}", by=company.responder, at=timezone.now())
    program, path = Program(company.responder, scope="read"), address(incident, "timeline")
    newest = program.get(path, only="notes", limit="2").json()
    assert [row["detail"] for row in newest["entries"]] == ["Note 2", "Note 1"] and newest["next"]
    older = program.get(path, only="notes", after=str(newest["next"])).json()
    assert [row["verb"] for row in older["entries"]] == ["note", "reported"] and older["next"] is None
    every = program.get(path, order="oldest").json()["entries"]
    assert [row["verb"] for row in every] == verbs(incident)
    last = every[-1]["id"]
    assert program.get(path, order="oldest", after=str(last)).json() == {"entries": [], "next": None}


# Moves


def test_a_program_takes_resolves_and_notes_for_its_person(company: make.Company) -> None:
    incident = make_incident(company)
    taken = post(company.responder, address(incident, "acknowledge")).json()
    assert (taken["state"], taken["lead"]["name"]) == ("investigating", str(company.responder))
    entry = post(company.responder, address(incident, "note"), {"text": "It is the token."}).json()
    assert (entry["verb"], entry["detail"], entry["is_public"]) == ("note", "It is the token.", False)
    ended = post(company.responder, address(incident, "resolve"), FIXED).json()
    assert ended["state"] == "resolved" and ended["resolved_at"]
    found = fresh(incident)
    assert (found.lead, found.resolution, run_of(incident).state) == (company.responder, FIXED["resolution"], "stopped")
    assert verbs(incident)[-3:] == ["acknowledged", "note", "resolved"]


def test_a_note_of_the_reporter_is_public(company: make.Company) -> None:
    incident = make_incident(company)
    assert post(company.reporter, address(incident, "note"), {"text": "Still."}).json()["is_public"] is True


MOVES = [("acknowledge", None), ("resolve", FIXED), ("note", {"text": "x"})]


@pytest.mark.parametrize(("move", "body"), MOVES)
def test_who_may_not_know_gets_404_and_who_may_only_read_403(scene: Scene, move: str, body: Any) -> None:
    path = address(scene.incident, move)
    stranger, auditor = Program(scene.people["stranger"]), Program(scene.people["auditor"])
    reader = Program(scene.people["responder"], scope="read")
    with nothing_written():
        refused(post(stranger, path, body), 404, "not_found")
        refused(post(stranger, f"{LIST}/INC-1-1/{move}", body), 404, "not_found")
        refused(post(auditor, path, body), 403, "forbidden")
        refused(post(reader, path, body), 403, "read_only")


def test_what_does_not_fit_the_state_any_more_is_a_conflict(company: make.Company) -> None:
    incident = make_acknowledged(company)
    lead, other = Program(company.responder), Program(company.second)
    with nothing_written():
        said = refused(post(other, address(incident, "acknowledge")), 409, "conflict")
    assert str(company.responder) in said["detail"]
    incidents.resolve(incident=incident, by=company.responder, at=timezone.now(), **FIXED)
    with nothing_written():
        refused(post(lead, address(incident, "resolve"), FIXED), 409, "conflict")
        refused(post(lead, address(incident, "acknowledge")), 409, "conflict")


WRONG_BODIES = [
    ("resolve", FIXED | {"resolution": " "}, "resolution"),
    ("resolve", {"resolution": "Renewed."}, "checked"),
    ("resolve", FIXED | {"by": "somebody"}, "by"),
    ("note", {"text": "\x00"}, "text"),
    ("note", {"text": "\x1f\n"}, "text"),
    ("note", {"text": "x" * (limits.TEXT_LENGTH + 1)}, "text"),
    ("note", {"text": 7}, "text"),
]


@pytest.mark.parametrize(("move", "body", "field"), WRONG_BODIES)
def test_a_body_that_cannot_be_kept_is_refused_by_its_field(
    company: make.Company, move: str, body: Any, field: str
) -> None:
    incident, program = make_acknowledged(company), Program(company.responder)
    with nothing_written():
        assert refused(post(program, address(incident, move), body), 422, "unacceptable")["field"] == field


@pytest.mark.parametrize(("move", "body"), MOVES)
def test_with_a_key_each_move_is_made_once_and_answered_alike(company: make.Company, move: str, body: Any) -> None:
    incident = make_incident(company)
    program, path = Program(company.responder), address(incident, move)
    sent: dict[str, Any] = {"headers": program.headers | {"Idempotency-Key": "run-1"}}
    one = program.client.post(path, body, "application/json", **sent)
    assert one.status_code == 200 and "Idempotent-Replayed" not in one
    before = (AuditEntry.objects.count(), Message.objects.count(), verbs(incident))
    two = program.client.post(path, body, "application/json", **sent)
    assert two.json() == one.json() and two["Idempotent-Replayed"] == "true"
    elsewhere = address(make_incident(company), move)
    count = IdempotencyKey.objects.count()
    refused(program.client.post(elsewhere, body, "application/json", **sent), 422, "key_reused")
    assert IdempotencyKey.objects.count() == count == 1
    assert verbs(incident) == before[2]


def test_a_refused_move_leaves_its_key_free(company: make.Company) -> None:
    incident = make_acknowledged(company, by=company.second)
    program, path = Program(company.responder), address(incident, "acknowledge")
    refused(program.client.post(path, headers=program.headers | {"Idempotency-Key": "a"}), 415, "unsupported_type")
    sent: dict[str, Any] = {"content_type": "application/json", "headers": program.headers | {"Idempotency-Key": "a"}}
    refused(program.client.post(path, {}, **sent), 409, "conflict")
    assert not IdempotencyKey.objects.exists()
