"""People's own rules in an escalation: whoever answers ends them, and an outage does not flood anybody (I6, D29)."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from incidents.services import escalation, incidents, joining
from portal import audit, channels, delivery, links, roles, timers
from portal.models import ContactMethod, Message, Timer, User
from tests.factories_governance import NOW, Company, make_person
from tests.factories_incidents import later, make_incident, run_of, tick, violations

pytestmark = pytest.mark.django_db
SENT = channels.Outcome("sent", "250 ok")


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    timers.storm.began = None
    yield
    timers.storm.began = None


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[channels.Envelope]:
    handed: list[channels.Envelope] = []

    def send(envelope: channels.Envelope, *, deadline: float) -> channels.Outcome:
        handed.append(envelope)
        return SENT

    for name in ("email", "webhook", "sms"):
        monkeypatch.setitem(delivery.SENDERS, name, send)
    return handed


def give_phone(user: User, wait_minutes: int = 5) -> None:
    """`user` wants a text message when the e-mail is not answered in so many minutes."""
    with audit.action(actor=user, reason="test", at=NOW):
        first = ContactMethod.objects.get(user=user)
        first.wait_minutes = wait_minutes
        first.save(update_fields=["wait_minutes"])
        ContactMethod(user=user, channel="sms", address="json: phone", order=9, verified_at=NOW).save()


def deliver(at: datetime) -> None:
    for lane in ("urgent", "routine"):
        delivery.sweep(lane=lane, at=at, grace=timedelta(), worker="s", seconds=60)


def test_the_phone_rings_when_nobody_answers_the_mail(company: Company, sent: Any) -> None:
    give_phone(company.responder)
    incident = make_incident(company)
    deliver(later(4))
    assert [envelope.event for envelope in sent if envelope.address == "json: phone"] == []
    deliver(later(5))
    (call,) = [envelope for envelope in sent if envelope.address == "json: phone"]
    assert incident.reference in call.subject
    assert incident.title not in call.subject + call.short + call.text  # a text message carries public facts only
    assert violations() == []


@pytest.mark.parametrize("how", ["answer", "resolve"])
def test_an_answer_ends_what_waits_in_its_own_transaction(company: Company, sent: Any, how: str) -> None:
    give_phone(company.responder)
    incident = make_incident(company)
    deliver(later(1))
    before = len(sent)
    if how == "answer":
        escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(2))
        reason = f"{company.responder} has answered"
    else:
        incidents.decline(incident=incident, by=company.responder, reason="a test", at=later(2))
        reason = "the incident is over"
    waiting = Message.objects.get(subject_id=incident.pk, step=1)
    assert (waiting.state, waiting.reason) == ("suppressed", reason)
    deliver(later(30))
    assert [envelope for envelope in sent[before:] if envelope.event == "incident.level"] == []
    assert violations() == []


def test_a_way_that_slips_past_the_answer_is_stopped_at_the_claim(company: Company, sent: Any) -> None:
    give_phone(company.responder)
    incident = make_incident(company)
    deliver(later(1))
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(2))
    Message.objects.filter(subject_id=incident.pk, step=1).update(state="pending")  # as written a moment too late
    before = len(sent)
    deliver(later(6))
    assert Message.objects.get(subject_id=incident.pk, step=1).state == "suppressed"
    assert [envelope for envelope in sent[before:] if envelope.event == "incident.level"] == []


def test_who_opens_the_link_is_not_called_on_the_next_way_but_a_filter_that_fetches_it_is(
    company: Company, sent: Any, client: Any
) -> None:
    give_phone(company.responder)
    incident = make_incident(company)
    message = Message.objects.get(subject_id=incident.pk, channel="email", recipient=company.responder)
    path = reverse("one-time", args=[links.make(message, company.responder.pk, "acknowledge", 1)])
    assert client.get(path).status_code == 200
    assert Message.objects.get(subject_id=incident.pk, step=1).state == "pending"
    assert client.post(path, {"seen": "1"}).status_code == 204
    assert Message.objects.get(subject_id=incident.pk, step=1).reason == "the link was opened"
    assert run_of(incident).acknowledged_by is None


def test_who_is_called_after_the_answer_is_asked_something_new(company: Company, sent: Any) -> None:
    incident = make_incident(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    escalation.escalate_now(run=run_of(incident), by=company.responder, reason="I need help", at=later(2))
    deliver(later(2))
    assert [envelope.event for envelope in sent].count("incident.level") >= 1


@pytest.mark.parametrize("how", ["answer", "end"])
def test_an_answer_does_not_end_what_is_told_of_a_missed_timebox(company: Company, sent: Any, how: str) -> None:
    incident = make_incident(company)
    tick(20)
    assert Message.objects.filter(subject_id=incident.pk, event="incident.timebox", state="pending").exists()
    if how == "answer":
        escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(21))
    else:
        incidents.decline(incident=incident, by=company.responder, reason="a test", at=later(21))
    deliver(later(22))
    assert ("incident.timebox" in [envelope.event for envelope in sent]) == (how == "answer")
    assert violations() == []


@pytest.mark.parametrize("joins", [False, True])
def test_who_is_invited_is_called_on_the_next_way_until_they_come(company: Company, sent: Any, joins: bool) -> None:
    expert = make_person("expert", role=roles.RESPONDER)
    give_phone(expert)
    incident = make_incident(company)
    joining.invite(incident=incident, to=expert, reason="Knows the shop", by=company.responder, at=later(1))
    deliver(later(1))
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(2))
    if joins:
        incidents.join(incident=incident, by=expert, at=later(3))
    deliver(later(7))
    calls = [envelope.event for envelope in sent if envelope.address == "json: phone"]
    assert calls == ([] if joins else ["incident.invited"])
    assert violations() == []


def test_after_an_outage_each_person_gets_one_message_on_each_channel_in_the_first_minute(
    company: Company, sent: Any
) -> None:
    reports = [make_incident(company) for _ in range(30)]
    deliver(later(0, 1))
    late = later(180)
    due = Timer.objects.filter(state="armed", kind="escalation.step").count()
    assert due == 30
    sent.clear()
    done = timers.fire_due(at=late)
    assert done.count >= 30
    for second in range(0, 61, 3):
        timers.fire_due(at=late + timedelta(seconds=second))
        deliver(late + timedelta(seconds=second))
    arrived = Counter(envelope.address for envelope in sent)
    assert set(arrived.values()) == {1}, arrived
    for minute in range(2, 12):
        deliver(late + timedelta(minutes=minute))
    left = Message.objects.filter(state__in=["pending", "sending"], due_at__lte=late + timedelta(minutes=5))
    assert not left.exists()
    told = Message.objects.filter(event="incident.level", subject_id__in=[item.pk for item in reports], created_at=late)
    assert told.filter(channel="inbox").count() >= 30
    assert set(told.exclude(channel="inbox").values_list("state", flat=True)) <= {"bundled", "sent"}
    assert violations() == []


def test_a_few_overdue_timers_are_no_storm(company: Company, sent: Any) -> None:
    make_incident(company)
    tick(180)
    assert timers.storm.began is None
    deliver(later(180))
    assert {envelope.event for envelope in sent} >= {"incident.level"}
