"""The form that a business person finishes in a minute (U3, D35, D36), through HTTP."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from incidents.models import Evidence, Incident, ReportDraft
from incidents.services import incidents
from portal import limits
from portal.models import AuditEntry, Message
from tests.factories_governance import Company, make_workflow
from tests.factories_incidents import later, make_incident
from tests.pictures import counts

pytestmark = pytest.mark.django_db
NEW = "/incidents/new/"
ROWS = (Incident, Evidence, AuditEntry, Message)


@pytest.fixture
def reporter(company: Company, client: Client, settings: Any, tmp_path: Path) -> Iterator[Client]:
    settings.MEDIA_ROOT = tmp_path / "evidence"
    client.force_login(company.reporter)
    yield client


def answers(**more: Any) -> dict[str, Any]:
    return {"key": "a-key", "what": "Orders do not arrive", "workflow": "Order sync", "since": "now"} | more


def filed(client: Client, **more: Any) -> Incident:
    response = client.post(NEW, answers(**more))
    assert response.status_code == 302, re.findall(r'class="error"[^>]*>([^<]+)', response.content.decode())
    assert response["Location"].startswith("/track/")
    return Incident.objects.order_by("-id")[0]


def refused(client: Client, sentence: str, **more: Any) -> str:
    """Send what cannot be taken: 422, the sentence, every typed word, and nothing changed. Returns the page."""
    before = counts(ROWS)
    response = client.post(NEW, answers(**more))
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert answers(**more)["what"] in page
    assert counts(ROWS) == before
    return page


def test_opening_the_form_stores_nothing(reporter: Client) -> None:
    before = counts((*ROWS, ReportDraft))
    page = reporter.get(NEW).content.decode()
    assert "What stopped working?" in page and "Does work stand still?" in page
    assert "<b>Responder, Second</b> are told." in page  # nobody has named a process: the triage team
    assert counts((*ROWS, ReportDraft)) == before


def test_every_answer_becomes_a_fact_of_the_incident(reporter: Client, company: Company) -> None:
    picture = SimpleUploadedFile("screen.png", b"\x89PNG\r\n\x1a\n" + b"x" * 50)
    incident = filed(
        reporter,
        what="Orders do not arrive.\nThe list stays empty.",
        workflow="order-sync",
        since="hour",
        q_urgency="yes",
        q_customers="no",
        q_money="unknown",
        just_before="I changed the address.",
        who_is_hurt="The warehouse waits.",
        files=[picture],
    )
    assert incident.title == "Orders do not arrive."
    assert incident.description == "Orders do not arrive.\nThe list stays empty."
    assert (incident.workflow, incident.reporter, incident.kind) == (company.workflow, company.reporter, "incident")
    assert incident.reported_at - incident.started_at == timedelta(minutes=30)
    assert incident.answers == {"urgency": "yes", "customers": "no", "money": "unknown", "rules": "unknown"}
    assert (incident.just_before, incident.who_is_hurt) == ("I changed the address.", "The warehouse waits.")
    assert incident.evidence.get().name == "screen.png"


@pytest.mark.parametrize("typed", ["", "I don’t know", "i don't know", "?"])
def test_nobody_has_to_know_the_process(reporter: Client, company: Company, typed: str) -> None:
    incident = filed(reporter, workflow=typed)
    assert (incident.workflow, incident.team) == (None, company.triage)


@pytest.mark.parametrize("typed", ["order", "ORDER  SYNC", "der sy"])
def test_any_part_of_the_name_finds_the_process(reporter: Client, company: Company, typed: str) -> None:
    assert filed(reporter, workflow=typed).workflow == company.workflow


def test_an_unclear_process_is_asked_for_again(reporter: Client, company: Company) -> None:
    make_workflow("order-export", team=company.team)
    refused(reporter, "Several processes fit: Order export, Order sync. Choose one.", workflow="order")
    refused(reporter, "We know no process called “Space rocket”", workflow="Space rocket")


def test_another_time_is_kept_in_the_zone_of_the_person(reporter: Client, company: Company) -> None:
    moment = (timezone.now() - timedelta(days=2)).replace(second=0, microsecond=0)
    incident = filed(reporter, since="other", since_at=timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M"))
    assert incident.started_at == moment


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"since": ""}, "Choose the time that fits best."),
        ({"since": "never"}, "Select a valid choice"),
        ({"since": "other", "since_at": ""}, "Say since when, about."),
        ({"since": "other", "since_at": "9999-12-31T23:59"}, "This time lies in the future."),
        ({"since": "other", "since_at": "2001-01-01T10:00"}, "This is more than a year ago."),
        ({"since": "other", "since_at": "yesterday"}, "Give a date and a time"),
        ({"q_urgency": "perhaps"}, "Choose Yes, No or Don’t know."),
        ({"workflow": "x" * 201}, "at most 200 characters"),
        ({"just_before": "x" * (limits.TEXT_LENGTH + 1)}, "at most 10000 characters"),
    ],
)
def test_what_cannot_be_taken_is_said_and_kept(reporter: Client, given: dict[str, str], sentence: str) -> None:
    refused(reporter, sentence, **given)


@pytest.mark.parametrize("what", ["", "   \n ", "x" * (limits.TEXT_LENGTH + 1), "a\x00b"])
def test_what_stopped_has_to_be_said(reporter: Client, what: str) -> None:
    before = counts(ROWS)
    response = reporter.post(NEW, answers(what=what))
    assert response.status_code == 422
    assert counts(ROWS) == before


def test_markup_in_words_stays_words(reporter: Client) -> None:
    incident = filed(reporter, what="<script>alert(1)</script>\r\nX-Header: 1")
    assert incident.title == "<script>alert(1)</script>"
    page = reporter.get("/incidents/mine/").content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page


def test_a_long_first_sentence_is_shortened_for_lists(reporter: Client) -> None:
    incident = filed(reporter, what="W" * 300)
    assert len(incident.title) == limits.TITLE_LENGTH and incident.title.endswith("…")
    assert incident.description == "W" * 300


def test_sending_twice_is_one_incident_and_the_same_page(reporter: Client) -> None:
    first, again = reporter.post(NEW, answers()), reporter.post(NEW, answers())
    assert Incident.objects.count() == 1
    assert [reporter.get(item["Location"]).status_code for item in (first, again)] == [200, 200]
    assert first["Location"].split(":")[0] == again["Location"].split(":")[0]


def test_another_failure_with_the_same_form_is_another_incident(reporter: Client) -> None:
    filed(reporter)
    filed(reporter, what="Invoices do not arrive")
    assert Incident.objects.count() == 2


def test_the_key_of_somebody_else_reaches_nothing(reporter: Client, company: Company) -> None:
    filed(reporter)
    reporter.force_login(company.outsider)
    assert filed(reporter).reporter == company.outsider
    assert Incident.objects.count() == 2


def test_a_form_without_its_key_is_one_incident_too(reporter: Client) -> None:
    filed(reporter, key="")
    filed(reporter, key="")
    assert Incident.objects.count() == 1


def test_a_near_miss_calls_nobody(reporter: Client) -> None:
    incident = filed(reporter, near="on")
    assert incident.kind == "near_miss"
    assert not hasattr(incident, "run")
    assert set(Message.objects.values_list("event", "lane")) == {("incident.news", "routine")}
    page = reporter.get(reporter.post(NEW, answers(near="on"))["Location"]).content.decode()
    assert "Thank you, we have written it down" in page


def test_a_file_that_cannot_be_kept_files_nothing(reporter: Client) -> None:
    lying = SimpleUploadedFile("holiday.png", b"MZ\x00\x00not a picture")
    page = refused(reporter, "“holiday.png” is not the kind of file that its name says.", files=[lying])
    assert "Please choose your files again." in page


def test_the_margin_shows_whom_the_chosen_process_calls_and_what_is_open(reporter: Client, company: Company) -> None:
    mine = make_incident(company, title="Known already")
    secret = make_workflow("secret", team=company.team, data_class="restricted")
    others = make_incident(company, by=company.outsider, workflow=secret, title="None of my business")
    page = reporter.get("/incidents/new/beside/", {"workflow": "order sync"}).content.decode()
    assert "<b>Responder</b> is told." in page and "If nobody has answered, <b>Second</b> is called." in page
    assert mine.title in page and "/track/" in page
    assert others.title not in page
    worse = {"workflow": "order sync"} | dict.fromkeys(("q_urgency", "q_customers", "q_money", "q_rules"), "yes")
    assert "<b>Responder</b> is told." in reporter.get("/incidents/new/beside/", worse).content.decode()
    incidents.resolve(incident=mine, resolution="Done", checked="Seen", by=company.responder, at=later(5))
    assert mine.title not in reporter.get("/incidents/new/beside/").content.decode()


def test_my_reports_are_mine(reporter: Client, company: Company) -> None:
    assert "You have not reported anything yet" in reporter.get("/incidents/mine/").content.decode()
    make_incident(company, title="Mine")
    make_incident(company, by=company.outsider, title="Theirs")
    page = reporter.get("/incidents/mine/").content.decode()
    assert "Mine" in page and "Received" in page and "Theirs" not in page


def test_without_rules_in_force_the_page_says_so(db: None, client: Client) -> None:
    from tests.factories_governance import make_person

    client.force_login(make_person("early"))
    response = client.get(NEW)
    assert response.status_code == 503
    assert "Reports cannot be taken yet" in response.content.decode()
