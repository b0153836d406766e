"""`/silences/` and the buttons of a source: silencing, planning maintenance, and who may."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Silence, Source
from incidents.services import silences
from portal import roles
from portal.models import AuditEntry
from tests.factories_governance import YESTERDAY, Company, make_company, make_person
from tests.factories_incidents import make_incident
from tests.incidents.source_pages import client_of, make_foreign, make_source, page_of, post
from tests.pictures import counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


@pytest.fixture
def source(company: Company) -> Source:
    return make_source(company)


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
