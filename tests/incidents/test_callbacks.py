"""The answer reaches the flow that waits: signed, once where the outcome is clear, marked where it is not, or told."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import TestCase
from django.utils import timezone

from incidents.models import CallbackAttempt, DecisionCallback, DecisionRequest
from incidents.services import callbacks
from incidents.tasks import call_back
from portal import audit, channels, hints, secrets
from portal.celery import app
from portal.models import AuditEntry, Message
from tests.factories_governance import Company
from tests.factories_incidents import make_incident, verbs
from tests.faults.sinks import free_port
from tests.incidents import decided
from tests.incidents.decided import Flow, make_decided, make_source, sweep

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True


@pytest.fixture
def flow() -> Iterator[Flow]:
    with decided.flow() as found:
        yield found


@pytest.fixture
def now() -> datetime:
    """A signature counts for five minutes, so these tests live in the present."""
    return timezone.now()


def now_of(callback: DecisionCallback | None) -> DecisionCallback:
    assert callback is not None
    return DecisionCallback.objects.get(pk=callback.pk)


def results() -> list[str]:
    return list(CallbackAttempt.objects.order_by("id").values_list("result", flat=True))


def test_a_flow_gets_a_plain_signed_answer_and_goes_on(company: Company, flow: Flow, now: datetime) -> None:
    source, fresh = make_source()
    flow.secret = fresh.signing
    callback = now_of(make_decided(company, source, flow.url, at=now))
    assert call_back([str(callback.pk)]) == 1
    row = now_of(callback)
    assert (row.state, row.tries, row.token, row.reason) == ("sent", 1, None, "")
    (message,) = flow.got
    assert message | {"decided_at": "", "timestamp": ""} == {
        "id": str(callback.pk),
        "type": "decision.decided",
        "timestamp": "",
        "possible_duplicate": False,
        "decision": callback.record.request.reference,
        "url": f"http://testserver/decisions/{callback.record.request.reference}/",
        "key": "msg-0",
        "msgid": "msg-0",
        "incident": None,
        "number": 1,
        "outcome": "decided",
        "choice": "pay",
        "choice_title": "Pay the invoice",
        "question": "Pay the invoice INV-9?",
        "rationale": "The supplier delivered.",
        "decided_by": "team",
        "risk": "medium",
        "decided_at": "",
    }
    assert flow.went_on == {str(callback.pk): "pay"}
    assert company.lead.name not in str(message)
    assert (results(), sweep(now + timedelta(hours=1))) == (["sent"], 0)


@pytest.mark.parametrize("outcome", ["denied", "held"])
def test_time_that_ran_out_is_told_as_what_it_is(company: Company, flow: Flow, now: datetime, outcome: str) -> None:
    make_decided(company, make_source()[0], flow.url, at=now, outcome=outcome)
    assert sweep(now) == 1
    (message,) = flow.got
    assert (message["type"], message["choice"], message["decided_by"]) == (f"decision.{outcome}", None, None)


def test_words_of_a_confidential_decision_do_not_leave(company: Company, flow: Flow, now: datetime) -> None:
    make_decided(company, make_source()[0], flow.url, at=now, data_class="confidential")
    sweep(now)
    (message,) = flow.got
    assert (message["choice"], message["outcome"]) == ("pay", "decided")
    assert [message[name] for name in ("question", "rationale", "choice_title")] == [None, None, None]


def test_no_address_means_that_the_flow_asks_itself(company: Company, now: datetime) -> None:
    assert make_decided(company, make_source()[0], "", at=now) is None
    assert not DecisionCallback.objects.exists()


def test_a_receiver_that_is_down_for_an_hour_gets_one_answer(company: Company, flow: Flow, now: datetime) -> None:
    down = f"http://127.0.0.1:{free_port()}/answers"
    callback = now_of(make_decided(company, make_source()[0], down, at=now))
    at = now
    while at < now + timedelta(hours=1):
        assert sweep(at) == 1
        row = now_of(callback)
        assert (row.state, row.maybe_duplicate) == ("pending", False)
        assert timedelta() < row.due_at - at <= timedelta(seconds=callbacks.BACKOFF[1] * 1.5)
        assert sweep(row.due_at - SECOND) == 0
        at = row.due_at
    DecisionCallback.objects.update(address=flow.url)  # it is back
    assert (sweep(at), sweep(at + timedelta(days=1))) == (1, 0)
    assert now_of(callback).state == "sent"
    assert [message["possible_duplicate"] for message in flow.got] == [False]
    assert set(results()[:-1]) == {"retry"} and 8 <= len(results()) <= 40


def test_it_is_tried_for_at_least_a_day_and_then_told(company: Company, now: datetime) -> None:
    incident = make_incident(company)
    down = f"http://127.0.0.1:{free_port()}/answers"
    callback = now_of(make_decided(company, make_source()[0], down, at=now, incident=incident))
    assert callback.deadline_at - now >= timedelta(days=1)
    DecisionCallback.objects.update(due_at=callback.deadline_at - SECOND)
    assert sweep(callback.deadline_at - SECOND) == 1
    assert now_of(callback).state == "pending"
    assert sweep(callback.deadline_at) == 0
    row = now_of(callback)
    assert (row.state, row.ended_at, row.reason) == ("dead", callback.deadline_at, "ConnectionError")
    entry = AuditEntry.objects.get(verb="decision.callback_dead")
    assert entry.target_id == str(row.record.request_id)
    assert verbs(incident)[-1] == "callback_dead"
    told = Message.objects.filter(event="operator.alert", subject_id=row.record.request_id).first()
    assert told is not None
    assert "callback_dead" in str(told.context) and row.record.request.reference in str(told.context)


@pytest.mark.parametrize(("status", "state"), [(400, "dead"), (404, "dead"), (302, "dead"), (408, "pending")])
def test_a_certain_refusal_is_final(company: Company, flow: Flow, now: datetime, status: int, state: str) -> None:
    callback = make_decided(company, make_source()[0], flow.url, at=now)
    flow.status = status
    assert sweep(now) == 1
    assert now_of(callback).state == state


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_receiver_in_trouble_is_asked_again(company: Company, flow: Flow, now: datetime, status: int) -> None:
    callback = make_decided(company, make_source()[0], flow.url, at=now)
    flow.status = status
    assert sweep(now) == 1
    row = now_of(callback)
    assert (row.state, row.maybe_duplicate) == ("pending", False)
    flow.status = 200
    assert sweep(row.due_at) == 1
    assert now_of(callback).state == "sent"


def test_an_unclear_outcome_is_sent_again_under_the_same_id(company: Company, flow: Flow, now: datetime) -> None:
    callback = now_of(make_decided(company, make_source()[0], flow.url, at=now))
    flow.drop = True
    sweep(now)
    row = now_of(callback)
    assert (row.state, row.maybe_duplicate) == ("pending", True)
    flow.drop = False
    sweep(row.due_at)
    assert [(message["id"], message["possible_duplicate"]) for message in flow.got] == [
        (str(callback.pk), False),
        (str(callback.pk), True),
    ]
    assert flow.went_on == {str(callback.pk): "pay"}  # the flow tells repeats by the id
    assert results() == ["unknown", "sent"]


def test_a_worker_that_dies_between_send_and_record(company: Company, flow: Flow, now: datetime) -> None:
    callback = now_of(make_decided(company, make_source()[0], flow.url, at=now))
    died = callbacks.claim(at=now)
    assert died is not None and callbacks.transmit(died).result == channels.SENT
    assert callbacks.claim(at=now + 29 * SECOND) is None
    assert sweep(now + 31 * SECOND) == 1
    assert [message["possible_duplicate"] for message in flow.got] == [False, True]
    assert now_of(callback).state == "sent"
    assert callbacks.record(died, channels.Outcome(channels.REFUSED), at=now + 40 * SECOND) is False
    assert (now_of(callback).state, results()) == ("sent", ["unknown", "sent"])


def test_a_later_answer_takes_the_place_of_one_on_its_way(company: Company, flow: Flow, now: datetime) -> None:
    first = now_of(make_decided(company, make_source()[0], flow.url, at=now))
    with audit.action(actor=company.lead, reason="tie-breaker", at=now) as action:
        request = first.record.request
        decided.decide(request, company, at=now, action=action, number=2, choice="reject")
    assert sweep(now) == 1
    assert (now_of(first).state, now_of(first).reason) == ("dead", callbacks.OVERTAKEN)
    assert [(message["number"], message["choice"]) for message in flow.got] == [(2, "reject")]
    assert not AuditEntry.objects.filter(verb="decision.callback_dead").exists()


def test_an_address_inside_is_never_called(company: Company, settings: Any, flow: Flow, now: datetime) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = False
    callback = make_decided(company, make_source()[0], flow.url, at=now)
    sweep(now)
    assert (now_of(callback).state, flow.got) == ("dead", [])


def test_without_its_source_nothing_is_sent_unsigned(company: Company, flow: Flow, now: datetime) -> None:
    source, _fresh = make_source()
    callback = make_decided(company, source, flow.url, at=now)
    with audit.action(actor=None, actor_label="test", reason="switched off", at=now):
        source.is_active = False
        source.save()
    sweep(now)
    assert (now_of(callback).state, flow.got) == ("dead", [])


def test_the_clock_sends_what_no_worker_took(company: Company, flow: Flow, now: datetime) -> None:
    make_decided(company, make_source()[0], flow.url, at=now)
    call_command("clock", "--once", stdout=StringIO())
    assert len(flow.got) == 1


def test_a_promise_of_the_same_record_is_one(company: Company, flow: Flow, now: datetime) -> None:
    callback = now_of(make_decided(company, make_source()[0], flow.url, at=now))
    again = callbacks.promise(callback.record.request, callback.record, at=now)
    assert again is not None and again.pk == callback.pk


def test_a_forged_answer_is_refused_by_the_flow(company: Company, flow: Flow, now: datetime) -> None:
    source, _fresh = make_source()
    flow.secret = secrets.signing_secret()  # of somebody else
    callback = make_decided(company, source, flow.url, at=now)
    sweep(now)
    assert (flow.forged, flow.got, now_of(callback).state) == (1, [], "dead")


def test_what_is_contested_waits_until_it_stands(company: Company, flow: Flow, now: datetime) -> None:
    callback = now_of(make_decided(company, make_source()[0], flow.url, at=now))
    DecisionRequest.objects.update(state="contested", ended_at=None)
    assert (sweep(now), flow.got) == (0, [])
    row = now_of(callback)
    assert (row.state, row.tries) == ("pending", 0) and row.due_at > now
    DecisionRequest.objects.update(state="decided", ended_at=now)
    assert sweep(row.due_at) == 1
    assert flow.went_on == {str(callback.pk): "pay"}


def test_workers_know_the_task_and_are_told_of_it(
    company: Company, flow: Flow, now: datetime, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    app.loader.import_default_modules()
    assert callbacks.TASK in app.tasks
    told: list[tuple[list[str], str, str]] = []
    settings.REDIS_URL = "redis://nobody"
    monkeypatch.setattr(hints, "_send", lambda pks, lane, task: told.append((pks, lane, task)))
    with TestCase.captureOnCommitCallbacks(execute=True):
        callback = now_of(make_decided(company, make_source()[0], flow.url, at=now))
    assert ([str(callback.pk)], "urgent", callbacks.TASK) in told
