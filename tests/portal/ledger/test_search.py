"""`/audit/`: looking for entries by object, person, verb and period, and what the page says when there is nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.models import ChangeRequest
from incidents.models import Incident
from portal import audit, limits, roles
from portal.models import AuditEntry, Message, User
from portal.reads import ledger_search as search
from tests.factories_governance import NOW, Company, make_person
from tests.factories_incidents import make_acknowledged, make_incident
from tests.incidents.test_board import change
from tests.portal.ledger import book

pytestmark = pytest.mark.django_db


def found(since: Any = None, until: Any = None, after: str = "", **asked: str) -> search.Page:
    return search.page(search.filters(asked), since=since, until=until, after=after)


def keys(page: search.Page) -> set[int]:
    return {row.entry.pk for row in page.rows}


def about(obj: Any) -> set[int]:
    rows = AuditEntry.objects.filter(target_type=obj._meta.label_lower, target_id=str(obj.pk))
    return set(rows.values_list("pk", flat=True))


@pytest.fixture
def auditor() -> User:
    return make_person("auditor", role=roles.AUDITOR)


def page_of(user: User, address: str) -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(address)


def test_an_incident_is_found_by_its_reference_its_title_and_its_id(company: Company) -> None:
    incident = make_acknowledged(company, title="Card payments are stuck")
    make_incident(company)
    assert about(incident)
    for text in (incident.reference, f"incident:{incident.reference}", "payments are", str(incident.pk)):
        page = found(object=text)
        assert keys(page) == about(incident), text
        assert {row.about for row in page.rows} == {incident.reference}
        assert {row.url for row in page.rows} == {f"/trail/incident/{incident.reference}/"}


def test_a_message_is_not_named_by_the_key_that_a_program_gave_it(company: Company) -> None:
    make_incident(company)
    message = Message.objects.order_by("created_at")[0]
    with audit.action(actor=None, actor_label="test", reason="a test needs it", at=NOW) as action:
        action.record(verb="message.dead", target=message)
    (row,) = found(object=str(message.pk)).rows
    assert (row.kind, row.about) == ("Message", "")


def test_a_change_is_found_by_its_reference(company: Company) -> None:
    change = ChangeRequest.objects.order_by("pk")[0]
    assert keys(found(object=change.reference)) == about(change) != set()


def test_of_several_that_fit_one_is_chosen(company: Company) -> None:
    first, second = make_incident(company), make_incident(company)
    assert first.title == second.title
    page = found(object="Orders do not")
    assert not page.rows
    wanted = {f"?object=incident%3A{item.reference}" for item in (first, second)}
    assert {choice.url for choice in page.choices} == wanted


def test_what_nobody_knows_is_said(company: Company) -> None:
    assert found(object="nowhere").unknown == "Nothing is called “nowhere”."


def test_a_person_is_found_by_address_and_by_name(company: Company) -> None:
    make_acknowledged(company)
    mine = set(AuditEntry.objects.filter(actor=company.responder).values_list("pk", flat=True))
    assert mine
    assert keys(found(person=company.responder.email)) == mine
    assert keys(found(person=company.responder.name)) == mine
    several = found(person="e")
    assert not several.rows and 1 < len(several.choices) <= search.OFFERED


def test_a_process_is_found_by_its_name(company: Company) -> None:
    written = set(book.write(3))
    assert keys(found(person="test")) >= written
    assert not keys(found(person="nobody at all"))


def test_a_verb_is_found_by_its_words_and_edits_of_all_tables_together(company: Company) -> None:
    incident = make_acknowledged(company)
    took = {row.entry.verb for row in found(verb="incident.acknowledged").rows}
    assert took == {"incident.acknowledged"}
    edits = {row.entry.verb for row in found(verb="edit.changed", object=incident.reference).rows}
    assert edits == {"incidents.incident.changed"}
    offered = dict(search.verbs())
    assert offered["incident.acknowledged"] == "took the incident"
    assert len(set(offered.values())) == len(offered)


def test_a_period_holds_its_beginning_and_not_its_end() -> None:
    first, second = book.write(1, at=NOW), book.write(1, at=NOW + timedelta(hours=1))
    assert keys(found(since=NOW, until=NOW + timedelta(hours=1), person="test")) == set(first)
    assert keys(found(since=NOW + timedelta(hours=1), person="test")) == set(second)


def test_pages_go_on_without_a_gap_and_counts_stop(auditor: User) -> None:
    written = book.write(2 * limits.PAGE_ROWS + 1, at=NOW)
    page, seen = found(since=NOW, until=NOW + timedelta(seconds=1)), []
    while True:
        seen += [row.entry.pk for row in page.rows]
        if not page.older:
            break
        after = page.older.partition("after=")[2]
        page = found(since=NOW, until=NOW + timedelta(seconds=1), after=after)
    assert [pk for pk in seen if pk in written] == sorted(written, reverse=True)
    book.write(limits.COUNTED_ROWS)
    assert found().is_more and found().total == limits.COUNTED_ROWS


def test_a_rare_verb_is_looked_for_so_far_and_then_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "LOOKED", 10)
    (rare,) = book.write(1, verb="incident.acknowledged", at=NOW + timedelta(days=9000))
    book.write(15, at=NOW + timedelta(days=9001))
    first = found(verb="incident.acknowledged")
    assert not first.rows and first.looked == 10 and first.looked_until == NOW + timedelta(days=9001)
    after = first.further.partition("after=")[2]
    assert keys(found(verb="incident.acknowledged", after=after)) == {rare}


@pytest.mark.parametrize("looked", [1, 3, 4, 7, 100])
@pytest.mark.parametrize("by_person", [False, True], ids=["by time", "by id"])
def test_a_verb_is_found_once_each_whatever_the_times_are(
    monkeypatch: pytest.MonkeyPatch, auditor: User, looked: int, by_person: bool
) -> None:
    """Also among entries of the same moment, and those that were dated back, wherever a part ends."""
    far, verb = NOW + timedelta(days=9000), "incident.acknowledged"
    for hours in (5, 5, 1, 9, 5, 5, 2):
        with audit.action(actor=auditor, reason="a test needs it", at=far + timedelta(hours=hours)) as action:
            action.record_many([(said, "portal.thing", "1", {}) for said in (verb, "thing.done", verb)])
    monkeypatch.setattr(search, "LOOKED", looked)
    monkeypatch.setattr(limits, "PAGE_ROWS", 2)
    asked, seen, after = {"verb": verb} | ({"person": auditor.email} if by_person else {}), [], ""
    for _turn in range(40):
        page = found(since=far, until=far + timedelta(hours=9), after=after, **asked)
        seen += [row.entry.pk for row in page.rows]
        following = page.older or page.further
        if not following:
            break
        after = following.partition("after=")[2]
    wanted = AuditEntry.objects.filter(verb=verb, at__gte=far, at__lt=far + timedelta(hours=9))
    order = ["-id"] if by_person else ["-at", "-id"]
    assert len(seen) == 12 and seen == list(wanted.order_by(*order).values_list("pk", flat=True))


@pytest.mark.parametrize("app", search.APPS)
def test_a_thing_of_every_app_is_found_by_its_id(company: Company, auditor: User, app: str) -> None:
    """The first label that the ledger has of `app`, and an id that is nowhere else."""
    label = AuditEntry.objects.filter(target_type__startswith=f"{app}.").values_list("target_type", flat=True)
    some = label.first() or f"{app}.{next(apps.get_app_config(app).get_models())._meta.model_name}"
    with audit.action(actor=auditor, reason="a test needs it", at=NOW) as action:
        action.record_many([("thing.done", some, "an id", {})])
    assert {row.entry.target_type for row in found(object="an id").rows} == {some}


def test_the_number_of_questions_does_not_grow(company: Company, auditor: User) -> None:
    incident = make_acknowledged(company)

    def questions(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert page_of(auditor, address).status_code == 200
        return len(asked)

    address = f"/audit/?object={incident.reference}"
    first = questions(address)
    for number in range(8):
        change(incident, title=f"Title {number}")
    assert questions(address) == first


def test_the_page_keeps_what_was_asked_and_says_what_is_wrong(company: Company, auditor: User) -> None:
    make_incident(company)
    answer = page_of(auditor, "/audit/?person=test&since=2026-03-12T15:00&until=2026-03-12T14:00")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "This time has to be after the other one." in text and 'value="test"' in text
    assert 'id="errors" data-focus' in text


def test_strange_addresses_are_answered(auditor: User) -> None:
    for query in (
        "before=x&after=W10",
        "object=:",
        "object=incident:",
        "verb=%27",
        "person=:",
    ):
        assert page_of(auditor, f"/audit/?{query}").status_code == 200, query


def test_others_than_auditors_and_administrators_see_no_entries(company: Company) -> None:
    incident: Incident = make_incident(company)
    keeper = make_person("keeper", role=roles.OPERATOR, is_staff=True)
    answer = page_of(keeper, f"/audit/?object={incident.reference}")
    text = answer.content.decode()
    assert answer.status_code == 200 and "State of the ledger" in text
    assert f"/trail/incident/{incident.reference}/" not in text and "reported it" not in text
    assert page_of(company.responder, "/audit/").status_code == 403
