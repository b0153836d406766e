"""The triggers of the policy at work: what events open, hold back, raise, tell and capture (D17, D18)."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import Event, ImpactScore, Incident, Source
from incidents.reads import captured
from incidents.services import receive, silences, sources, triage
from portal import timers
from portal.models import Message
from tests import factories_governance as make
from tests.factories_governance import NOW, Company, make_company, make_workflow
from tests.factories_incidents import armed, fresh, later, make_incident, run_of, tick, told, verbs, violations

pytestmark = pytest.mark.django_db
Send = Callable[..., Event]
Rules = Callable[..., None]
numbers = itertools.count(1)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def rules(company: Company) -> Rules:
    """Publishes the company's policy with these triggers."""

    def publish(*rows: dict[str, Any]) -> None:
        triggers = [{"title": row["key"].capitalize(), **row} for row in rows]
        content = make.escalation_policy(leadership="leadership") | {"triggers": triggers}
        draft = make.make_draft(content, kind="escalation", key="company", by=company.admin)
        make.publish(draft, by=company.admin)

    return publish


def silence(company: Company, source: Source) -> None:
    until = later(60)
    silences.plan(source=source, starts_at=NOW, ends_at=until, reason="Upgrade", by=company.responder, at=NOW)


@pytest.fixture
def source(company: Company) -> Source:
    return sources.set_up(key="shop", format="generic", workflow=company.workflow, by=None, at=NOW)[0]


@pytest.fixture
def send(source: Source) -> Send:
    def sent(*, minute: float = 0, group: str = "orders", action: str = "trigger", **body: Any) -> Event:
        number = f"event-{next(numbers)}"
        title = body.pop("title", "Orders stopped")
        fields = {name: body.pop(name) for name in ("severity", "workflow_version", "components") if name in body}
        arrival = receive.Arrival(
            title=title, event_id=number, dedup_key=group, action=action, body=body, body_hash=number, **fields
        )
        receive.receive(source=source, arrival=arrival, at=later(minute))
        return Event.objects.get(event_id=number if action == "trigger" else f"{action}:{number}")

    return sent


COUNT = {"key": "many", "kind": "count", "count": 3, "minutes": 10}
QUEUE = {"key": "queue", "kind": "threshold", "fact": "details.queue", "value": "100", "severity": "sev2"}


def test_an_event_that_fits_no_trigger_opens_an_incident_as_ever(rules: Rules, send: Send) -> None:
    rules({"key": "disk", "kind": "event", "words": ["disk"]})
    event = send()
    assert (event.outcome, event.trigger) == ("opened", "")
    assert event.incident is not None and event.incident.trigger == ""
    assert "trigger" not in verbs(event.incident)


def test_events_are_held_back_until_they_are_enough_and_then_taken_in(rules: Rules, send: Send) -> None:
    rules(COUNT)
    first, second = send(minute=0), send(minute=4)
    assert [(event.outcome, event.incident, event.trigger) for event in (first, second)] == [
        ("counted", None, "many"),
        ("counted", None, "many"),
    ]
    assert second.group_reason == "Held back: Many: 2 of 3 in 10 minutes."
    assert not Incident.objects.exists() and not Message.objects.exists()
    third = send(minute=9)
    incident = Incident.objects.get()
    assert (third.outcome, third.incident, incident.trigger) == ("opened", incident, "many")
    assert incident.started_at == NOW
    for event in Event.objects.filter(pk__in=[first.pk, second.pk]):
        assert (event.outcome, event.incident) == ("joined", incident)
        assert event.group_reason == f"Counted until {incident.reference} opened: Many: 3 of 3 in 10 minutes."
    assert send(minute=10).outcome == "joined"
    assert violations() == []


def test_what_came_too_long_ago_or_to_another_group_does_not_count(rules: Rules, send: Send) -> None:
    rules(COUNT)
    outcomes = [send(minute=minute, group=group).outcome for minute, group in ((0, "a"), (1, "b"), (9, "a"), (10, "a"))]
    assert outcomes == ["counted"] * 4 and not Incident.objects.exists()


def test_counting_begins_anew_after_an_incident(rules: Rules, send: Send) -> None:
    rules(COUNT)
    for minute in range(3):
        send(minute=minute)
    send(minute=3, action="resolve")
    assert Incident.objects.get().state == "resolved"
    assert send(minute=4).outcome == "counted"


@pytest.mark.parametrize(("minutes", "opened"), [((1, 2), 0), ((1, 15, 30), 0), ((1, 2, 3, 40), 1)])
def test_the_end_of_a_silence_counts_as_if_there_had_been_none(
    company: Company, rules: Rules, source: Source, send: Send, minutes: tuple[int, ...], opened: int
) -> None:
    rules(COUNT)
    silence(company, source)
    for minute in minutes:
        send(minute=minute)
    tick(60)
    assert Incident.objects.filter(trigger="many").count() == Incident.objects.count() == opened
    assert set(Event.objects.values_list("outcome", flat=True)) == ({"silenced"} if opened else {"counted"})
    assert Event.objects.filter(incident=None).count() == (0 if opened else len(minutes))
    assert violations() == []


def test_what_came_at_the_end_of_a_silence_counts_afterwards(
    company: Company, rules: Rules, source: Source, send: Send
) -> None:
    rules(COUNT)
    silence(company, source)
    send(minute=57), send(minute=58)
    tick(60)
    assert not Incident.objects.exists()
    assert send(minute=61).outcome == "opened"
    assert Event.objects.filter(incident=None).count() == 0


def test_the_end_of_a_silence_judges_numbers(company: Company, rules: Rules, source: Source, send: Send) -> None:
    rules(QUEUE)
    silence(company, source)
    send(minute=1, details={"queue": 5})
    send(minute=1, group="late", details={"queue": 5})
    worse = send(minute=2, group="late", details={"queue": 500})
    tick(60)
    incident = Incident.objects.get()
    assert (incident.trigger, incident.severity, set(incident.events.values_list("group_key", flat=True))) == (
        "queue",
        "sev2",
        {"late"},
    )
    assert incident.started_at == worse.received_at
    assert Event.objects.get(group_key="orders").outcome == "counted"


def test_a_number_within_its_limit_is_held_back_and_one_beyond_opens_and_raises(rules: Rules, send: Send) -> None:
    rules(QUEUE)
    assert send(details={"queue": 100}).outcome == "counted"
    assert not Incident.objects.exists()
    event = send(minute=1, details={"queue": 101})
    assert event.incident is not None
    assert (event.outcome, event.incident.severity, event.incident.trigger) == ("opened", "sev2", "queue")
    score = ImpactScore.objects.get()
    assert (score.severity, score.reason) == ("sev2", "Queue: details.queue is 101, above 100.")
    entry = event.incident.timeline.get(verb="trigger")
    assert entry.data["before"] != "sev2" and entry.data["after"] == "sev2"


def test_a_trigger_never_lowers_the_severity(rules: Rules, send: Send) -> None:
    rules({"key": "any", "kind": "event", "severity": "sev4"})
    event = send(severity="sev1")
    assert event.incident is not None and event.incident.severity < "sev4"
    assert event.incident.timeline.get(verb="trigger").data["before"] == ""


def test_an_upstream_workflow_with_an_open_incident_is_named(company: Company, rules: Rules, send: Send) -> None:
    rules({"key": "upstream", "kind": "dependency", "captured": ["upstream"]})
    upstream = make_workflow(name="Customer base", team=company.team)
    make.make_dependency(upstream, company.workflow)
    assert send(group="before").trigger == ""
    cause = make_incident(company, workflow=upstream)
    event = send(minute=1, group="after")
    assert event.incident is not None and event.incident.trigger == "upstream"
    entry = event.incident.timeline.get(verb="trigger")
    assert entry.data["sentence"] == f"Upstream: Customer base has {cause.reference} open."
    assert entry.text_row.text == f"upstream: Customer base ({cause.reference})"


def test_the_targets_of_a_trigger_are_told_besides_the_ladder(company: Company, rules: Rules, send: Send) -> None:
    target = {"person": company.lead.email}
    rules({"key": "any", "kind": "event", "targets": [target], "captured": ["workflow_version", "details.order"]})
    event = send(workflow_version="7", details={"order": 12})
    incident = event.incident
    assert incident is not None
    assert told(incident) == ["Responder"]
    assert told(incident, event="incident.trigger") == ["Lead"]
    message = Message.objects.get(event="incident.trigger", channel="inbox")
    assert "captured" not in message.context  # confidential, and her methods are for what is internal
    assert incident.timeline.get(verb="trigger").text_row.text == "workflow_version: 7\ndetails.order: 12"
    assert incident.timeline.get(verb="trigger").data["people"] == ["Lead"]
    assert incident.participants.filter(user=company.lead, role="told").exists()
    assert violations() == []


def test_a_target_who_is_on_the_ladder_is_told_once(company: Company, rules: Rules, send: Send) -> None:
    rules({"key": "any", "kind": "event", "targets": [{"person": company.responder.email}]})
    incident = send().incident
    assert incident is not None
    assert (told(incident), told(incident, event="incident.trigger")) == (["Responder"], [])


def test_a_joining_event_raises_the_open_incident_and_tells_once(company: Company, rules: Rules, send: Send) -> None:
    rules({**QUEUE, "targets": [{"person": company.lead.email}]}, {"key": "any", "kind": "event"})
    incident = send().incident
    assert incident is not None and (incident.trigger, incident.severity) == ("any", "sev3")
    assert send(minute=1, details={"queue": 5}).outcome == "joined"
    event = send(minute=2, details={"queue": 500})
    assert (event.outcome, event.trigger) == ("joined", "queue")
    raised = fresh(incident)
    assert (raised.severity, raised.trigger, run_of(raised).severity) == ("sev2", "any", "sev2")
    assert told(raised, event="incident.trigger") == ["Lead"]
    send(minute=3, details={"queue": 600})
    assert told(raised, event="incident.trigger") == ["Lead"]
    assert verbs(raised).count("trigger") == 2 and verbs(raised).count("re_resolved") == 1
    assert violations() == []


def test_a_severity_that_a_person_confirmed_stays(company: Company, rules: Rules, send: Send) -> None:
    rules(QUEUE, {"key": "any", "kind": "event"})
    incident = send().incident
    assert incident is not None
    triage.confirm_severity(incident=incident, severity="sev4", by=company.responder, reason="Checked.", at=later(1))
    send(minute=2, details={"queue": 500})
    assert fresh(incident).severity == "sev4"
    assert verbs(incident).count("trigger") == 2


def test_a_missed_timebox_starts_anew_with_the_trigger_that_names_it(rules: Rules, send: Send) -> None:
    rules({**QUEUE, "timebox": "triage"}, {"key": "any", "kind": "event"})
    incident = send().incident
    assert incident is not None
    tick(minutes=16)
    assert "triage.timebox" not in armed(incident)
    send(minute=20, details={"queue": 500})
    assert armed(incident)["triage.timebox"] == later(35)


def test_a_missed_timebox_tells_the_people_of_its_trigger(company: Company, rules: Rules, send: Send) -> None:
    lead = {"person": company.lead.email}
    rules({"key": "late", "kind": "timebox", "timebox": "decision", "targets": [lead]})
    incident = send().incident
    assert incident is not None
    tick(minutes=16)
    assert "Lead" not in told(incident, event="incident.timebox")
    timers.fire_due(at=NOW + timedelta(minutes=61))
    late = [entry.data for entry in incident.timeline.filter(verb="timebox").order_by("id")]
    assert [(data["which"], data.get("title"), data.get("people")) for data in late] == [
        ("triage", None, None),
        ("decision", "Late", ["Lead"]),
    ]
    assert "Lead" in told(incident, event="incident.timebox")
    assert violations() == []


def test_the_page_names_the_trigger_what_it_captured_and_what_it_did_not_find(
    company: Company, rules: Rules, send: Send
) -> None:
    rules({**QUEUE, "captured": ["details.queue", "details.oldest"], "targets": [{"person": company.lead.email}]})
    incident = send(details={"queue": 500}).incident
    assert incident is not None
    client = Client()
    assert client.login(username=company.responder.email, password=make.PASSWORD)
    page = client.get(incident.get_absolute_url()).content.decode()
    for words in ("What set it off", "details.queue is 500, above 100.", "Told besides: Lead.", "from SEV3 to SEV2"):
        assert words in page, words
    assert "details.oldest" in page and "not said by the event" in page


def test_what_was_captured_is_said_in_words_and_by_the_clock_of_the_reader() -> None:
    text = "last_beat: 2026-03-01T23:30:00+00:00\ncomponents: Queue: orders\ndetails.at: 2026-03-01\nexpected: Tomorrow"
    with timezone.override("Europe/Berlin"):
        assert captured.pairs(text) == [
            ("Last sign of life", "2 Mar, 00:30"),
            ("Parts concerned", "Queue: orders"),
            ("details.at", "2026-03-01"),
            ("Expected", "Tomorrow"),
        ]


def test_what_a_trigger_captured_is_escaped_and_redacted(company: Company, rules: Rules, source: Source) -> None:
    rules({"key": "any", "kind": "event", "captured": ["note", "details.password"]})
    secrets = sources.set_up(key="hostile", format="generic", workflow=company.workflow, by=None, at=NOW)[1]
    body = {"title": "Down", "note": "<script>alert(1)</script>", "details": {"password": "hunter2hunter2"}}
    headers = {"Authorization": f"Bearer {secrets.token}"}
    answer = Client().post("/api/v1/intake/hostile", body, "application/json", headers=headers)
    assert answer.status_code == 202
    incident = Incident.objects.get()
    client = Client()
    assert client.login(username=company.responder.email, password=make.PASSWORD)
    page = client.get(incident.get_absolute_url()).content.decode()
    assert "<script>alert" not in page and "hunter2" not in page and "&lt;script&gt;" in page


def test_the_judgement_of_an_event_costs_no_further_question(company: Company, rules: Rules, send: Send) -> None:
    send(group="warm")

    def cost(minute: float, group: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            send(minute=minute, group=group)
        return len(seen)

    before = [cost(minute, "plain") for minute in (1, 2, 3)]
    rules({"key": "any", "kind": "event", "severity": "sev2"})
    send(group="warmer")
    after = [cost(minute, "judged") for minute in (4, 5, 6)]
    assert after == before
