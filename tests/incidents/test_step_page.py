"""`/incidents/…/playbook/`: the course on one page, every form without scripts, few queries (D37-D39, D48)."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import Document
from incidents.api import course_schemas, shown
from incidents.models import Incident, Participant, ScopeAnswer, StepEntry
from incidents.reads import step_page
from incidents.reads import steps as step_reads
from incidents.services import incidents, scopes
from incidents.services.steps import Given
from portal import links
from portal.models import Message, User
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged, verbs
from tests.factories_steps import STEPS, agreed, end, make_stepped, states, working

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def document(company: Company) -> Document:
    return make_stepped(company.admin)


@pytest.fixture
def incident(company: Company, document: Document) -> Incident:
    return working(company, document)


@pytest.fixture
def client(company: Company, client: Client) -> Client:
    client.force_login(company.responder)
    return client


def address(incident: Incident, action: str = "") -> str:
    return f"/incidents/{incident.reference}/playbook/{action + '/' if action else ''}"


def read(client: Client, incident: Incident, query: str = "") -> str:
    answer = client.get(address(incident) + query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def send(client: Client, incident: Incident, action: str, status: int = 302, **data: Any) -> str:
    answer = client.post(address(incident, action), data)
    assert answer.status_code == status, answer.content.decode()
    return str(answer.content.decode())


def test_without_a_playbook_the_page_proposes_those_that_fit(
    company: Company, document: Document, client: Client
) -> None:
    page = read(client, make_acknowledged(company))
    assert "No playbook was chosen yet" in page and "Nothing happens" in page and "/do/playbook/" in page


def of_two_scenarios(company: Company) -> Incident:
    scenarios = [{**keeping.playbook()["scenarios"][0], "key": key, "title": key.title()} for key in ("one", "two")]
    scenarios = [{**row, "modules": [dict(row["modules"][0])]} for row in scenarios]
    scenarios = [{**row, "steps": [{"key": "look", "title": "Look"}]} for row in scenarios]
    return working(company, keeping.make_playbook(company.admin, scenarios=scenarios))


def test_what_is_over_asks_nobody_what_it_looks_like(company: Company, client: Client) -> None:
    incident = of_two_scenarios(company)
    question = "What does it look like?"
    assert question in client.get(incident.get_absolute_url()).content.decode()
    incidents.resolve(incident=incident, resolution="Back", checked="Looked", by=company.responder, at=later(30))
    page = client.get(incident.get_absolute_url()).content.decode()
    assert question not in page and "Nobody has said what it looked like" in page


def test_of_several_scenarios_somebody_chooses_one(company: Company, client: Client) -> None:
    incident = of_two_scenarios(company)
    assert read(client, incident).partition('<nav class="dock"')[0].count("btn primary") == 1
    assert "Choose what it looks like." in send(client, incident, "scenario", 422)
    send(client, incident, "scenario", scenario="two")
    assert fresh(incident).scenario == "two"
    assert "Say why another" in send(client, incident, "scenario", 422, scenario="one")
    send(client, incident, "scenario", scenario="one", reason="It is not the trigger")


def test_the_next_step_is_open_with_what_it_needs_and_the_texts_of_its_module(
    company: Company, incident: Incident, client: Client
) -> None:
    page = read(client, incident)
    assert "0 of at least 7 steps done." in page
    assert "State scope and aim first" in page and 'name="halted"' not in page
    early = read(client, incident, "?step=stop")
    assert 'name="halted"' in early and "Stalled trigger, version 1" in early
    assert "Work by hand" in page and "Back to the last version." in page and "Privacy and compliance" in page


def test_the_work_up_to_the_gate_through_forms_alone(company: Company, incident: Incident, client: Client) -> None:
    assert "Say what is affected." in send(client, incident, "scope", 422, aim="x")
    incidents.join(incident=incident, by=company.second, at=later(2))
    send(client, incident, "scope", scope="214 orders", aim="None is lost")
    client.force_login(company.second)
    assert "You are asked to agree for:" in read(client, incident)
    assert "Say what speaks against it." in send(client, incident, "object", 422, number=1)
    send(client, incident, "object", number=1, why="Returns, too")
    assert "Somebody objects" in read(client, incident)
    send(client, incident, "agree", number=1)
    assert scopes.scope_state(incident) == "agreed"
    client.force_login(company.responder)
    send(client, incident, "take", step="how-far")
    assert "You have this step." in read(client, incident)
    send(client, incident, "end", step="how-far", visit=0, note="Since noon")
    assert "Say what was halted" in send(client, incident, "end", 422, step="stop", visit=0, note="kept words")
    file = SimpleUploadedFile("run.txt", b"stopped", "text/plain")
    send(client, incident, "end", step="stop", visit=0, halted="The trigger", kind="halted", files=file)
    page = read(client, incident)
    assert "2 of at least" in page and "run.txt" in page and "What follows depends on the decision" in page
    assert "Lead" in page and "→ Repair the trigger" in page
    assert [name for name in ("scope_objected", "step_taken", "halted") if name not in verbs(incident)] == []


def test_one_button_is_what_comes_next(company: Company, incident: Incident, client: Client) -> None:
    def first(query: str = "") -> list[str]:
        main = read(client, incident, query).partition('<nav class="dock"')[0]
        return [part.partition(">")[2].partition("<")[0] for part in main.split('class="btn primary"')[1:]]

    assert first() == ["Ask them to agree"] and first("?step=stop") == ["Done"]
    incidents.join(incident=incident, by=company.second, at=later(2))
    send(client, incident, "scope", scope="214 orders", aim="None is lost")
    client.force_login(company.second)
    assert first() == first("?step=stop") == ["I agree"]
    send(client, incident, "agree", number=1)
    assert first() == ["Done"]


def test_what_was_typed_stays_when_the_form_is_refused(company: Company, incident: Incident, client: Client) -> None:
    page = send(client, incident, "end", 422, step="stop", visit=0, note="My long words")
    assert "My long words" in page and 'href="#end_halted"' in page


def test_two_people_end_the_same_step_and_the_second_reads_who_was_faster(
    company: Company, incident: Incident, client: Client
) -> None:
    end(company, incident, "stop", by=company.second, given=step_given(halted="It"))
    before = StepEntry.objects.count()
    page = send(client, incident, "end", 422, step="stop", visit=0, halted="The trigger of the shop")
    assert "Second has ended “Stop the trigger” already." in page and "The trigger of the shop" in page
    assert StepEntry.objects.count() == before


def step_given(**values: Any) -> Any:
    from incidents.services.steps import Given

    return Given(**values)


def test_a_failed_check_leaves_the_step_open(company: Company, client: Client) -> None:
    steps = [next(step for step in STEPS if step["does"] == "verification")]
    incident = working(company, make_stepped(company.admin, steps=steps))
    assert "whether it passed" in send(client, incident, "end", 422, step="proof", visit=0)
    assert "Say what did not pass." in send(client, incident, "end", 422, step="proof", visit=0, result="failed")
    send(client, incident, "end", step="proof", visit=0, result="failed", note="Two orders differ")
    page = read(client, incident)
    assert "It did not pass the last time." in page and "Two orders differ" in page
    send(client, incident, "end", step="proof", visit=0, result="passed")
    assert "The playbook is done" in read(client, incident)


def test_a_deviation_is_marked_with_its_reason(company: Company, incident: Incident, client: Client) -> None:
    agreed(company, incident)
    assert "Say why" in send(client, incident, "otherwise", 422, step="how-far", visit=0, outcome="skipped")
    send(client, incident, "otherwise", step="how-far", visit=0, outcome="skipped", reason="Only one")
    page = read(client, incident)
    assert "left out" in page and "Only one" in page and "1 done otherwise" in page


def test_readers_see_everything_and_no_form(company: Company, incident: Incident, client: Client) -> None:
    client.force_login(company.reporter)
    page = read(client, incident)
    assert "Stop the trigger" in page and "playbook/end/" not in page and "playbook/scope/" not in page
    answer = client.post(address(incident, "end"), {"step": "stop", "visit": 0, "halted": "x"})
    assert answer.status_code == 403 and states(incident)["stop"] == "later"
    assert client.post(address(incident, "none-such")).status_code == 404
    assert client.get(address(incident, "end")).status_code == 405
    client.force_login(company.outsider)
    assert client.get(address(incident)).status_code == client.post(address(incident, "end")).status_code == 404


def test_the_poll_says_what_others_did_and_else_nothing(company: Company, incident: Incident, client: Client) -> None:
    cursor = incident.timeline.latest("id").pk
    news = f"{address(incident)}?part=news&cursor="
    assert client.get(f"{news}{cursor}").status_code == 204
    incidents.add_note(incident=incident, text="x", by=company.second, at=later(2))
    assert client.get(f"{news}{cursor}").status_code == 204
    end(company, incident, "stop", by=company.second, given=step_given(halted="It"))
    assert "Second did “Stop the trigger”" in client.get(f"{news}{cursor}").content.decode()
    assert client.get(f"{news}odd").status_code == 200


def test_two_hundred_steps_need_no_more_queries_than_three(company: Company, client: Client, settings: Any) -> None:
    def steps(count: int) -> list[dict[str, Any]]:
        return [
            {"key": f"s{place}", "title": f"Step {place}", "does": "verification", "follows": "stalled"}
            for place in range(count)
        ]

    def queries(incident: Incident) -> int:
        with CaptureQueriesContext(connection) as seen:
            read(client, incident)
        return len(seen)

    short = working(company, make_stepped(company.admin, steps=steps(3), key="short"))
    end(company, short, "s0", given=step_given(result="passed"))
    long = working(company, make_stepped(company.admin, steps=steps(200), key="long"))
    for place in range(60):
        end(company, long, f"s{place}", given=step_given(result="passed"))
    read(client, short), read(client, long)
    assert queries(long) == queries(short) <= 45
    assert "60 of 200 steps done." in read(client, long)


def test_the_card_needs_few_queries(company: Company, incident: Incident) -> None:
    step_reads.course(fresh(incident))
    found = fresh(incident)
    with CaptureQueriesContext(connection) as seen:
        card = step_page.card(step_reads.course(found), may=True)
    assert card is not None and card.course.now is not None and len(seen) <= 5
    assert [line.step.key for line in card.following] == ["stop", "way"]
    assert step_page.card(step_reads.course(make_acknowledged(company)), may=True) is None


# The one-time link


def link(incident: Incident, person: User, number: int = 1) -> str:
    rows = Message.objects.filter(event="incident.scope", subject_id=incident.pk, recipient=person, channel="email")
    return reverse("one-time", args=[links.make(rows.earliest("created_at"), person.pk, "scope", number)])


@pytest.fixture
def asked(company: Company, incident: Incident) -> User:
    Participant.objects.create(incident=incident, user=company.second, role="joined", since=later(0))
    scopes.state(incident=incident, scope="214 orders", aim="None is lost", by=company.responder, at=later(2))
    return company.second


def test_the_link_shows_and_one_press_agrees(incident: Incident, asked: User) -> None:
    stranger = Client()
    page = stranger.get(link(incident, asked))
    assert b"214 orders" in page.content and b"I agree" in page.content
    assert not ScopeAnswer.objects.exists()
    done = stranger.post(link(incident, asked), {"says": "agree"}, follow=True)
    assert b"You have answered" in done.content and scopes.scope_state(incident) == "agreed"
    again = stranger.post(link(incident, asked), {"says": "object", "why": "After all"}, follow=True)
    assert again.status_code in (200, 409)


def test_the_link_asks_for_the_reason_of_an_objection(incident: Incident, asked: User) -> None:
    stranger = Client()
    refused = stranger.post(link(incident, asked), {"says": "object", "why": " "})
    assert refused.status_code == 422 and b"Say what speaks against it." in refused.content
    stranger.post(link(incident, asked), {"says": "object", "why": "Returns, too"})
    assert scopes.scope_state(incident) == "objected"


def test_the_link_of_an_earlier_statement_is_over(company: Company, incident: Incident, asked: User) -> None:
    scopes.state(incident=incident, scope="More", aim="None is lost", by=company.responder, at=later(3))
    page = Client().get(link(incident, asked))
    assert b"I agree" not in page.content and "Nobody waits for your answer" in page.content.decode()
    refused = Client().post(link(incident, asked), {"says": "agree"})
    assert refused.status_code == 409 and b"have changed meanwhile" in refused.content


def test_programs_read_the_course_too(company: Company, incident: Incident) -> None:
    end(company, incident, "stop", given=step_given(halted="It"))
    found = shown.whole(fresh(incident), company.responder, at=later(4))["course"]
    read = course_schemas.CourseOut.model_validate(found).model_dump(mode="json")
    assert (read["scope"], read["finished"], read["total"], read["next"]) == ("missing", 0, 7, "how-far")
    stop = read["steps"][1]
    assert (stop["key"], stop["state"], stop["by"]["name"]) == ("stop", "ahead", "Responder")
    assert shown.whole(make_acknowledged(company), company.responder, at=later(4))["course"] is None


def test_the_page_says_why_containment_does_not_wait_and_what_does(
    company: Company, incident: Incident, client: Client
) -> None:
    why = "It only stops harm, so it does not wait for scope and aim."
    assert why in read(client, incident)
    end(company, incident, "stop", given=Given(halted="The trigger"))
    assert states(incident)["stop"] == "ahead" and why not in read(client, incident)


def test_nobody_is_told_so_once_everybody_has_agreed(company: Company, incident: Incident, client: Client) -> None:
    agreed(company, incident)
    assert "does not wait for scope" not in read(client, incident)
