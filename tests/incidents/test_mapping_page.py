"""`/sources/<key>/mapping/`: paths are tried on real bodies before they are saved, with a reason."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import Event, Incident, Source
from incidents.services import source_settings, sources
from portal.models import AuditEntry, User
from tests.factories_governance import YESTERDAY, Company, make_company, make_person
from tests.factories_incidents import refuses
from tests.pictures import counts

pytestmark = pytest.mark.django_db
BODY = {
    "alert": {"labels": {"name": "Disk is full", "sev": "critical"}, "state": "firing"},
    "customer": {"email": "kim@example.org"},
}
PAGE = "/sources/shop/mapping/"


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


@pytest.fixture
def admin(company: Company) -> User:
    return make_person("root", at=YESTERDAY, is_staff=True, is_superuser=True)


@pytest.fixture
def source(company: Company) -> Source:
    return sources.set_up(key="shop", format="generic", workflow=company.workflow, by=None, at=timezone.now())[0]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def make_event(source: Source, body: dict[str, Any]) -> Event:
    return Event.objects.create(
        source=source,
        event_id="1",
        body_hash="1",
        body=body,
        dedup_key="g",
        group_key="g",
        facts={"title": "An old one"},
        workflow=source.workflow,
        outcome="counted",
        received_at=timezone.now(),
    )


def typed(source: Source, **more: str) -> dict[str, str]:
    return {"seen": source_settings.state(source), "do": "test"} | more


def test_a_row_for_every_fact_with_a_hint_and_what_a_stored_event_says(
    company: Company, admin: User, source: Source
) -> None:
    make_event(source, {"title": "Orders do not arrive", "severity": "sev2"})
    page = client_of(admin).get(PAGE).content.decode()
    assert all(f'name="path_{name}"' in page for name in ("title", "workflow", "components", "occurred_at"))
    assert "Events with the same value belong to one incident." in page
    assert "This event can be read." in page and "Orders do not arrive" in page and "SEV2" in page


def test_a_pasted_body_is_read_by_the_paths_that_are_typed(company: Company, admin: User, source: Source) -> None:
    client = client_of(admin)
    before = counts((Event, Incident, AuditEntry))
    form = typed(source, path_title="alert.labels.name", path_severity="alert.labels.sev", redact="customer.email")
    answer = client.post(PAGE, form | {"body": json.dumps(BODY)})
    page = answer.content.decode()
    assert answer.status_code == 200 and "Disk is full" in page and "SEV1" in page
    stored = page[page.index("What would be stored") :]
    assert "kim@example.org" not in stored and "[redacted]" in stored
    assert counts((Event, Incident, AuditEntry)) == before
    source.refresh_from_db()
    assert (source.mapping, source.redact) == ({}, [])


def test_while_it_is_typed_only_the_result_comes_back(company: Company, admin: User, source: Source) -> None:
    make_event(source, BODY)
    form = typed(source, path_title="alert.labels.name", event=str(Event.objects.get().pk))
    answer = client_of(admin).post(PAGE, form, headers={"HX-Request": "true"})
    assert "Disk is full" in answer.content.decode() and "<html" not in answer.content.decode()
    answer = client_of(admin).post(PAGE, form | {"path_title": "alert..name"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "is no path from its sign" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"path_title": "alert["}, "“alert[” is no path from its sign 6 on."),
        ({"path_title": "x" * 201}, "Use at most 200 characters."),
        ({"path_title": "", "path_description": "alert.state"}, "Say where the title stands"),
        ({"redact": "a..b"}, "is no path"),
        ({"redact": "\n".join(f"a{n}" for n in range(51))}, "Use at most 50 paths."),
        ({"path_title": "a\x00"}, "Null characters are not allowed."),
        ({"event": "01900000-0000-7000-8000-000000000000"}, "Select a valid choice."),
    ],
)
def test_paths_that_cannot_be_are_named_by_field(
    company: Company, admin: User, source: Source, change: dict[str, str], sentence: str
) -> None:
    form = typed(source, path_title="alert.labels.name", reason="x") | change
    client = client_of(admin)
    before = counts((AuditEntry,))
    for do in ("test", "save"):
        answer = client.post(PAGE, form | {"do": do})
        assert answer.status_code == 422 and sentence in answer.content.decode()
    source.refresh_from_db()
    assert source.mapping == {} and counts((AuditEntry,)) == before


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{", "The body is not JSON"),
        ("[]", "Send a JSON object."),
        ('{"other": 1}', "This field is required."),
        ('{"alert": {"labels": {"name": {"a": 1}}}}', "The mapping leads to something that is no text."),
        ("[" * 2000, "The body is nested too deep"),
        ('{"a": "\\ud800"}', "half a sign"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(
    company: Company, admin: User, source: Source, body: str, sentence: str
) -> None:
    form = typed(source, path_title="alert.labels.name", body=body)
    page = client_of(admin).post(PAGE, form).content.decode()
    assert "This event would be refused." in page and sentence in page


def test_a_saved_mapping_reads_the_next_event_and_stays_in_the_history(
    company: Company, admin: User, source: Source
) -> None:
    client = client_of(admin)
    form = typed(source, path_title="alert.labels.name", redact="customer.email\n\n", do="save")
    assert client.post(PAGE, form).status_code == 422, "without a reason nothing changes"
    answer = client.post(PAGE, form | {"reason": "The shop sends its own format"})
    assert answer.status_code == 302
    source.refresh_from_db()
    assert (source.mapping, source.redact) == ({"title": "alert.labels.name"}, ["customer.email"])
    past = Source.history.first()
    assert (past.reason, past.mapping) == ("The shop sends its own format", source.mapping)
    assert AuditEntry.objects.filter(verb="source.reading_changed").count() == 1
    token = "t" * 32
    Source.objects.update(token_digest=sources.digest(token))
    answer = Client().post(
        "/api/v1/intake/shop", BODY, "application/json", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 202
    event = Event.objects.get()
    assert event.incident is not None and event.incident.title == "Disk is full"
    assert "kim@example.org" not in str(event.body)
    shown = client.get(PAGE).content.decode()
    assert 'value="alert.labels.name"' in shown and "customer.email" in shown


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(company: Company, admin: User, source: Source) -> None:
    client, form = client_of(admin), typed(source, path_title="a", do="save", reason="x")
    assert client.post(PAGE, form).status_code == 302
    answer = client.post(PAGE, form | {"path_title": "b"})
    assert answer.status_code == 422 and "Somebody else has saved this meanwhile." in answer.content.decode()
    source.refresh_from_db()
    assert source.mapping == {"title": "a"}


def test_the_service_refuses_what_the_page_would_not_offer(company: Company, admin: User, source: Source) -> None:
    values: dict[str, Any] = {"source": source, "mapping": {}, "redact": [], "reason": "x", "at": timezone.now()}
    values |= {"seen": source_settings.state(source), "by": admin}
    save = source_settings.save_reading
    refuses(source_settings.BadSource, "Nothing has changed.", lambda: save(**values))
    refuses(source_settings.BadSource, "Please say why.", lambda: save(**values | {"reason": " "}))
    Source.objects.update(format="n8n")
    change = {"mapping": {"title": "a"}}
    refuses(source_settings.BadSource, "this format is known", lambda: save(**values | change))
    assert Source.objects.get().mapping == {}


def test_formats_that_are_known_only_say_what_is_never_stored(company: Company, admin: User, source: Source) -> None:
    Source.objects.update(format="node_red")
    page = client_of(admin).get(PAGE).content.decode()
    assert "path_title" not in page and 'name="redact"' in page
    source.refresh_from_db()
    form = typed(source, redact="error.source.id", do="save", reason="x")
    assert client_of(admin).post(PAGE, form).status_code == 302
    assert Source.objects.get().redact == ["error.source.id"]


def test_only_admins_see_the_editor(company: Company, admin: User, source: Source) -> None:
    client = client_of(company.responder)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, typed(source, path_title="a", do="save", reason="x")).status_code == 403
    assert Source.objects.get().mapping == {}
