"""Documents are looked at again: by a day, told in time, and what came of it is kept."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from governance.models import ChangeRequest, Document, DocumentCheck, Version
from governance.reads import checks as reads
from governance.services import checks
from portal import access, timers
from portal.models import AuditEntry, Message, Timer
from portal.reads import home
from portal.rendering import render
from tests import factories_governance as make
from tests.factories_governance import NOW, PASSWORD, Company
from tests.factories_incidents import make_incident
from tests.factories_keeping import make_module, told
from tests.pictures import counts

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DUE = date(2026, 8, 29)  # 180 days after NOW
ROWS = (DocumentCheck, ChangeRequest, Version, Message, AuditEntry, Timer)


@pytest.fixture
def module(company: Company) -> Document:
    return make_module(company.admin)


def fire(day: date, hour: int = 9) -> None:
    timers.fire_due(at=datetime(day.year, day.month, day.day, hour, tzinfo=NOW.tzinfo))


def digest(document: Document) -> str:
    version = Document.objects.get(pk=document.pk).effective_version
    assert version is not None
    return version.digest


def late(document: Document) -> Document:
    """`document`, whose day was yesterday."""
    with make._action(NOW):
        document.review_by = NOW.date() - DAY
        document.save(update_fields=["review_by"])
    return document


def test_a_module_that_comes_into_force_has_a_day_on_which_somebody_looks_at_it(module: Document) -> None:
    assert (module.review_every_days, module.review_by) == (180, DUE)
    (timer,) = Timer.objects.filter(kind="document.review_by", state="armed")
    assert (timer.subject_id, timer.due_at.date()) == (module.pk, DUE - 14 * DAY)


def test_the_accountable_are_told_before_on_the_day_and_after_once_each(module: Document) -> None:
    for day in (DUE - 14 * DAY, DUE, DUE + 14 * DAY):
        fire(day)
        fire(day)
    assert told("document.review_by") == ["Admin"] * 3
    rows = Message.objects.filter(event="document.review_by", channel="inbox").order_by("created_at")
    subjects = [render(message, message.recipient).subject.strip() for message in rows]
    assert subjects == [
        "Please check whether Stalled trigger still fits",
        "Please check whether Stalled trigger still fits",
        "Overdue: check whether Stalled trigger still fits",
    ]
    assert not Timer.objects.filter(kind="document.review_by", state="armed").exists()


def test_a_clock_that_stood_still_tells_only_what_holds_now(module: Document) -> None:
    fire(DUE + DAY)
    (message,) = Message.objects.filter(event="document.review_by", channel="inbox")
    assert render(message, message.recipient).subject.startswith("Overdue")
    (timer,) = Timer.objects.filter(kind="document.review_by", state="armed")
    assert timer.due_at.date() == DUE + 14 * DAY


def test_confirmed_the_time_runs_anew_and_the_look_is_sealed(company: Company, module: Document) -> None:
    late(module)
    at = NOW + 10 * DAY
    done = checks.check(
        document=module, outcome="confirm", note="compared with the flow", seen=digest(module), by=company.admin, at=at
    )
    module.refresh_from_db()
    assert module.review_by == DUE + 10 * DAY and done.change is None
    assert [(row.outcome, row.by, row.note) for row in reads.history(module)] == [
        ("confirm", company.admin, "compared with the flow")
    ]
    assert AuditEntry.objects.filter(verb="document.checked", target_id=str(module.pk)).count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentCheck.objects.update(outcome="retire")


def test_what_has_to_change_is_begun_as_a_draft_and_stays_due(company: Company, module: Document) -> None:
    late(module)
    seen = digest(module)
    done = checks.check(document=module, outcome="change", note="new limits", seen=seen, by=company.admin, at=NOW)
    assert done.change is not None and (done.change.state, done.change.reason) == ("draft", "new limits")
    module.refresh_from_db()
    assert module.review_by == NOW.date() - DAY


def test_what_is_not_needed_any_more_is_asked_to_be_retired(company: Company, module: Document) -> None:
    seen = digest(module)
    done = checks.check(document=module, outcome="retire", note="switched off", seen=seen, by=company.admin, at=NOW)
    assert done.change is not None and (done.change.state, done.change.action) == ("draft", "retire")


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"seen": "0" * 64}, checks.NotCheckable, "^Another version came into force"),
        ({"outcome": "maybe"}, checks.NotCheckable, "^Choose what came of it"),
        ({"outcome": "change", "note": " "}, checks.NotCheckable, "^Say in up to 500"),
        ({"by": "responder"}, access.Refused, "^Only a governance admin, or whoever asked"),
    ],
)
def test_a_look_that_does_not_count_changes_nothing(
    company: Company, module: Document, changed: dict[str, str], error: type[Exception], words: str
) -> None:
    late(module)
    before = counts(ROWS)
    values = {"outcome": "confirm", "note": "", "seen": digest(module)} | changed
    by = getattr(company, values.pop("by", "admin"))
    with pytest.raises(error, match=words):
        checks.check(document=module, by=by, at=NOW, **values)
    assert counts(ROWS) == before
    assert Document.objects.get(pk=module.pk).review_by == NOW.date() - DAY


def test_whoever_asked_for_the_version_in_force_says_whether_it_still_fits(company: Company, module: Document) -> None:
    ChangeRequest.objects.filter(document=module).update(requested_by=company.second)
    checks.check(document=module, outcome="confirm", note="", seen=digest(module), by=company.second, at=NOW)
    assert reads.accountable([module])[module.pk] == [company.admin, company.second]


def test_the_time_between_two_looks_can_be_set_and_ended(company: Company, module: Document) -> None:
    checks.keep(document=module, every_days=30, by=company.admin, at=NOW)
    module.refresh_from_db()
    assert module.review_by == NOW.date() + 30 * DAY
    checks.keep(document=module, every_days=None, by=company.admin, at=NOW)
    module.refresh_from_db()
    assert module.review_by is None
    assert not Timer.objects.filter(kind="document.review_by", state="armed").exists()
    before = counts(ROWS)
    with pytest.raises(checks.NotCheckable, match="between 1 and 3650"):
        checks.keep(document=module, every_days=9999, by=company.admin, at=NOW)
    assert counts(ROWS) == before


def test_overdue_versions_are_named_with_one_query(
    company: Company, module: Document, django_assert_num_queries: object
) -> None:
    late(module)
    versions = [module.effective_version_id, company.policy.effective_version_id]
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = reads.stale(versions, at=NOW)
    assert found == {module.effective_version_id: "Somebody should have looked at it by 1 Mar 2026."}


def test_an_incident_says_which_of_its_rules_are_overdue(company: Company, client: Client) -> None:
    incident = make_incident(company, at=timezone.now())
    client.login(username=company.responder.email, password=PASSWORD)
    address = f"/incidents/{incident.reference}/"
    assert "Somebody should have looked" not in client.get(address).content.decode()
    late(company.policy)
    assert "Somebody should have looked at it by 1 Mar 2026." in client.get(address).content.decode()


def test_what_has_to_be_checked_waits_on_the_first_page_of_the_accountable(company: Company, module: Document) -> None:
    assert "Check whether it still fits: Stalled trigger" not in str(home.now(company.admin, at=NOW))
    late(module)
    assert "Check whether it still fits: Stalled trigger" in str(home.now(company.admin, at=NOW))
    assert "Check whether it still fits" not in str(home.now(company.responder, at=NOW))


def test_many_documents_are_one_thing_to_do(company: Company, module: Document) -> None:
    for document in (module, company.matrix, company.policy, company.rubric):
        late(document)
    (item,) = reads.card(company.admin, at=NOW)
    assert (item.title, item.url, item.tone) == ("4 documents wait for a check", "/checks/", "bad")


def test_the_page_takes_what_came_of_a_look(company: Company, module: Document, client: Client) -> None:
    client.login(username=company.admin.email, password=PASSWORD)
    assert "Stalled trigger" in client.get("/checks/").content.decode()
    Document.objects.filter(recheck_since=None).update(review_by=date(2099, 5, 14))
    text = " ".join(client.get("/checks/").content.decode().split())
    assert "Nothing has to be checked now." in text and ", by 14 May 2099." in text and "<span>0</span>" not in text
    assert f'<a href="/checks/{module.pk}/">Stalled trigger</a>' in text
    address = f"/checks/{module.pk}/"
    refused = client.post(address, {"outcome": "change", "seen": digest(module)})
    assert refused.status_code == 422 and "Say in up to 500" in refused.content.decode()
    assert client.post(address, {"outcome": "confirm", "seen": digest(module)}).status_code == 302
    assert DocumentCheck.objects.count() == 1
    assert client.post(f"{address}every/", {"days": "90"}).status_code == 302
    assert Document.objects.get(pk=module.pk).review_every_days == 90
    began = client.post(address, {"outcome": "change", "note": "new limits", "seen": digest(module)})
    assert began["Location"] == ChangeRequest.objects.get(state="draft").get_absolute_url()


def test_who_may_not_decide_reads_why(company: Company, module: Document, client: Client) -> None:
    client.login(username=company.outsider.email, password=PASSWORD)
    address = f"/checks/{module.pk}/"
    page = client.get(address)
    assert page.status_code == 200 and "Only a governance admin, or whoever asked" in page.content.decode()
    assert client.post(address, {"outcome": "confirm", "seen": digest(module)}).status_code == 403
    assert client.post(f"{address}every/", {"days": "90"}).status_code == 403
    assert not DocumentCheck.objects.exists() and Document.objects.get(pk=module.pk).review_every_days == 180
