"""The page of an incident: what it asks of whom, who was told and what comes, and that it stays fresh cheaply."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents import access
from incidents.models import Incident, TimelineEntry
from incidents.reads import incident as reads
from incidents.services import escalation, incidents, timeline, triage
from portal import audit, delivery, timers
from portal.models import AuditEntry, Message, User
from tests.factories_governance import (
    NOW,
    Company,
    company_matrix,
    escalation_policy,
    join,
    make_company,
    make_draft,
    make_person,
    make_workflow,
    publish,
)
from tests.factories_incidents import fresh, later, make_acknowledged, make_incident, run_of

pytestmark = pytest.mark.django_db


def show(incident: Incident, user: User, minutes: float = 0) -> reads.Shown:
    return reads.show(access.get(user, incident.reference), user, at=later(minutes))


def page(client: Client, user: User, incident: Incident, **query: Any) -> Any:
    client.force_login(user)
    return client.get(incident.get_absolute_url(), query)


def words(response: Any) -> str:
    """The text of a page, without tags and doubled blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def fill(incident: Incident, count: int) -> None:
    """`count` notes; their texts are their numbers."""
    with audit.action(actor=None, actor_label="test", reason="notes", at=NOW):
        timeline.add_many(
            [timeline.Line(incident.pk, "note", text=f"Note no. {number}.") for number in range(count)], at=NOW
        )


# What it asks


def test_whoever_is_called_is_asked_to_answer_and_acts_at_once(company: Company, client: Client) -> None:
    incident = make_incident(company)
    ask = show(incident, company.responder).ask
    address = reverse("incidents:act", args=[incident.reference, "acknowledge"])
    assert (ask.title, ask.url, ask.method, ask.due) == (
        "Answer: can you take this?",
        address,
        "post",
        later(15),
    )
    assert ask.why == "If nobody answers, these people are called next: Second."
    client.force_login(company.responder)
    assert client.post(address).status_code == 302
    assert run_of(incident).state == "acknowledged"


def test_the_lead_is_led_from_step_to_step(company: Company) -> None:
    incident = make_acknowledged(company)
    by = company.responder
    asked = [show(incident, by, 1).ask.title]
    triage.confirm_severity(incident=incident, severity="sev3", by=by, reason="Few.", at=later(2))
    asked.append(show(incident, by, 2).ask.title)
    incidents.say_plan(incident=incident, plan="We restart it.", by=by, at=later(3))
    asked.append(show(incident, by, 3).ask.title)
    incidents.contain(incident=incident, note="Paused.", by=by, at=later(4))
    asked.append(show(incident, by, 4).ask.title)
    incidents.monitor(incident=incident, note="Restarted.", by=by, at=later(5))
    asked.append(show(incident, by, 5).ask.title)
    incidents.resolve(incident=incident, resolution="Restart.", checked="Counted.", by=by, at=later(6))
    asked.append(show(incident, by, 6).ask.title)
    assert asked == [
        "Confirm how severe it is",
        "Say what will be done",
        "Stop it from getting worse",
        "Repair it, then watch it",
        "Check that it works, then resolve",
        "You don’t need to do anything right now.",
    ]


def test_an_answer_without_progress_is_asked_for_again(company: Company) -> None:
    incident = make_acknowledged(company)
    due = next(item.at for item in show(incident, company.responder).coming if item.kind == "follow_up")
    timers.fire_due(at=due)
    ask = reads.show(fresh(incident), company.second, at=due).ask
    assert ask.title == "Answer: can you take this?"
    assert ask.why.startswith("Responder leads, but nothing has moved, so people are called again.")


def test_the_reporter_reads_why_there_is_nothing_to_press(company: Company) -> None:
    incident = make_incident(company)
    ask = show(incident, company.reporter).ask
    assert (ask.title, ask.url) == ("Nobody has answered yet", "")
    assert ask.why.endswith("You reported this. The people who were told work on it; you can add what you know.")


def test_the_reporter_is_asked_whether_it_works_again(company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.resolve(incident=incident, resolution="Restart.", checked="Counted.", by=company.responder, at=later(6))
    ask = show(incident, company.reporter, 7).ask
    assert (ask.title, ask.button) == ("Does it work again for you?", "It works, close it")
    assert ask.why.startswith("It closes by itself 5 Mar, ")


def test_nobody_is_called_for_a_near_miss(company: Company) -> None:
    shown = show(make_incident(company, kind="near_miss"), company.responder)
    assert (shown.ask.title, shown.told, shown.coming) == ("Look at this near miss", [], [])
    assert [clock.value for clock in shown.clocks] == ["", "None"]


# Clocks and steps


def test_the_clocks_run_and_stop(company: Company) -> None:
    incident = make_incident(company)
    running, look, decision, call = show(incident, company.responder, 5).clocks
    assert (running.note, look.due, decision.due) == ("reported 09:00", later(15), later(60))
    assert (call.label, call.due, call.note) == ("Next call", later(15), "Second")
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(6))
    triage.confirm_severity(incident=incident, severity="sev3", by=company.responder, reason="Few.", at=later(12))
    _running, look, _decision, call = show(incident, company.responder, 13).clocks
    assert (look.ended, look.unit, look.note, look.tone) == (later(12), "of 15 min", "kept, 09:12", "ok")
    assert (call.value, call.note) == ("Stopped", "Responder answered at level 1, 09:06")
    words = {"to": company.lead, "reason": "Your turn", "by": company.responder}
    escalation.reassign(run=run_of(incident), at=later(20), **words)
    assert show(incident, company.responder, 21).clocks[-1].note == "Lead has it since 09:20"


def test_a_timebox_that_ran_out_is_late_and_one_that_was_overtaken_is_not(company: Company) -> None:
    late, overtaken = make_acknowledged(company), make_acknowledged(company)
    incidents.contain(incident=overtaken, note="Paused.", by=company.responder, at=later(3))
    timers.fire_due(at=later(16))
    look = show(late, company.responder, 17).clocks[1]
    assert (look.value, look.note, look.tone) == ("Late", "the next level was told", "bad")
    look = show(overtaken, company.responder, 17).clocks[1]
    assert (look.value, look.note) == ("Not needed", "what was done came first")


def test_calls_that_were_put_off_say_until_when(company: Company) -> None:
    incident = make_incident(company)
    escalation.snooze(run=run_of(incident), until=later(40), by=company.responder, reason="Later.", at=later(2))
    shown = show(incident, company.responder, 3)
    assert (shown.clocks[3].label, shown.clocks[3].due) == ("Calls go on", later(40))
    assert shown.coming[0].at == later(40)


def test_the_steps_say_when_and_who(company: Company) -> None:
    incident = make_acknowledged(company)
    found = [(step["word"], step["state"], step["note"]) for step in show(incident, company.responder).steps]
    assert found[:3] == [
        ("Reported", "done", "09:00 Reporter"),
        ("Investigating", "now", "09:00 Responder"),
        ("Contained", "", ""),
    ]


def test_a_declined_incident_has_ended(company: Company) -> None:
    incident = make_incident(company)
    incidents.decline(incident=incident, reason="A test.", by=company.responder, at=later(2))
    found = [(step["word"], step["state"]) for step in show(incident, company.responder, 3).steps]
    assert found == [("Reported", "done"), ("Declined", "now")]


# Who was told, and what comes


def test_who_was_told_by_which_way_and_what_comes_next(company: Company) -> None:
    incident = make_incident(company)
    timers.fire_due(at=later(15))
    shown = show(incident, company.responder, 16)
    assert [(one.user.name, one.level, one.word) for one in shown.told] == [
        ("Second", 2, "No answer yet"),
        ("Responder", 1, "No answer"),
    ]
    assert [(way.channel, way.word) for way in shown.told[0].ways] == [("e-mail", "waiting")]
    assert shown.told[0].why
    assert shown.coming[0].kind == "step"
    assert shown.coming[0].at > later(16)
    assert [item.at for item in shown.coming] == sorted(item.at for item in shown.coming)


def test_what_comes_stands_at_the_times_at_which_it_will_happen(company: Company) -> None:
    matrix = company_matrix(
        triage_team="triage",
        on_call=company.responder.email,
        alternates=(company.second.email,),
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    matrix["rows"][0]["acknowledge_minutes"] = 5
    publish(make_draft(matrix, kind="matrix", key="company", by=company.admin), by=company.admin)
    incident = make_incident(company)
    shown = [(item.at, *item.names) for item in show(incident, company.responder, 1).coming if item.kind == "step"]
    assert shown[:2] == [(later(5), "Second"), (later(10), "Lead")]
    for minutes, name in ((5, "Second"), (10, "Lead")):
        timers.fire_due(at=later(minutes))
        assert show(incident, company.responder, minutes).told[0].user.name == name


def test_a_call_that_could_not_be_delivered_says_why(company: Company) -> None:
    incident = make_incident(company)
    message = Message.objects.get(subject_id=incident.pk, event="incident.level", channel="email")
    delivery.sweep(at=message.deadline_at + timedelta(minutes=1), worker="test", lane="urgent")
    one = show(incident, company.responder, 2).told[0]
    message.refresh_from_db()
    assert message.state == "dead"
    assert (one.tone, one.word) == ("bad", "Not reached")
    assert (one.ways[0].tone, one.ways[0].reason) == ("bad", message.reason)


def test_after_an_answer_somebody_looks_again(company: Company) -> None:
    incident = make_acknowledged(company)
    shown = [(item.kind, item.at, item.names, item.why) for item in show(incident, company.responder, 1).coming]
    judged = "early, if nobody has judged by then how serious it is"
    assert shown[0] == ("step", later(15), ["Second"], judged)
    assert [(kind, names) for kind, _at, names, _why in shown[1:]] == [("follow_up", ["Lead"])]


def test_a_time_that_is_over_calls_the_next_level_early() -> None:
    policy = escalation_policy(leadership="leadership")
    for level in policy["levels"]:
        level["window_minutes"] = 40
    company = make_company(policy=policy)
    incident = make_incident(company)
    shown = [(item.at, item.names, bool(item.why)) for item in show(incident, company.responder, 1).coming]
    assert shown[:2] == [(later(15), ["Second"], True), (later(55), ["Lead"], False)]
    for minutes, name in ((15, "Second"), (55, "Lead")):
        timers.fire_due(at=later(minutes))
        assert show(incident, company.responder, minutes).told[0].user.name == name


def names_of(shown: reads.Shown) -> tuple[list[str], list[str]]:
    """Who is responsible now, and who is called next."""
    return [person.name for item in shown.responsible for person in item.told()], shown.coming[0].names


def test_the_page_follows_the_pinned_rules(company: Company) -> None:
    incident = make_incident(company)
    before = names_of(show(incident, company.responder))
    assert before == (["Responder"], ["Second"])
    content = company_matrix(
        triage_team="triage", on_call=company.lead.email, lead=company.lead.email, accountable=company.leader.email
    )
    publish(make_draft(content, kind="matrix", key="company", by=company.admin), by=company.admin, at=later(1))
    assert names_of(show(incident, company.responder, 2)) == before
    assert names_of(show(make_incident(company, at=later(3)), company.responder, 3))[0] == ["Lead"]
    assert {str(pin.pk) for pin in show(incident, company.responder).pins} == {
        str(fresh(incident).rubric_id),
        str(run_of(incident).policy_id),
        *run_of(incident).matrices,
    }


# The page


def test_the_page_says_it_all(company: Company, client: Client) -> None:
    incident = make_incident(
        company, at=timezone.now(), description="<b>Nothing</b> moves.", just_before="Sent one.", who_is_hurt="Shops"
    )
    text = words(page(client, company.responder, incident))
    for sentence in (
        "Orders do not arrive",
        "Answer: can you take this?",
        "Who was told",
        "What comes next",
        "Who looks first",
        "Reporter reported it",
        "How it was rated",
        "Rules pinned",
        "&lt;b&gt;Nothing&lt;/b&gt; moves.",
        "Sent one.",
        "Shops",
    ):
        assert sentence in text


def test_looking_changes_nothing(company: Company, client: Client) -> None:
    incident = make_incident(company)
    client.force_login(company.responder)
    before = AuditEntry.objects.count(), TimelineEntry.objects.count()
    assert client.get(incident.get_absolute_url()).status_code == 200
    assert client.post(incident.get_absolute_url()).status_code == 405
    assert (AuditEntry.objects.count(), TimelineEntry.objects.count()) == before


def test_to_a_stranger_it_does_not_exist(company: Company, client: Client) -> None:
    incident = make_incident(company)
    for query in ({}, {"part": "status"}, {"part": "entries"}):
        assert page(client, company.outsider, incident, **query).status_code == 404
    client.logout()
    assert client.get(incident.get_absolute_url())["Location"].startswith(reverse("account_login"))


def test_the_reporter_sees_no_actions_that_are_not_theirs(company: Company, client: Client) -> None:
    html = page(client, company.reporter, make_incident(company)).content.decode()
    assert "/do/note/" in html
    assert "/do/resolve/" not in html
    assert "/do/acknowledge/" not in html


def test_an_unknown_workflow_is_named_as_such(company: Company, client: Client) -> None:
    incident = make_incident(company, workflow=None)
    assert "Not known yet" in words(page(client, company.responder, incident))


def test_the_number_of_queries_does_not_grow(company: Company, client: Client) -> None:
    incident, crowded = make_incident(company), make_incident(company, workflow=make_busy(company))
    timers.fire_due(at=later(400))
    fill(crowded, 200)
    counted = []
    for one in (incident, crowded):
        page(client, company.responder, one)
        with CaptureQueriesContext(connection) as queries:
            assert page(client, company.responder, one).status_code == 200
        counted.append(len(queries))
    assert counted[1] <= counted[0] + 1  # the cursor of the oldest page
    assert counted[0] <= 54


def make_busy(company: Company) -> Any:
    """A workflow whose team has many members."""
    for _number in range(10):
        join(make_person(), company.team, at=NOW)
    return make_workflow("busy", name="Busy", team=company.team, at=NOW)


# The timeline


def test_the_timeline_is_read_page_by_page(company: Company, client: Client) -> None:
    incident = make_incident(company)
    fill(incident, 120)
    first = page(client, company.responder, incident, only="notes")
    assert "Note no. 119." in words(first)
    assert "Note no. 70." in words(first)
    assert "Note no. 69." not in words(first)
    second = client.get(incident.get_absolute_url() + earlier(first, "Earlier 50"))
    assert "Note no. 69." in words(second)
    assert "Note no. 70." not in words(second)
    start = client.get(incident.get_absolute_url() + earlier(first, "Jump to start"))
    assert "Note no. 0." in words(start)
    assert "Reporter reported it" in words(start)
    assert "Earlier 50" not in words(start)


def earlier(response: Any, word: str) -> str:
    found = re.search(rf'href="([^"]*)">{word}</a>', response.content.decode())
    assert found is not None
    return found[1].replace("&amp;", "&").split("#")[0]


def test_filters_and_cursors_that_mean_nothing_are_left_out(company: Company, client: Client) -> None:
    incident = make_incident(company)
    for query in ({"only": "x"}, {"before": "x"}, {"before": "9" * 40}, {"part": "x"}, {"before": "²"}):
        response = page(client, company.responder, incident, **query)
        assert response.status_code == 200
        assert "Reporter reported it" in words(response)
    assert "Reporter reported it" not in words(page(client, company.responder, incident, only="decisions"))
