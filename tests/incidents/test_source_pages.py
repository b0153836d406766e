"""`/sources/`: who sees what, what became of events, and setting up."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import Event, Incident, RefusedCall, Silence, Source
from incidents.services import sources
from portal import ids, roles
from portal.models import AuditEntry, User
from tests.factories_governance import (
    YESTERDAY,
    Company,
    make_company,
    make_person,
    make_workflow,
)
from tests.incidents.source_pages import client_of, make_foreign, make_source, page_of, post

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>{{ 7|add:7 }}\u202e"


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


@pytest.fixture
def admin(company: Company) -> User:
    return make_person("root", at=YESTERDAY, is_staff=True, is_superuser=True)


@pytest.fixture
def source(company: Company) -> Source:
    return make_source(company)


def many_events(source: Source, number: int, **more: Any) -> None:
    now = timezone.now()
    Event.objects.bulk_create(
        Event(
            id=ids.uuid7(),
            source=source,
            event_id=f"copy-{n}",
            body_hash=str(n),
            body={},
            dedup_key="g",
            group_key="g",
            facts={"title": f"Event {n:04}"},
            outcome="counted",
            received_at=now - timedelta(seconds=n),
            **more,
        )
        for n in range(number)
    )


def queries(user: User, path: str) -> int:
    client = client_of(user)
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_the_list_says_when_each_source_was_heard(company: Company, source: Source) -> None:
    make_source(company, "quiet")
    assert post(source, title="Orders do not arrive").status_code == 202
    assert post(source).status_code == 422
    page = page_of(company.responder, "/sources/")
    assert "Source shop" in page and "Some refused" in page
    assert "Source quiet" in page and "Nothing yet" in page


def test_each_sees_the_sources_of_their_own_workflows(company: Company, admin: User, source: Source) -> None:
    theirs, watcher = make_foreign(company)
    make_source(company, "payroll", workflow=theirs)
    make_source(company, "nothing", workflow=None)
    auditor = make_person("auditor", role=roles.AUDITOR, at=YESTERDAY)
    for user, keys in (
        (company.responder, {"shop"}),
        (watcher, {"payroll"}),
        (admin, {"shop", "payroll", "nothing"}),
        (auditor, {"shop", "payroll", "nothing"}),
    ):
        client, page = client_of(user), page_of(user, "/sources/")
        for key in ("shop", "payroll", "nothing"):
            assert (f"/sources/{key}/" in page) == (key in keys)
            assert client.get(f"/sources/{key}/").status_code == (200 if key in keys else 404)
    assert client_of(company.reporter).get("/sources/").status_code == 403


def test_the_page_says_what_became_of_each_event_and_what_was_refused(company: Company, source: Source) -> None:
    post(source, title="Orders do not arrive", dedup_key="orders", event_id="1")
    post(source, title="Orders do not arrive", dedup_key="orders", event_id="2")
    post(source, title="x", severity="awful")
    incident = Incident.objects.get()
    page = page_of(company.responder, "/sources/shop/")
    assert "opened an incident" in page and "joined an open incident" in page
    assert page.count(f"/incidents/{incident.reference}/") == 2
    assert f"Joined {incident.reference}, which is open: it names the same dedup_key, “orders”." in page
    assert "422" in page and "severity" in page and "Use one of: sev1, sev2, sev3, sev4." in page


def test_why_a_call_was_refused_is_said_in_the_readers_language(company: Company, source: Source) -> None:
    post(source, title="")
    assert RefusedCall.objects.get().detail == "This field is required."  # what its sender was told
    User.objects.filter(pk=company.responder.pk).update(locale="de")
    page = page_of(company.responder, "/sources/shop/")
    assert "Diese Angabe ist erforderlich." in page and "This field is required." not in page


def test_excerpts_of_refused_calls_are_for_admins(company: Company, admin: User, source: Source) -> None:
    post(source, title="", note="the raw body")
    assert "the raw body" in page_of(admin, "/sources/shop/")
    assert "the raw body" not in page_of(company.responder, "/sources/shop/")


def test_nobody_reads_events_of_restricted_workflows_or_of_other_teams(
    company: Company, admin: User, source: Source
) -> None:
    secret = make_workflow("salaries", team=company.team, data_class="restricted", at=YESTERDAY)
    theirs, _watcher = make_foreign(company)
    many_events(source, 1, workflow=secret)
    Event.objects.update(facts={"title": "Salary of Kim"})
    for user in (admin, company.responder):
        page = page_of(user, "/sources/shop/")
        assert "Salary of Kim" not in page and "An event that you may not read" in page
    assert "Salary of Kim" not in page_of(admin, "/sources/shop/mapping/")
    Event.objects.update(workflow=theirs)
    assert "Salary of Kim" in page_of(admin, "/sources/shop/")
    assert "Salary of Kim" not in page_of(company.responder, "/sources/shop/")


@pytest.mark.parametrize(("locale", "limit"), [("en", "at most 12,000"), ("de", "höchstens 12.000")])
def test_the_limit_of_a_source_has_the_separators_of_its_reader(
    company: Company, source: Source, locale: str, limit: str
) -> None:
    Source.objects.filter(pk=source.pk).update(per_minute=12_000)
    User.objects.filter(pk=company.responder.pk).update(locale=locale)
    assert f"<dd>{limit}</dd>" in page_of(company.responder, "/sources/shop/")


def test_many_events_stand_in_pages_with_a_constant_number_of_queries(company: Company, source: Source) -> None:
    many_events(source, 5, workflow=company.workflow)
    few = queries(company.responder, "/sources/shop/")
    Event.objects.all().delete()
    many_events(source, 500, workflow=company.workflow)
    assert queries(company.responder, "/sources/shop/") == few
    client, seen, path = client_of(company.responder), [], "/sources/shop/"
    for _page in range(10):
        shown = client.get(path).context["events"]
        seen += [line.title for line in shown.rows]
        path = "/sources/shop/" + shown.older
    assert seen == [f"Event {n:04}" for n in range(500)] and not shown.older
    back = client.get("/sources/shop/" + shown.newer).context["events"]
    assert [line.title for line in back.rows] == seen[400:450]


def test_many_sources_and_silences_take_a_constant_number_of_queries(company: Company, source: Source) -> None:
    now = timezone.now()
    silence = {"source": source, "why": "x", "made_by": company.responder, "made_at": now}
    Silence.objects.bulk_create([Silence(starts_at=now, ends_at=now + timedelta(hours=1), **silence)])
    few = [queries(company.responder, path) for path in ("/sources/", "/silences/")]
    Source.objects.bulk_create(
        Source(key=f"s{n}", name=f"S {n:03}", workflow=company.workflow, token_digest=str(n)) for n in range(500)
    )
    for begin in (-120, 0, 60):
        starts_at = now + timedelta(minutes=begin)
        ends_at = starts_at + timedelta(minutes=30)
        Silence.objects.bulk_create(Silence(starts_at=starts_at, ends_at=ends_at, **silence) for _n in range(160))
    assert [queries(company.responder, path) for path in ("/sources/", "/silences/")] == few
    client, path, names = client_of(company.responder), "/sources/", []
    for _page in range(11):
        shown = client.get(path).context["page"]
        names += [row.source.name for row in shown.rows]
        path = "/sources/" + shown.older
    assert len(names) == 501 and names == sorted(names)
    assert "Only the first 100 are shown." in page_of(company.responder, "/silences/")


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwgImIiXQ", "é", "W1tdLFtdXQ", "9" * 5000])
def test_a_cursor_that_is_none_is_the_beginning(company: Company, source: Source, cursor: str) -> None:
    post(source, title="Orders do not arrive")
    client = client_of(company.responder)
    for path in ("/sources/", "/sources/shop/", "/silences/"):
        for name in ("after", "before"):
            assert client.get(path, {name: cursor}).status_code == 200
    assert client.get("/sources/shop/", {"after": cursor}).context["events"].rows


def test_hostile_words_stand_as_text(company: Company, admin: User, source: Source) -> None:
    post(source, title=HOSTILE, dedup_key=HOSTILE)
    post(source, title=HOSTILE, severity=HOSTILE)
    client = client_of(company.responder)
    client.post("/sources/shop/silence/", {"until": "hour", "reason": HOSTILE})
    assert Silence.objects.get().why == HOSTILE
    for path in ("/sources/", "/sources/shop/", "/sources/shop/mapping/", "/silences/", "/incidents/"):
        page = page_of(admin, path)
        assert "<script>alert(1)" not in page and "14" not in page.split("alert(1)")[-1][:20]


# Setting up


def test_an_admin_sets_up_a_source_and_sees_its_secrets_once(company: Company, admin: User) -> None:
    client = client_of(admin)
    form = {"name": "Shop monitoring", "key": "shop-monitoring", "format": "alertmanager", "workflow": "order-sync"}
    answer = client.post("/sources/new/", form)
    token = answer.context["secrets"].token
    assert token in answer.content.decode() and "no-store" in answer["Cache-Control"]
    made = Source.objects.get()
    assert (made.key, made.name) == ("shop-monitoring", "Shop monitoring")
    assert (made.format, made.workflow) == ("alertmanager", company.workflow)
    assert made.token_digest == sources.digest(token)
    assert token not in page_of(admin, "/sources/shop-monitoring/")
    again = client.post("/sources/new/", form)
    assert again.status_code == 422 and "“shop-monitoring” is taken." in again.content.decode()
    made.refresh_from_db()
    assert made.token_digest == sources.digest(token)
    for key, status in (("new", 422), ("two words", 422), ("", 422)):
        assert client.post("/sources/new/", form | {"key": key}).status_code == status


def test_a_new_secret_ends_the_old_one_and_needs_a_reason(company: Company, admin: User, source: Source) -> None:
    client, before = client_of(admin), source.token_digest
    assert client.post("/sources/shop/secret/", {"reason": " "}).status_code == 422
    source.refresh_from_db()
    assert source.token_digest == before
    answer = client.post("/sources/shop/secret/", {"reason": "It was in a chat"})
    source.refresh_from_db()
    assert source.token_digest == sources.digest(answer.context["secrets"].token) != before
    assert Source.history.first().reason == "It was in a chat"
    assert client_of(company.responder).post("/sources/shop/secret/", {"reason": "x"}).status_code == 403


def test_a_source_that_is_switched_off_gets_no_new_secret(company: Company, admin: User, source: Source) -> None:
    Source.objects.update(is_active=False)
    before = source.token_digest
    answer = client_of(admin).post("/sources/shop/secret/", {"reason": "It was in a chat"})
    assert answer.status_code == 422 and "This source is switched off." in answer.content.decode()
    source.refresh_from_db()
    assert (source.token_digest, source.is_active) == (before, False)
    assert not AuditEntry.objects.filter(verb="source.rotated").exists()


@pytest.mark.parametrize("format", Source.Format.values)
def test_every_format_says_how_to_connect(company: Company, admin: User, format: str) -> None:
    source = make_source(company, format=format)
    page = page_of(admin, "/sources/shop/")
    address = "/v2/enqueue" if format == "pagerduty" else "/api/v1/intake/shop"
    assert address in page and "Nothing has arrived yet" in page and "No call was refused." in page
    assert source.token_digest not in page


def test_empty_pages_say_so(company: Company, admin: User) -> None:
    assert "Set one up, and its failures become incidents" in page_of(admin, "/sources/")
    assert "Sources of the processes of your teams" in page_of(company.responder, "/sources/")
    page = page_of(company.reporter, "/silences/")
    assert "Nothing is silent now." in page and "No maintenance is planned." in page and "Plan maintenance" not in page


def test_only_a_few_refused_calls_are_shown_at_once(company: Company, source: Source) -> None:
    now = timezone.now()
    RefusedCall.objects.bulk_create(
        RefusedCall(source=source, at=now, status=422, error="unacceptable", detail=f"Reason {n}") for n in range(30)
    )
    assert "20 older" in page_of(company.responder, "/sources/shop/")
