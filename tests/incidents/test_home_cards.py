"""What incidents put on the page of what needs me now."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.reads import home
from incidents.services import escalation, incidents, tracking, triage
from portal import timers
from portal.models import User
from tests.factories_governance import NOW, Company
from tests.factories_incidents import armed, fresh, later, make_acknowledged, make_incident, run_of, tick

pytestmark = pytest.mark.django_db


def titles(card: Any, user: User) -> list[str]:
    return [item.title for item in card(user, at=NOW)]


def test_who_was_told_is_asked_to_answer_until_somebody_does(company: Company) -> None:
    incident = make_incident(company, title="Orders late")
    (item,) = home.answer(company.responder, at=NOW)
    assert item.title == "Answer: Orders late"
    assert item.due_at == armed(run_of(incident))["escalation.step"] and item.severity == incident.severity
    assert item.url == incident.get_absolute_url()
    assert titles(home.answer, company.reporter) == titles(home.answer, company.outsider) == []
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    assert titles(home.answer, company.responder) == []


def test_a_call_that_is_overdue_does_not_promise_what_should_have_happened(company: Company) -> None:
    due_at = armed(run_of(make_incident(company)))["escalation.step"]
    ((before,), (after,)) = (home.answer(company.responder, at=due_at + timedelta(minutes=n)) for n in (-1, 1))
    assert before.reason == "Nobody has answered yet. If nobody does by then, the next people are told."
    assert after.reason == "Nobody has answered in time, and the next people should have been told by now."


def test_who_is_told_later_is_asked_later(company: Company) -> None:
    make_incident(company, title="Orders late")
    assert titles(home.answer, company.leader) == []
    minute = 0
    while not titles(home.answer, company.leader) and minute < 24 * 60:
        minute += 15
        tick(minute)
    assert titles(home.answer, company.leader) == ["Answer: Orders late"]


def test_a_call_that_everybody_has_heard_still_waits(company: Company) -> None:
    incident = make_incident(company, title="Orders late")
    run = run_of(incident)
    run.state = "exhausted"
    run.save(update_fields=["state"])
    run.refresh_from_db()
    timers.cancel(subject=run, at=NOW, reason="test")
    (item,) = home.answer(company.responder, at=NOW)
    assert (item.due_at, item.tone) == (None, "bad")
    assert item.reason == "Nobody has answered yet, and everybody on the list was told."


def test_the_lead_is_asked_to_confirm_the_severity_and_to_say_what_will_be_done(company: Company) -> None:
    incident = make_acknowledged(company, title="Orders late")
    due = armed(incident)
    (confirm,) = home.confirm(company.responder, at=NOW)
    (plan,) = home.plan(company.responder, at=NOW)
    assert (confirm.title, confirm.due_at) == ("Confirm the severity: Orders late", due["triage.timebox"])
    assert (plan.title, plan.due_at) == ("Say what will be done: Orders late", due["decision.timebox"])
    assert titles(home.confirm, company.second) == titles(home.plan, company.second) == []
    triage.confirm_severity(
        incident=incident, severity=incident.severity, by=company.responder, reason="As it is.", at=later(2)
    )
    assert titles(home.confirm, company.responder) == []
    incidents.say_plan(incident=fresh(incident), plan="Send them again.", by=company.responder, at=later(3))
    assert titles(home.plan, company.responder) == []


def test_what_has_ended_wants_nothing(company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.decline(incident=incident, reason="A test order.", by=company.responder, at=later(1))
    assert [card(company.responder, at=NOW) for card in home.CARDS.values()] == [[], [], []]


def test_ten_cards_need_no_more_queries_than_one(company: Company) -> None:
    def queries() -> int:
        client = Client()
        client.force_login(company.responder)
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/").status_code == 200
        return len(seen)

    def add(rounds: int) -> None:
        for minute in range(rounds):
            make_incident(company, at=later(minute))
            make_acknowledged(company, at=later(minute))

    add(1)
    few = queries()
    add(3)
    assert queries() == few <= 27
    add(1)  # from here on the list is cut, and what it leaves out is counted
    assert queries() == few + 2


def test_the_menu_says_how_many_things_wait_for_the_reader(company: Company) -> None:
    make_incident(company)
    make_acknowledged(company)
    client = Client()
    client.force_login(company.responder)
    assert home.number(company.responder) == 3
    for address in ("/", "/incidents/"):
        words = " ".join(client.get(address).content.decode().split())
        assert '3<span class="vh"> wait for you</span>' in words
    client.force_login(company.outsider)
    assert home.number(company.outsider) == 0
    assert "wait for you" not in client.get("/incidents/").content.decode()


def page_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.get("/").content.decode()


def test_the_open_incidents_that_one_may_see_stand_below(company: Company) -> None:
    incident = make_incident(company, title="Orders late")
    page = page_of(company.lead)
    assert "Open incidents you can see" in page and "All 1" in page and incident.get_absolute_url() in page
    assert "Open incidents you can see" not in page_of(company.outsider)


def test_who_only_reports_is_shown_the_own_reports(company: Company) -> None:
    incident = make_incident(company, title="Orders late")
    page = page_of(company.reporter)
    assert tracking.track_path(incident) in page and incident.get_absolute_url() not in page
    assert "What you reported" in page and "/incidents/mine/" in page and "Orders late" in page
    main = page.split("<main", 1)[1].split("</main>")[0]
    assert "Received" in main and "SEV" not in main and "Nobody leads" not in main
