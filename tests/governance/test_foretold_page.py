"""The pages that say who would be told, and who holds which role: for everybody who is signed in."""

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.forms.ownership import ToldForm
from governance.models import Document
from tests import factories_governance as make
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db
URL = "/ownership/told/"


@pytest.fixture
def reader(company, client: Client) -> Client:
    """The reporter, who has nothing to do with the matrix, signed in."""
    client.force_login(company.reporter)
    return client


def page(client: Client, url: str = URL, status: int = 200, **asked: str) -> str:
    """The words of the page."""
    answer = client.get(url, asked)
    assert answer.status_code == status
    main = answer.content.decode().split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_before_anything_is_asked_the_page_only_asks(reader) -> None:
    assert "Nothing asked yet." in page(reader)


def test_a_link_that_names_the_key_shows_the_name_in_the_form(reader, company) -> None:
    body = reader.get(URL, {"workflow": company.workflow.key, "severity": "sev1"}).content.decode()
    assert f'name="workflow" value="{company.workflow.name}"' in body
    assert '<option value="sev1" selected>' in body


def test_any_part_of_the_name_finds_the_workflow(reader) -> None:
    words = page(reader, workflow="sync", severity="sev3")
    assert "Order sync" in words
    assert "At once: On call is told, with 15 minutes to answer." in words
    assert "Responder" in words and "Second" in words and "Leader" in words
    assert "Company ownership (version 1), row on-call: the company default, any severity." in words
    assert "The 15 minutes to judge how serious it is are over." in words
    assert "the operators hear that nobody answered" in words and "Operator" in words


def test_who_does_not_know_the_workflow_sees_the_triage_team(reader) -> None:
    words = page(reader, workflow="I don’t know")
    assert "A process that nobody can name yet" in words
    assert "an unknown workflow belongs to the triage team" in words


def test_an_unknown_name_is_refused_in_words_and_nothing_is_written(reader) -> None:
    before = picture()
    words = page(reader, status=422, workflow="Moon landing")
    assert "We know no process called “Moon landing”." in words
    assert picture() == before


@pytest.mark.parametrize("at", ["yesterday", "1999-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00"])
def test_an_impossible_time_is_refused(reader, at) -> None:
    page(reader, status=422, workflow="order-sync", at=at)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("2026-03-29T02:30", "2026-03-29T01:00+00:00"),  # left out: the first instant after it
        ("2026-10-25T02:30", "2026-10-25T00:30+00:00"),  # comes twice: the first
        ("2026-06-01T02:30", "2026-06-01T00:30+00:00"),
        ("2026-06-01T02:30Z", "2026-06-01T02:30+00:00"),
    ],
)
def test_a_time_that_a_clock_change_leaves_out_or_doubles_is_taken(asked, meant) -> None:
    with timezone.override("Europe/Berlin"):
        found = ToldForm({"at": asked}, workflows=[], now=make.NOW)
        assert found.is_valid(), found.errors
    assert found.cleaned_data["at"] == datetime.fromisoformat(meant)


def test_people_are_judged_for_the_time_that_is_asked(company, reader) -> None:
    then = timezone.now() + timedelta(days=10)
    make.make_absence(company.responder, then - timedelta(days=1), then + timedelta(days=1), cover=company.outsider)
    assert "Outsider" not in page(reader, workflow="order-sync")
    words = page(reader, workflow="order-sync", at=f"{timezone.localtime(then):%Y-%m-%dT%H:%M}")
    assert "Outsider, covering for Responder" in words


def test_a_gap_is_said_first_with_those_who_are_told_in_its_place(company, reader) -> None:
    now = timezone.now()
    for person in (company.responder, company.second):
        make.make_absence(person, now - timedelta(days=1), now + timedelta(days=1))
    words = page(reader, workflow="order-sync")
    assert "Not everybody can be reached." in words
    assert "On call reaches nobody" in words
    assert "Responder is away and nobody covers." in words


def test_channels_are_named_and_addresses_are_not(company, reader) -> None:
    now = timezone.now()
    mute = make.make_person("mute", verified=False)
    make.make_absence(company.second, now - timedelta(days=1), now + timedelta(days=1), cover=mute)
    words = page(reader, workflow="order-sync")
    assert "Responder e-mail and inbox" in words and "Mute inbox only" in words
    answer = reader.get(URL, {"workflow": "order-sync"}).content.decode()
    assert company.responder.email not in answer and company.lead.email not in answer


def test_the_number_of_queries_does_not_grow_with_the_company(company, reader) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            page(reader, workflow="order-sync")
        return len(queries)

    count()
    before = count()
    for number in range(5):
        make.make_workflow(f"more-{number}", team=company.team)
        make.make_person(f"more{number}", teams=(company.team, company.leadership, company.triage))
    assert count() == before


def test_without_rules_the_page_says_so(company, reader) -> None:
    Document.objects.filter(kind="escalation").update(effective_version=None)
    assert "No escalation policy is in force yet." in page(reader, workflow="order-sync")


def test_roles_show_who_holds_them_now_and_what_they_may_do(company, reader) -> None:
    words = page(reader, reverse("governance:contacts"))
    assert "Lead" in words and "decide (any severity, any risk)" in words
    assert "Leader decides within 1 h." in words
    now = timezone.now()
    make.make_absence(company.lead, now - timedelta(days=1), now + timedelta(days=1), cover=company.outsider)
    assert "Outsider" in page(reader, reverse("governance:contacts"))


def test_contacts_without_a_matrix_say_so(company, reader) -> None:
    Document.objects.filter(kind="matrix").update(effective_version=None)
    assert "No ownership matrix is in force yet." in page(reader, reverse("governance:contacts"))


def test_the_workflow_page_leads_to_the_question(company, reader) -> None:
    answer = reader.get(reverse("governance:ownership-workflow", args=["order-sync"])).content.decode()
    assert "/ownership/told/?workflow=order-sync&amp;severity=sev2" in answer
    assert "/ownership/told/" in reader.get("/ownership/").content.decode()
