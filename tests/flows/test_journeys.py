"""Whole journeys through HTTP: a business user, a responder, an admin and a sender of events."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import time_machine
import yaml
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone

from governance.models import ChangeRequest, Workflow
from incidents.models import Event, Incident
from incidents.services import sources
from portal import delivery, roles, timers
from portal.models import AuditEntry, Lane, Message, Timer
from tests import factories_governance as make
from tests import pictures
from tests.factories_governance import NOW, PASSWORD, Company
from tests.factories_incidents import violations
from tests.flows.visitor import Visitor

pytestmark = pytest.mark.django_db
EVENTS = Path(__file__).parent / "events"
MORNING = NOW + timedelta(hours=1)


class Time:
    """The one clock of a journey; moving it fires what falls due and delivers what was written."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self.traveller = traveller

    def deliver(self) -> None:
        for lane in Lane.values:
            delivery.sweep(lane=lane, at=timezone.now(), grace=timedelta())

    def pass_by(self, minutes: float) -> int:
        """So many minutes later; returns how many timers fired."""
        self.traveller.shift(timedelta(minutes=minutes))
        fired = timers.fire_due(at=timezone.now()).count
        self.deliver()
        return fired


@pytest.fixture
def time() -> Iterator[Time]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield Time(traveller)


@pytest.fixture
def company(time: Time) -> Company:
    return make.make_company()


def picture() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table except sessions."""
    models = [model for model in apps.get_models() if model._meta.app_label != "sessions"]
    return pictures.picture(models)


def mails_to(person: Any) -> list[EmailMessage]:
    """Oldest first."""
    return [message for message in mail.outbox if person.email in message.to]


def calls_to(person: Any) -> list[EmailMessage]:
    """The mails that ask `person` to take an incident."""
    return [message for message in mails_to(person) if "You are asked to take this incident" in str(message.body)]


def link_in(message: EmailMessage) -> str:
    """The one-time address in the words of a message."""
    found = re.search(r"http://testserver(/go/\S+)", str(message.body))
    assert found, message.body
    return found[1]


REPORT = {
    "what": "Orders from the shop do not arrive in the CRM. Since the update, I think.",
    "workflow": "order sync",
    "since": "now",
    "q_urgency": "yes",
    "q_customers": "no",
    "q_money": "no",
    "q_rules": "unknown",
}


def file_report(person: Any, **changed: Any) -> Visitor:
    """Signed in, on the tracking page of a new report."""
    visitor = Visitor().open("/incidents/new/").sign_in(person.email, PASSWORD)
    return visitor.open("/incidents/new/").press("Send report", **(REPORT | changed))


# The business user


def test_a_business_user_signs_in_on_the_way_and_files_by_form(company: Company) -> None:
    visitor = Visitor().open("/incidents/new/")
    assert visitor.path.startswith("/accounts/login/")
    visitor.sign_in(company.reporter.email, PASSWORD)
    assert visitor.path == "/incidents/new/"
    visitor.press("Send report", **REPORT)
    assert visitor.path.startswith("/track/") and visitor.status == 200
    assert visitor.reads("We have it and are calling the people who can help", "You don’t need to do anything")
    incident = Incident.objects.get()
    assert (incident.reporter, incident.workflow, incident.started_at) == (
        company.reporter,
        company.workflow,
        MORNING,
    )
    assert visitor.reads(incident.reference)


def test_a_double_click_makes_one_incident_and_one_call(company: Company, time: Time) -> None:
    visitor = Visitor().open("/incidents/new/").sign_in(company.reporter.email, PASSWORD)
    form = visitor.form("Send report").values | REPORT
    first = visitor.client.post("/incidents/new/", form)
    again = visitor.client.post("/incidents/new/", form)
    assert (first.status_code, again.status_code) == (302, 302)
    assert first["Location"] == again["Location"]
    assert Incident.objects.count() == 1
    time.deliver()
    assert len(calls_to(company.responder)) == 1


def test_a_report_with_gaps_comes_back_with_everything_typed(company: Company) -> None:
    visitor = Visitor().open("/incidents/new/").sign_in(company.reporter.email, PASSWORD)
    before = picture()
    visitor.press("Send report", **(REPORT | {"since": "other", "workflow": "cold fusion"}))
    assert visitor.status == 422
    assert visitor.reads("Say since when, about.", "We know no process called “cold fusion”", REPORT["what"])
    assert picture() == before


def test_the_reporter_follows_the_report_without_signing_in_and_adds_a_fact(company: Company, time: Time) -> None:
    address = file_report(company.reporter).path
    stranger = Visitor().open(address)
    stranger.press("Send to the team", text="It began after lunch.")
    assert stranger.path == address and stranger.reads("It began after lunch.")
    incident = Incident.objects.get()
    assert incident.timeline.latest("id").text_row.text == "It began after lunch."
    mine = Visitor().open("/incidents/mine/").sign_in(company.reporter.email, PASSWORD)
    assert mine.reads(incident.title, "Received")


def test_the_reporter_sees_that_it_works_again(company: Company, time: Time) -> None:
    reporter = file_report(company.reporter)
    time.deliver()
    Visitor().open(link_in(calls_to(company.responder)[0])).press("I take it")
    assert reporter.open(reporter.path).reads("Someone is on it", "Responder is looking into it.")
    time.pass_by(5)
    responder = at_the_incident(company.responder)
    responder.follow("Resolve").press("Resolve", resolution="Put the field back.", checked="Sent order 4711 again.")
    time.deliver()
    assert reporter.open(reporter.path).reads("It works again", "Put the field back.")
    assert "Put the field back." in str(mails_to(company.reporter)[-1].body)
    assert violations() == []


# The responder


def at_the_incident(person: Any) -> Visitor:
    """Signed in, on the page of the only incident."""
    return Visitor().open(Incident.objects.get().get_absolute_url()).sign_in(person.email, PASSWORD)


def test_a_responder_takes_an_incident_through_its_life(company: Company, time: Time) -> None:
    file_report(company.reporter)
    time.deliver()
    Visitor().open(link_in(calls_to(company.responder)[0])).press("I take it")
    time.pass_by(4)
    visitor = Visitor().open("/").sign_in(company.responder.email, PASSWORD)
    incident = Incident.objects.get()
    assert visitor.reads(incident.title)
    visitor.open(incident.get_absolute_url())
    assert visitor.reads("Investigating", "Who was told", "Who leads")

    visitor.follow("Confirm the severity")
    before = picture()
    visitor.press("Confirm the severity", severity="sev2", reason=" ")
    assert visitor.status == 422 and picture() == before
    visitor.press("Confirm the severity", severity="sev2", reason="The shop earns nothing meanwhile.")
    assert visitor.path == incident.get_absolute_url()
    assert visitor.reads("The severity is confirmed.", "SEV2", "The shop earns nothing meanwhile.")
    time.pass_by(12)
    assert calls_to(company.second) == [], "who has answered and judged in time is left to work"

    visitor.open(visitor.path).follow("Say what will be done")
    visitor.press("Save the plan", plan="Put the field back and send the orders again")
    assert visitor.reads("The plan is saved.", "Put the field back and send the orders again")
    visitor.follow("Contained")
    visitor.press("Mark as contained", note="The sync is paused.", what="New orders wait in a queue")
    assert visitor.reads("The incident is contained.", "The sync is paused.")

    visitor.follow("Resolve")
    before = picture()
    visitor.press("Resolve", resolution="Put the field back.", checked="")
    assert visitor.status == 422 and visitor.reads("Put the field back.")
    assert picture() == before
    halted = incident.containments.get()
    runs_again = {f"end_{halted.pk}": "released", f"why_{halted.pk}": "The first order went through."}
    checked = "Sent order 4711 again: it arrived."
    visitor.press("Resolve", resolution="Put the field back.", checked=checked, **runs_again)
    assert visitor.reads("The incident is resolved.", "Resolved")
    incident.refresh_from_db()
    assert (incident.state, incident.deviation) == ("resolved", "Sent order 4711 again: it arrived.")
    armed = Timer.objects.filter(state="armed", kind__startswith="incident.")
    assert sorted(armed.values_list("kind", flat=True)) == ["incident.close", "incident.remind"]
    reasons = list(incident.history.order_by("history_id").values_list("actor_label", "reason"))
    assert [label for label, _reason in reasons[1:]] == ["Responder"] * (len(reasons) - 1)
    assert violations() == []


def test_the_mailed_link_shows_first_and_takes_the_incident_when_pressed(company: Company, time: Time) -> None:
    file_report(company.reporter)
    time.deliver()
    call = calls_to(company.responder)[0]
    assert "If nobody answers by 10:15" in str(call.body)
    before = picture()
    visitor = Visitor().open(link_in(call))
    assert visitor.reads("This page was made for Responder.", "When you answer, nobody else is called.")
    assert Visitor().open(link_in(call)).status == 200
    assert picture() == before
    visitor.press("I take it")
    assert visitor.reads("You have it. Nobody else is called.")
    incident = Incident.objects.get()
    assert (incident.state, incident.lead) == ("investigating", company.responder)
    assert not Timer.objects.filter(kind="escalation.step", state="armed").exists()


# The admin


def new_matrix(company: Company) -> str:
    """The company's matrix with `second` on call, as YAML."""
    content = make.company_matrix(
        triage_team="triage",
        on_call=company.second.email,
        alternates=(company.responder.email,),
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    return yaml.safe_dump(content, sort_keys=False)


@pytest.fixture
def boss(company: Company) -> Any:
    return make.make_person("boss", role=roles.GOVERNANCE_ADMIN, is_staff=True, is_superuser=True)


def at_the_admin(boss: Any) -> Visitor:
    visitor = Visitor().open("/admin/")
    assert visitor.path.startswith("/accounts/login/"), "the admin has no door of its own"
    return visitor.sign_in(boss.email, PASSWORD)


def test_an_admin_adds_a_workflow_and_has_to_say_why(company: Company, boss: Any) -> None:
    visitor = at_the_admin(boss).open("/admin/governance/workflow/add/")
    facts = {
        "name": "Invoice run",
        "key": "invoice-run",
        "platform": str(company.workflow.platform_id),
        "team": str(company.team.pk),
        "criticality": "high",
    }
    before = picture()
    visitor.press("Save", **facts, reason="")
    assert visitor.reads("Please correct the error below.", "This field is required.")
    assert picture() == before
    visitor.press("Save", reason="Finance relies on it since March")
    workflow = Workflow.objects.get(key="invoice-run")
    assert visitor.reads("Invoice run")
    visitor.open(f"/admin/governance/workflow/{workflow.pk}/history/")
    assert visitor.reads("Boss", "Finance relies on it since March", "Created")
    entry = AuditEntry.objects.filter(target_id=workflow.pk).latest("id")
    assert (entry.actor, entry.at) == (boss, MORNING)


def test_an_admin_imports_a_matrix_and_publishes_it_with_a_reason(company: Company, boss: Any) -> None:
    everybody = Visitor().open("/ownership/").sign_in(company.outsider.email, PASSWORD)
    assert everybody.reads("Responder then Second")
    visitor = at_the_admin(boss).open("/admin/governance/document/import/")
    visitor.press("Import as a draft", kind="matrix", key="company", text=new_matrix(company))
    assert visitor.reads("The draft is here. Nothing is in force yet.", "Draft, based on version 1.")
    assert everybody.open("/ownership/").reads("Responder then Second")
    before = picture()
    visitor.press("Send for approval", reason=" ")
    assert visitor.reads("Say why this takes effect now.")
    assert picture() == before
    visitor.press("Send for approval", reason="Second has the phone from now on")
    assert visitor.reads("is in force", "a standard change", "it can no longer change")
    assert everybody.open("/ownership/").reads("Second then Responder")
    visitor.open(f"/admin/governance/document/{company.matrix.pk}/history/")
    assert visitor.reads("Boss", "Second has the phone from now on", "2 Mar 2026, 10:00")
    change = ChangeRequest.objects.get(reason="Second has the phone from now on")
    assert (change.model, change.state, change.requested_by) == ("standard", "published", boss)
    assert violations() == []


def test_whoever_was_published_is_called_next(company: Company, boss: Any, time: Time) -> None:
    visitor = at_the_admin(boss).open("/admin/governance/document/import/")
    visitor.press("Import as a draft", kind="matrix", key="company", text=new_matrix(company))
    visitor.press("Send for approval", reason="Second has the phone from now on")
    file_report(company.reporter)
    time.deliver()
    assert len(calls_to(company.second)) == 1 and calls_to(company.responder) == []


# The sender of events


def recorded(**changed: Any) -> bytes:
    """What a Node-RED catch node posted."""
    return json.dumps(json.loads((EVENTS / "node_red_function_failed.json").read_text()) | changed).encode()


def post(key: str, token: str, body: bytes) -> Any:
    return Client().post(
        f"/api/v1/intake/{key}",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def make_sender(company: Company, format: str) -> str:
    """The secret of the new source `flows`."""
    _source, fresh = sources.set_up(key="flows", format=format, workflow=None, by=None, at=timezone.now())
    return fresh.token


def test_a_failed_flow_reaches_the_second_level_when_nobody_answers(company: Company, time: Time) -> None:
    token = make_sender(company, "node_red")
    answer = post("flows", token, recorded())
    incident = Incident.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {
        "incident": incident.reference,
        "url": f"http://testserver{incident.get_absolute_url()}",
        "dedup_key": "tab1+fn1",
        "deduplicated": False,
    }
    assert (incident.workflow, incident.title) == (
        company.workflow,
        "Order sync: Error: CRM field account_id missing for order 4711",
    )
    again = post("flows", token, recorded())
    same_step = post("flows", token, recorded(msgid="another"))
    assert again.json()["deduplicated"] is same_step.json()["deduplicated"] is True
    assert {again.json()["incident"], same_step.json()["incident"]} == {incident.reference}
    assert (Incident.objects.count(), Event.objects.count()) == (1, 2)
    time.deliver()
    assert len(calls_to(company.responder)) == 1 and calls_to(company.second) == []
    assert time.pass_by(14) == 0 and calls_to(company.second) == []
    assert time.pass_by(1) > 0
    assert len(calls_to(company.second)) == 1
    assert "CRM field account_id missing" in str(calls_to(company.second)[0].body)
    Visitor().open(link_in(calls_to(company.second)[0])).press("I take it")
    time.pass_by(16)
    assert calls_to(company.lead) == []
    assert violations() == []


def test_a_sender_resolves_what_nobody_has_taken_yet(company: Company, time: Time) -> None:
    token = make_sender(company, "generic")
    event = {"title": "CRM refuses orders", "workflow": "order-sync", "dedup_key": "crm", "severity": "sev2"}
    answer = post("flows", token, json.dumps(event | {"event_id": "1"}).encode())
    assert answer.status_code == 202
    time.deliver()
    time.pass_by(15)
    assert [len(calls_to(person)) for person in (company.responder, company.second)] == [1, 1]
    answer = post("flows", token, json.dumps(event | {"event_id": "2", "action": "resolve"}).encode())
    incident = Incident.objects.get()
    assert (answer.status_code, answer.json()["incident"]) == (202, incident.reference)
    assert (incident.state, incident.resolution) == ("resolved", "flows says that it works again.")
    assert Event.objects.get(action="resolve").group_reason.startswith(f"Resolved {incident.reference}")
    told = Message.objects.filter(event="incident.level").count()
    time.pass_by(60)
    assert Message.objects.filter(event="incident.level").count() == told
    assert violations() == []
