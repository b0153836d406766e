"""What the portal says about itself, and what it answers when its database is away (P8, P21)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import timezone

from portal import channels, delivery, middleware, outbox, timers
from portal.audit import notes, sequence
from portal.models import AuditEntry, Heartbeat, Message, Timer
from portal.reads import health
from portal.services import people
from tests.portal.kernel import NOW, make_operator, make_user
from tests.portal.ledger import book

pytestmark = pytest.mark.django_db


def test_a_clock_that_never_ran_or_stopped_for_30_seconds_is_stale() -> None:
    assert health.stale_clock(at=NOW) == health.Stale(None)
    timers.beat("clock", at=NOW)
    assert health.stale_clock(at=NOW + timedelta(seconds=30)) is None
    assert health.stale_clock(at=NOW + timedelta(seconds=31)) == health.Stale(NOW)


def test_a_heartbeat_is_one_row_however_often_it_beats() -> None:
    timers.beat("clock", at=NOW)
    timers.beat("clock", at=NOW + timedelta(seconds=1), detail={"worker": "w"})
    assert list(Heartbeat.objects.values_list("process", "at")) == [("clock", NOW + timedelta(seconds=1))]


def test_the_banner_costs_one_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        health.stale_clock(at=NOW)


def test_healthz_says_what_is_wrong(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["The clock has never run: no escalation moves."]
    timers.beat("clock", at=timezone.now())
    assert client.get("/healthz").json()["ok"] is True
    timers.schedule(kind="t.x", subject=make_user(), due_at=timezone.now() - timedelta(minutes=5), at=NOW)
    assert client.get("/healthz").status_code == 503
    Timer.objects.update(state="parked", ended_at=NOW)
    assert client.get("/healthz").json()["parked_timers"] == 1


def make_dead_letter(at: datetime) -> Message:
    """Given up at `at`; the operators are told."""
    anna = make_user()
    words = {"address": "x", "channel": "email"}
    outbox.enqueue(event="contact.test", subject=anna, to=[anna], key="k", context=words, at=at)
    (claimed,) = delivery.claim(limit=1, at=at, worker="w")
    assert delivery.record(claimed, channels.Outcome(channels.REFUSED, "550 no such mailbox"), at=at)
    return Message.objects.get(state="dead")


def test_a_dead_letter_is_a_problem_for_an_hour_and_a_figure_for_a_day() -> None:
    make_dead_letter(NOW)
    timers.beat("clock", at=NOW)
    words = "1 messages could not be delivered in the last hour, and no operator has read the alert in the portal."
    assert health.status(at=NOW).problems == [words]
    timers.beat("clock", at=NOW + timedelta(hours=1))
    later = health.status(at=NOW + timedelta(hours=1))
    assert (later.is_well, later.dead, later.unhandled) == (True, 1, 0)
    assert health.status(at=NOW + timedelta(hours=24)).dead == 0


def test_a_dead_letter_is_handled_when_an_operator_has_read_the_alert() -> None:
    operator, other = make_operator(), make_operator()
    letter = make_dead_letter(NOW)
    alert = Message.objects.filter(event="operator.alert", subject_id=letter.pk, channel="inbox")
    assert {message.recipient for message in alert} == {operator, other}
    assert health.status(at=NOW).unhandled == 1
    people.mark_read(messages=alert.filter(recipient=operator), at=NOW)
    found = health.status(at=NOW)
    assert (found.unhandled, found.dead) == (0, 1)


def test_the_other_doors_for_machines(client: Client) -> None:
    assert client.get("/livez").content == b"ok\n"
    assert client.get("/readyz").status_code == 200
    text = client.get("/metrics").content.decode()
    assert "portal_database_up 1.0" in text
    assert 'portal_messages_pending{lane="urgent"} 0.0' in text
    assert client.post("/healthz").status_code == 405


def test_every_answer_carries_a_request_id_and_keeps_a_given_one(client: Client) -> None:
    assert len(client.get("/livez").headers["X-Request-ID"]) == 36
    assert client.get("/livez", headers={"X-Request-ID": "abc-12345678"}).headers["X-Request-ID"] == "abc-12345678"
    assert client.get("/livez", headers={"X-Request-ID": "<script>alert"}).headers["X-Request-ID"] != "<script>alert"


@pytest.mark.parametrize("path", ["/api/v1/intake/x", "/incidents/"])
def test_without_its_database_the_portal_answers_503_and_asks_to_come_back(path: str) -> None:
    guard = middleware.DatabaseDownMiddleware(lambda request: None)  # type: ignore[arg-type, return-value]
    request = RequestFactory().get(path)
    answer = guard.process_exception(request, OperationalError("gone"))
    assert answer is not None
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert guard.process_exception(request, ValueError("ours")) is None


def test_healthz_and_metrics_say_how_far_the_ledger_is_sealed(client: Client) -> None:
    signer, sequencer = notes.Signer.generate(book.NAME), sequence.Sequencer()
    book.write(3)
    book.seal(signer, sequencer)
    size = AuditEntry.objects.count()
    answer = client.get("/healthz").json()
    assert (answer["ledger_size"], answer["ledger_unsealed_seconds"]) == (size, 0.0)
    book.write(1)
    answer = client.get("/healthz").json()
    assert answer["ledger_size"] == size and answer["ledger_unsealed_seconds"] > 0
    figures = client.get("/metrics").content.decode()
    assert f"portal_ledger_size {size}.0" in figures
    (waits,) = [line for line in figures.splitlines() if line.startswith("portal_ledger_unsealed_seconds ")]
    assert float(waits.split()[1]) > 0
