"""What a person holds in documents, and who answers when they have left: the rule of the live engine says so."""

import pytest
from django.urls import reverse

from governance.reads import holdings
from governance.services import changes
from portal import roles
from portal.models import AuditEntry, Message, User
from portal.services import leaving
from tests import factories_governance as make
from tests.factories_governance import NOW

pytestmark = pytest.mark.django_db


def held(person: User) -> list[tuple[str, str, str]]:
    return [(row.title, row.after, row.gap.names if row.gap else "") for row in holdings.held(person, at=NOW)]


def test_the_first_alternate_answers() -> None:
    company = make.make_company()
    rows = holdings.held(company.responder, at=NOW)
    assert [(row.title, row.detail, row.after) for row in rows] == [
        ("On call", "Company ownership", "Second, the first alternate, answers from now on."),
    ]


def test_an_alternate_leaves_one_person_fewer() -> None:
    company = make.make_company()
    assert held(company.second) == [("On call", "Responder still answers; nobody stands in any more.", "")]


def test_a_gap_is_told_to_who_governs() -> None:
    company = make.make_company()
    leaving.deactivate(person=company.second, by=company.admin, reason="left", at=NOW)
    assert held(company.responder) == [("On call", "Nobody answers: Admin is told.", "Admin")]
    leaving.deactivate(person=company.responder, by=company.admin, reason="left", at=NOW)
    told = Message.objects.get(event=leaving.GAPS, recipient=company.admin, channel="inbox")
    gaps = told.context[told.data_class]["gaps"]
    assert {"kind": "duty", "what": "On call", "where": "Company ownership"} in gaps
    assert AuditEntry.objects.filter(verb="duty.left_open").count() == len(gaps)
    assert held(company.responder) == [("On call", "Nobody answers already now.", "")]


def test_a_row_of_a_team_shows_only_when_nobody_is_left_in_it() -> None:
    company = make.make_company()
    extra = make.make_person("extra", teams=(company.team,), role=roles.RESPONDER)
    assert held(extra) == []


def test_a_role_without_a_holder_is_a_gap() -> None:
    company = make.make_company()
    assert ("Lead", "Nobody holds the role: Admin is told.", "Admin") in held(company.lead)


def test_a_draft_that_names_the_person_is_shown() -> None:
    company = make.make_company()
    content = make.company_matrix(
        triage_team="triage",
        on_call=company.outsider.email,
        alternates=(company.second.email,),
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    make.make_draft(content, kind="matrix", key="company", by=company.admin)
    rows = holdings.held(company.outsider, at=NOW)
    [row] = rows
    assert (row.section, row.title) == ("Drafts", company.matrix.title)
    assert row.detail == "version 2, Owners · the whole company, On call, any severity, accountable · holder · person"
    assert row.url == reverse("governance:document", args=[company.matrix.pk]), "nobody has asked for it yet"
    change = changes.propose(version=company.matrix.versions.get(number=2), reason="Names", by=company.admin, at=NOW)
    assert [row.url for row in holdings.held(company.outsider, at=NOW)] == [change.get_absolute_url()]


def test_every_document_is_led_to_where_people_read_it() -> None:
    company = make.make_company()
    urls = {row.url for row in holdings.held(company.lead, at=NOW)}
    assert reverse("governance:document", args=[company.matrix.pk]) in urls
    assert not [url for url in urls if url.startswith("/admin/")]


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries: object) -> None:
    company = make.make_company()
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        holdings.held(company.lead, at=NOW)
