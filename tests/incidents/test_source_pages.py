"""`/sources/` and `/silences/`: who sees what, what became of events, setting up and silencing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.models import Workflow
from incidents.models import Event, Incident, RefusedCall, Silence, Source
from incidents.services import silences, sources
from portal import ids, roles
from portal.models import AuditEntry, User
from tests.factories_governance import (
    YESTERDAY,
    Company,
    make_company,
    make_document,
    make_person,
    make_team,
    make_workflow,
)
from tests.factories_incidents import counts, make_incident

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


def make_source(company: Company, key: str = "shop", **more: Any) -> Source:
    values: dict[str, Any] = {"format": "generic", "workflow": company.workflow, "name": f"Source {key}"} | more
    return sources.set_up(key=key, by=None, at=timezone.now(), **values)[0]


def make_foreign(company: Company) -> tuple[Workflow, User]:
    """A workflow of another team, and the only one on call for it; nobody of the company's first team sees it."""
    watcher = make_person("watcher", role=roles.RESPONDER, at=YESTERDAY)
    others = make_team("others", members=(watcher,), at=YESTERDAY)
    row = {"key": "one", "scope": {"team": "others"}, "responsibility": "on_call"}
    row |= {"holder": {"person": watcher.email}}
    content = {"title": "Others", "scope": {"team": "others"}, "rows": [row]}
    make_document(content, kind="matrix", key="others", by=company.admin, at=YESTERDAY)
    return make_workflow("payroll", team=others, at=YESTERDAY), watcher


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(user: User, path: str) -> str:
    answer = client_of(user).get(path)
    assert answer.status_code == 200, answer.status_code
    return " ".join(answer.content.decode().split())


def post(source: Source, **content: Any) -> Any:
    """An event through the door."""
    token = "t" * 32
    Source.objects.filter(pk=source.pk).update(token_digest=sources.digest(token))
    headers = {"Authorization": f"Bearer {token}"}
    body = json.dumps(content)
    return Client().post(f"/api/v1/intake/{source.key}", body, content_type="application/json", headers=headers)


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


# Silence


def test_a_source_is_silenced_and_told_again_by_two_buttons(company: Company, source: Source) -> None:
    client = client_of(company.responder)
    assert "Silence it" in page_of(company.responder, "/sources/shop/silence/")
    answer = client.post("/sources/shop/silence/", {"until": "four_hours", "reason": "Upgrade"}, follow=True)
    assert answer.redirect_chain == [("/sources/shop/", 302)]
    made = Silence.objects.get()
    assert (made.source, made.why, made.made_by) == (source, "Upgrade", company.responder)
    assert made.ends_at - made.starts_at == timedelta(hours=4)
    page = answer.content.decode()
    assert "Silent until" in page and "Upgrade" in page and "Tell people again" in page
    assert post(source, title="Orders do not arrive").json()["incident"] is None
    assert "stored in silence" in page_of(company.responder, "/sources/shop/")
    assert "Silent until" in page_of(company.responder, "/sources/")
    answer = client.post(f"/silences/{made.pk}/lift/", {"back": "source"})
    assert answer["Location"] == "/sources/shop/"
    made.refresh_from_db()
    assert made.lifted_at is not None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"until": "hour"}, "Say why nobody shall be told."),
        ({"until": "own", "reason": "x"}, "Say until when."),
        ({"until": "own", "until_at": "2020-01-01T10:00", "reason": "x"}, "It would be over already."),
        ({"until": "own", "until_at": "9999-12-31T23:59", "reason": "x"}, "At most 30 days."),
        ({"until": "own", "until_at": "soon", "reason": "x"}, "Write it like 2026-03-14 20:00."),
        ({"until": "ever", "reason": "x"}, "Choose one of these."),
        ({"until": "hour", "reason": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_a_silence_that_cannot_be_is_explained(
    company: Company, source: Source, form: dict[str, str], sentence: str
) -> None:
    client = client_of(company.responder)
    before = counts((Silence, AuditEntry))
    answer = client.post("/sources/shop/silence/", form)
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert counts((Silence, AuditEntry)) == before


def test_maintenance_of_a_workflow_is_planned_and_cancelled(company: Company, source: Source) -> None:
    client = client_of(company.responder)
    page = page_of(company.responder, "/silences/plan/?what=workflow:order-sync")
    assert '<option value="workflow:order-sync" selected>' in page and "source:shop" in page
    begin = timezone.localtime() + timedelta(days=1)
    form = {"what": "workflow:order-sync", "reason": "New database"}
    form |= {"starts_at": f"{begin:%Y-%m-%dT10:00}", "ends_at": f"{begin:%Y-%m-%dT12:00}"}
    assert client.post("/silences/plan/", form)["Location"] == "/silences/"
    made = Silence.objects.get()
    assert (made.workflow, made.is_planned) == (company.workflow, True)
    assert "New database" in page_of(company.responder, "/silences/")
    client.post(f"/silences/{made.pk}/lift/")
    made.refresh_from_db()
    assert made.ended_at is not None
    assert "(lifted)" in page_of(company.responder, "/silences/").replace(" )", ")")


def test_only_what_one_may_silence_can_be_chosen(company: Company, source: Source) -> None:
    theirs, _watcher = make_foreign(company)
    client = client_of(company.responder)
    form = {"what": f"workflow:{theirs.key}", "reason": "x"}
    form |= {"starts_at": "2040-01-01T10:00", "ends_at": "2040-01-01T12:00"}
    answer = client.post("/silences/plan/", form)
    assert answer.status_code == 422 and "Choose one of the list." in answer.content.decode()
    assert Silence.objects.count() == 0


def test_silences_of_others_are_not_known(company: Company, source: Source) -> None:
    now = timezone.now()
    made = silences.plan(
        source=source, starts_at=now, ends_at=now + timedelta(hours=1), reason="x", by=company.responder, at=now
    )
    stranger = make_person("stranger", role=roles.RESPONDER, at=YESTERDAY)
    assert client_of(stranger).post(f"/silences/{made.pk}/lift/").status_code == 404
    assert "Nothing is silent now." in page_of(stranger, "/silences/")
    auditor = make_person("auditor", role=roles.AUDITOR, at=YESTERDAY)
    assert client_of(auditor).post(f"/silences/{made.pk}/lift/").status_code == 403
    made.refresh_from_db()
    assert made.lifted_at is None


def test_the_board_says_what_is_silent(company: Company, source: Source) -> None:
    now = timezone.now()
    silences.plan(
        workflow=company.workflow,
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        reason="x",
        by=company.responder,
        at=now,
    )
    page = page_of(company.responder, "/incidents/")
    assert f"Events of {company.workflow.name} are stored, nobody is told." in page
    assert "/sources/" in page and "/silences/" in page
    assert "are stored, nobody is told" not in page_of(company.outsider, "/incidents/")


def test_every_page_of_a_process_says_that_it_is_silent(company: Company) -> None:
    incident, now = make_incident(company, at=timezone.now()), timezone.now()
    plan = {"workflow": company.workflow, "reason": "x", "by": company.responder, "at": now}
    silences.plan(starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2), **plan)
    pages = (f"/incidents/{incident.reference}/", "/ownership/workflows/order-sync/")
    for path in pages:
        assert "Maintenance is planned from" in page_of(company.responder, path)
    silences.plan(starts_at=now, ends_at=now + timedelta(hours=1), **plan)
    for path in pages:
        assert "Silent until" in page_of(company.responder, path)
    beside = client_of(company.reporter).post("/incidents/new/beside/", {"workflow": "order-sync"}).content.decode()
    assert "Silent until" in beside and "Reports by people always reach somebody." in beside
    assert "Silent until" not in client_of(company.reporter).post("/incidents/new/beside/", {}).content.decode()


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
