"""The admin of incidents: sources are configured with a reason, everything else is only read."""

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from incidents.admin.records import RecordAdmin
from incidents.models import Event, Evidence, Incident, Source
from incidents.services import sources
from portal import audit, history, roles
from portal.models import AuditEntry, User
from tests.factories_governance import NOW, Company, make_person
from tests.factories_incidents import make_acknowledged, make_incident

pytestmark = pytest.mark.django_db
RECORDS = [model for model, page in admin.site._registry.items() if isinstance(page, RecordAdmin)]


@pytest.fixture
def boss(client: Any, company: Company) -> User:
    boss = make_person("boss", role=roles.ADMIN)
    with audit.action(actor=None, actor_label="test", reason="test", at=NOW):
        boss.is_staff = True
        boss.save()
    client.force_login(boss)
    return boss


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:incidents_{model._meta.model_name}_{page}", args=args)


def make_source() -> tuple[Source, sources.Secrets]:
    return sources.set_up(key="robots", format="generic", workflow=None, by=None, at=NOW)


def test_a_source_never_shows_its_secrets(client: Any, boss: User) -> None:
    source, fresh = make_source()
    pages = {
        address(Source, "changelist"): "/sources/new/",
        address(Source, "change", source.pk): "/sources/robots/secret/",
    }
    for page, where in pages.items():
        text = client.get(page).content.decode()
        assert where in text and "robots" in text
        for secret in (fresh.token, fresh.signing, source.token_digest, source.signing_secret):
            assert secret not in text
    past = client.get(address(Source, "history", source.pk)).content.decode()
    row = history.model_of(Source).objects.get()
    old = client.get(address(Source, "simple_history", source.pk, row.pk)).content.decode()
    assert all(secret not in past + old for secret in (fresh.token, source.token_digest, source.signing_secret))


def test_a_source_is_changed_with_a_reason_and_keeps_its_secrets(client: Any, boss: User) -> None:
    source, _fresh = make_source()
    before = AuditEntry.objects.count()
    form = {"name": "Packing robots", "format": "node_red", "per_minute": "30"}
    form |= {"key": "other", "token_digest": "x", "signing_secret": "x", "mapping": '{"title": "x"}', "redact": '["x"]'}
    assert client.post(address(Source, "change", source.pk), form).status_code == 200
    assert Source.objects.get().name == "robots" and AuditEntry.objects.count() == before
    answer = client.post(address(Source, "change", source.pk), form | {"reason": "Clearer name."})
    assert answer.status_code == 302
    after = Source.objects.get()
    assert (after.name, after.key, after.is_active) == ("Packing robots", "robots", False)
    assert after.per_minute == 30
    kept = ("token_digest", "signing_secret", "mapping", "redact")
    assert [getattr(after, name) for name in kept] == [getattr(source, name) for name in kept]
    assert history.model_of(Source).objects.first().reason == "Clearer name."


def test_a_source_begins_and_ends_elsewhere(client: Any, boss: User) -> None:
    source, _fresh = make_source()
    assert client.get(address(Source, "add")).status_code == 403
    assert client.post(address(Source, "delete", source.pk), {"post": "yes", "reason": "x"}).status_code == 403
    assert Source.objects.count() == 1


def test_every_record_is_there_and_can_only_be_read(client: Any, boss: User, company: Company) -> None:
    make_acknowledged(company)
    assert len(RECORDS) == 8
    for model in RECORDS:
        assert client.get(address(model, "changelist"), {"q": "Orders"}).status_code == 200
        assert client.get(address(model, "add")).status_code == 403
        for row in model.objects.all()[:1]:
            assert client.get(address(model, "change", row.pk)).status_code == 200
            assert client.post(address(model, "change", row.pk), {"title": "x"}).status_code == 403
            assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert Incident.objects.get().title == "Orders do not arrive"


def test_a_restricted_incident_stays_with_those_who_take_part(client: Any, boss: User, company: Company) -> None:
    incident = make_acknowledged(company, title="Secret matter")
    assert "Secret matter" in client.get(address(Incident, "changelist")).content.decode()
    with audit.action(actor=None, actor_label="test", reason="test", at=NOW):
        incident.is_restricted = True
        incident.save()
    for model in RECORDS:
        page = client.get(address(model, "changelist"))
        assert incident.reference not in page.content.decode()
        assert page.context["cl"].result_count == 0
    assert client.get(address(Incident, "change", incident.pk)).status_code == 302


def test_an_event_without_an_incident_is_listed(client: Any, boss: User, company: Company) -> None:
    source, _fresh = make_source()
    values: dict[str, Any] = {"body_hash": "h", "body": {}, "dedup_key": "d", "group_key": "g", "received_at": NOW}
    Event.objects.create(source=source, event_id="lonely-event", **values)
    assert "lonely-event" in client.get(address(Event, "changelist")).content.decode()


def test_staff_without_the_right_see_nothing(client: Any, company: Company) -> None:
    make_incident(company)
    helper = make_person("helper", role=roles.TEAM_ADMIN)
    with audit.action(actor=None, actor_label="test", reason="test", at=NOW):
        helper.is_staff = True
        helper.save()
    client.force_login(helper)
    assert {client.get(address(model, "changelist")).status_code for model in (*RECORDS, Source, Evidence)} == {403}
