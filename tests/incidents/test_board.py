"""`/incidents/`: what a person may see, in order, page by page, with a constant number of queries (D42)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from incidents.models import Incident
from incidents.reads import board, words
from portal import audit, limits, roles
from portal.models import User
from tests.factories_governance import NOW, Company, make_person, make_team, make_workflow
from tests.factories_incidents import later, make_acknowledged, make_incident

pytestmark = pytest.mark.django_db


def change(incident: Incident, **values: Any) -> Incident:
    with audit.action(actor=None, actor_label="test", reason="test", at=NOW):
        for name, value in values.items():
            setattr(incident, name, value)
        incident.save()
    return incident


def many(company: Company, number: int) -> list[Incident]:
    """Copies of one incident, a minute apart, without escalation."""
    rows = [
        Incident(
            reference=f"INC-T-{n:04}",
            title=f"Copy {n:04}",
            severity=f"sev{n % 4 + 1}",
            workflow=company.workflow,
            team=company.team,
            started_at=later(n // 2),
            reported_at=later(n // 2),
            submission_key=f"copy-{n}",
        )
        for n in range(number)
    ]
    return Incident.objects.bulk_create(rows)


def titles(user: User, **asked: str) -> list[str]:
    place = {name: asked.pop(name) for name in ("after", "before") if name in asked}
    return [row.incident.title for row in board.page(user, board.filters(asked), **place).rows]


def page_of(user: User, query: str = "") -> str:
    client = Client()
    client.force_login(user)
    answer = client.get("/incidents/" + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_open_incidents_stand_by_severity_and_then_the_newest_first(company: Company) -> None:
    for title, severity, minute in (("a", "sev3", 0), ("b", "sev1", 1), ("c", "sev3", 2), ("d", "sev2", 0)):
        change(make_incident(company, title=title, at=later(minute)), severity=severity)
    assert titles(company.responder) == ["b", "d", "c", "a"]
    assert titles(company.responder, state="all") == ["c", "b", "d", "a"]


def test_only_what_a_person_may_see_is_listed(company: Company) -> None:
    make_incident(company, title="Ours")
    change(make_incident(company, title="Secret"), is_restricted=True)
    outside = make_team("elsewhere", department=company.department)
    theirs = make_person("them", teams=(outside,))
    make_incident(company, title="Theirs", by=theirs)
    auditor = make_person("auditor", role=roles.AUDITOR)
    assert sorted(titles(company.lead)) == ["Ours", "Theirs"]
    assert titles(theirs) == ["Theirs"]
    assert titles(company.outsider) == []
    assert sorted(titles(auditor, state="all")) == ["Ours", "Secret", "Theirs"]


@pytest.mark.parametrize("state", ["open", "all", "resolved"])
def test_the_board_lists_exactly_what_is_visible(company: Company, state: str) -> None:
    make_incident(company)
    change(make_incident(company), is_restricted=True)
    change(make_incident(company), state="resolved", resolved_at=NOW)
    chosen = {"open": Incident.objects.open(), "all": Incident.objects.all()}
    wanted = chosen.get(state, Incident.objects.filter(state__in=["resolved", "closed"]))
    for user in (company.responder, company.reporter, company.lead, company.outsider):
        listed = {row.incident.pk for row in board.page(user, board.filters({"state": state})).rows}
        assert listed == set(wanted.visible_to(user).values_list("pk", flat=True))


def test_what_one_was_told_of_elsewhere_counts_once(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAGE_ROWS", 1)
    outside = make_team("elsewhere", department=company.department)
    rows = [make_incident(company) for _ in range(3)]
    change(rows[1], workflow=None, team=outside)
    change(rows[2], is_restricted=True)
    page = board.page(company.responder, board.filters({"state": "all"}), rows=1)
    assert (page.total, len(page.rows), page.is_more) == (3, 1, False)


def test_the_filters_narrow_the_list(company: Company) -> None:
    other = make_workflow("returns", name="Returns", team=company.team)
    make_incident(company, title="Orders late")
    led = make_acknowledged(company, title="Returns twice", workflow=other)
    user = company.responder
    assert titles(user, workflow="returns") == titles(user, mine="1") == titles(user, q="rEtUrns") == ["Returns twice"]
    assert titles(user, q=led.reference.lower()) == ["Returns twice"]
    assert titles(user, team="orders", severity=led.severity, q="Orders") == ["Orders late"]
    assert titles(user, team="nobody") == []


@pytest.mark.postgres  # SQLite reads every row
def test_words_inside_titles_and_references_have_an_index() -> None:
    found = Incident.objects.filter(words.matching("zebra")).order_by()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert found.explain().count("incidents_incident_words") == 1


def test_values_that_mean_nothing_are_left_out(company: Company) -> None:
    make_incident(company, title="Orders late")
    query = "?state=broken&severity=sev9&mine=perhaps&after=zz&before=WzEsMl0&q=%20"
    assert "Orders late" in page_of(company.responder, query)
    assert board.filters({"state": "x", "severity": "sev9", "mine": "2", "q": " \x00"}) == board.Filters()
    for place in ("WyJzZXYxIiwgIjAwMDEtMDEtMDFUMDA6MDA6MDArMTQ6MDAiLCAiMDAiXQ", "é", "W10", "bnVsbA"):
        assert titles(company.responder, after=place) == ["Orders late"]


@pytest.mark.parametrize("state", ["open", "all"])
def test_pages_go_on_where_the_last_one_ended_and_back_again(company: Company, state: str) -> None:
    many(company, 2 * limits.PAGE_ROWS + 5)
    asked = board.filters({"state": state})
    first = board.page(company.responder, asked)
    place = board.cursor(first.rows[-1].incident)
    second = board.page(company.responder, asked, after=place)
    third = board.page(company.responder, asked, after=board.cursor(second.rows[-1].incident))
    back = board.page(company.responder, asked, before=board.cursor(third.rows[0].incident))
    seen = [row.incident.pk for part in (first, second, third) for row in part.rows]
    order = ["severity", "-reported_at", "-id"] if state == "open" else ["-reported_at", "-id"]
    assert seen == list(Incident.objects.order_by(*order).values_list("pk", flat=True))
    assert back.rows == second.rows
    assert (first.newer, third.older) == ("", "") and first.older and second.newer and second.older and third.newer
    assert board.page(company.responder, asked, before=board.cursor(second.rows[0].incident)).newer == ""


def test_the_count_is_exact_up_to_a_bound(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COUNTED_ROWS", 5)
    many(company, 5)
    page = board.page(company.responder, board.filters({}))
    assert (page.total, page.is_more) == (5, False)
    make_incident(company)
    page = board.page(company.responder, board.filters({}))
    assert (page.total, page.is_more) == (5, True)
    assert "1 000+" in page_of(company.responder)


def test_thirty_rows_need_no_more_queries_than_three(company: Company) -> None:
    def queries() -> int:
        client = Client()
        client.force_login(company.responder)
        with CaptureQueriesContext(connection) as seen:
            client.get("/incidents/")
        return len(seen)

    for _ in range(2):
        make_incident(company)
    make_acknowledged(company)
    few = queries()
    many(company, 27)
    assert queries() == few <= 17  # four of them count what waits, for the menu


def test_who_was_told_stands_where_nobody_leads(company: Company) -> None:
    make_incident(company)
    assert "Responder told" in page_of(company.responder)
    make_acknowledged(company)
    page = page_of(company.responder)
    assert "Nobody leads yet" in page and ">You<" in page


def test_an_empty_board_says_when_the_last_one_ended(company: Company) -> None:
    assert "No open incidents." in page_of(company.responder)
    done = change(make_incident(company), state="resolved", resolved_at=NOW - timedelta(days=1))
    page = page_of(company.responder)
    assert "No open incidents." in page and "The last one was resolved" in page
    assert done.title not in page and done.title in page_of(company.responder, "?state=resolved")
    assert "No incident fits these filters" in page_of(company.responder, "?q=zebra")


def test_titles_and_search_words_are_escaped(company: Company) -> None:
    nasty = '<b>"x"</b>'
    make_incident(company, title=nasty)
    page = page_of(company.responder, "?q=%3Cb%3E%22x")
    assert nasty not in page and escape(nasty) in page


def test_one_has_to_sign_in() -> None:
    assert Client().get("/incidents/").status_code == 302
