"""The only state machine of messages: claimed once, sent, recorded; doubtful ones are marked; dead ones told (P7)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from portal import channels, delivery, outbox, outcomes, registry
from portal.models import Attempt, AuditEntry, Message
from tests.portal.kernel import NOW, deactivate, make_operator, make_user, states

pytestmark = pytest.mark.django_db

EVENT = "operator.alert"  # an event whose templates exist
WORDS = {"what": "message_dead", "event": "e", "recipient": "r", "channel": "c", "reason": "x"}
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def event() -> Iterator[None]:
    registry.event_types.add("t.news", News("t.news", "urgent", dict.fromkeys(WORDS, "internal")))
    yield
    del registry.event_types._entries["t.news"]


class News(outbox.EventType):
    templates = "notifications/operator_alert"


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[channels.Envelope]]]:
    """Let a channel answer what the test wants; returns the envelopes that it was handed."""

    def answers(name: str, *outcomes: channels.Outcome) -> list[channels.Envelope]:
        handed: list[channels.Envelope] = []
        left = list(outcomes)

        def send(envelope: channels.Envelope, *, deadline: float) -> channels.Outcome:
            assert not connection.in_atomic_block or len(connection.savepoint_ids) == 0
            handed.append(envelope)
            return left.pop(0) if len(left) > 1 else left[0]

        monkeypatch.setitem(delivery.SENDERS, name, send)
        return handed

    yield answers


def make_message(user: Any = None, **changes: Any) -> Message:
    """A pending message on the person's first method."""
    user = user or make_user()
    known = {"event": "t.news", "subject": user, "to": [user], "key": "k", "context": WORDS, "at": NOW}
    return outbox.enqueue(**(known | changes))[1]


def reload(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


SENT = channels.Outcome("sent", "250 ok")
REFUSED = channels.Outcome("refused", "550 no such user")
RETRY = channels.Outcome("retry", "connection refused")
UNKNOWN = channels.Outcome("unknown", "no answer")


def test_a_claim_writes_lease_token_and_attempt_before_anything_is_sent() -> None:
    message = make_message()
    (claimed,) = delivery.claim(limit=10, at=NOW, worker="w")
    row = reload(message)
    assert (row.state, row.token, row.lease_until, row.tries) == ("sending", claimed.token, NOW + delivery.LEASE, 1)
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.ended_at, attempt.worker, attempt.address) == (1, None, "w", row.method.address)
    assert delivery.claim(limit=10, at=NOW, worker="other") == []


def test_a_hinted_message_is_sent_and_the_attempt_is_closed(channel: Any) -> None:
    handed = channel("email", SENT)
    message = make_message()
    assert delivery.work([str(message.pk)], at=NOW) == 1
    row, attempt = reload(message), Attempt.objects.get()
    assert (row.state, row.sent_at, row.delivered_at, row.token) == ("sent", NOW, None, None)
    assert (attempt.result, attempt.detail, attempt.ended_at, len(attempt.digest)) == ("sent", "250 ok", NOW, 64)
    assert handed[0].message_id == str(message.pk)
    assert delivery.work([str(message.pk)], at=NOW) == 0


def test_a_confirmed_message_is_delivered(channel: Any) -> None:
    channel("webhook", channels.Outcome("sent", "HTTP 200", confirmed=True))
    message = make_message(make_user(methods=[("webhook", "https://hooks.example.com/a")]))
    delivery.work([message.pk], at=NOW)
    assert (reload(message).state, reload(message).delivered_at) == ("delivered", NOW)


def test_an_unknown_outcome_is_sent_again_under_the_same_id_and_marked(channel: Any) -> None:
    handed = channel("email", UNKNOWN, SENT)
    message = make_message()
    delivery.work([message.pk], at=NOW)
    row = reload(message)
    assert (row.state, row.maybe_duplicate) == ("pending", True)
    assert NOW < row.due_at <= NOW + 8 * SECOND
    assert delivery.sweep(lane="urgent", at=NOW + timedelta(minutes=1), worker="s") == 1
    assert reload(message).state == "sent"
    assert [e.message_id for e in handed] == [str(message.pk)] * 2
    assert [e.possible_duplicate for e in handed] == [False, True]
    assert list(Attempt.objects.order_by("number").values_list("result", "maybe_duplicate")) == [
        ("unknown", False),
        ("sent", True),
    ]


def test_after_an_unclear_outcome_the_rest_of_a_task_is_left_untouched(channel: Any) -> None:
    channel("email", UNKNOWN)
    messages = [make_message(key=f"k{n}") for n in range(3)]
    assert delivery.work([m.pk for m in messages], at=NOW) == 1
    assert [reload(m).tries for m in messages] == [1, 0, 0]


def test_a_worker_that_never_comes_back_leaves_a_possible_duplicate(channel: Any) -> None:
    handed = channel("email", SENT)
    message = make_message()
    delivery.claim(limit=1, at=NOW, worker="dead")
    assert delivery.sweep(lane="urgent", at=NOW + 20 * SECOND) == 0
    assert delivery.sweep(lane="urgent", at=NOW + 31 * SECOND) == 1
    assert handed[0].possible_duplicate
    assert list(Attempt.objects.order_by("number").values_list("result", "maybe_duplicate")) == [
        ("unknown", False),
        ("sent", True),
    ]
    assert reload(message).state == "sent"


def test_a_lost_lease_changes_nothing() -> None:
    message = make_message()
    (slow,) = delivery.claim(limit=1, at=NOW, worker="slow")
    (fast,) = delivery.claim(limit=1, at=NOW + 31 * SECOND, worker="fast")
    before = Message.objects.values().get(pk=message.pk)
    attempts = list(Attempt.objects.order_by("id").values())
    assert delivery.record(slow, SENT, at=NOW + 32 * SECOND) is False
    assert delivery.record(slow, REFUSED, at=NOW + 32 * SECOND) is False
    assert Message.objects.values().get(pk=message.pk) == before
    assert list(Attempt.objects.order_by("id").values()) == attempts
    assert delivery.record(fast, SENT, at=NOW + 33 * SECOND) is True
    assert delivery.record(fast, REFUSED, at=NOW + 34 * SECOND) is False
    assert reload(message).state == "sent"


def test_a_certain_refusal_goes_on_to_the_next_method(channel: Any) -> None:
    channel("email", REFUSED)
    user = make_user(methods=[("email", "old@example.com"), ("webhook", "https://hooks.example.com/a")])
    message = make_message(user)
    delivery.work([message.pk], at=NOW)
    assert (reload(message).state, reload(message).reason) == ("failed", "550 no such user")
    other = Message.objects.get(fallback_of=message)
    assert (other.channel, other.state, other.data_class) == ("webhook", "pending", "internal")
    assert other.recipient_id == user.pk
    assert AuditEntry.objects.filter(verb="message.died").count() == 0


def test_without_another_method_it_is_dead_and_the_operators_are_told(channel: Any) -> None:
    channel("email", REFUSED)
    operator = make_operator()
    message = make_message()
    delivery.work([message.pk], at=NOW)
    assert reload(message).state == "dead"
    alerts = Message.objects.filter(event="operator.alert")
    assert {(a.recipient_id, a.channel, a.state) for a in alerts} == {
        (operator.pk, "inbox", "delivered"),
        (operator.pk, "email", "pending"),
    }
    assert AuditEntry.objects.filter(verb="message.died", target_id=str(message.pk)).count() == 1


def test_a_dead_alert_does_not_alert_again(channel: Any) -> None:
    channel("email", REFUSED)
    make_operator()
    message = make_message()
    delivery.work([message.pk], at=NOW)
    alert = Message.objects.get(event="operator.alert", channel="email")
    count = Message.objects.count()
    delivery.work([alert.pk], at=NOW)
    assert reload(alert).state == "dead"
    assert Message.objects.count() == count


def test_news_about_one_method_goes_to_no_other(channel: Any) -> None:
    channel("email", REFUSED)
    user = make_user(methods=[("email", "new@example.com"), ("email", "proved@example.com")])
    message = make_message(user, subject=user.contact_methods.get(address="new@example.com"))
    delivery.work([message.pk], at=NOW)
    assert reload(message).state == "dead"
    assert Message.objects.filter(fallback_of=message).count() == 0


@pytest.mark.parametrize("lost", [1, 2])
def test_a_known_outcome_is_kept_when_the_database_is_lost_for_a_moment(
    channel: Any, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    handed = channel("email", SENT)
    message = make_message()
    (claimed,) = delivery.claim(limit=1, at=NOW, worker="w")
    real, failures = delivery.record, [OperationalError("gone")] * lost

    def flaky(*args: Any, **kwargs: Any) -> bool:
        if failures:
            raise failures.pop()
        return real(*args, **kwargs)

    monkeypatch.setattr(delivery, "record", flaky)
    monkeypatch.setattr(delivery, "RECORD_AGAIN", (0.0, 0.0))
    monkeypatch.setattr(delivery, "connection", type("C", (), {"in_atomic_block": False, "close": lambda self: None})())
    assert delivery.deliver(claimed, at=NOW) == "sent"
    assert (reload(message).state, reload(message).maybe_duplicate, len(handed)) == ("sent", False, 1)


def test_every_method_is_tried_once_and_then_it_is_dead(channel: Any) -> None:
    channel("email", REFUSED)
    user = make_user(methods=[("email", "a@example.com"), ("email", "b@example.com"), ("email", "c@example.com")])
    make_message(user)
    for second in range(5):
        delivery.sweep(lane="urgent", at=NOW + (10 + 4 * second) * SECOND, worker="s")
    assert states() == [("inbox", "delivered"), ("email", "failed"), ("email", "failed"), ("email", "dead")]
    assert set(Attempt.objects.values_list("address", flat=True)) == {"a@example.com", "b@example.com", "c@example.com"}


def test_not_now_is_tried_again_until_the_deadline_and_then_it_is_dead(channel: Any) -> None:
    channel("email", RETRY)
    message = make_message()
    at = NOW
    while reload(message).state == "pending" and at < NOW + timedelta(hours=2):
        at += 30 * SECOND
        delivery.sweep(lane="urgent", at=at, worker="s")
    row = reload(message)
    assert (row.state, row.reason, row.maybe_duplicate) == ("dead", "connection refused", False)
    assert row.deadline_at <= at <= row.deadline_at + 60 * SECOND
    assert row.tries > 20


def test_a_method_that_stays_silent_is_left_for_the_next_one(channel: Any) -> None:
    channel("email", RETRY)
    user = make_user(methods=[("email", "a@example.com"), ("webhook", "https://hooks.example.com/a")])
    message = make_message(user)
    for minute in range(1, 8):
        delivery.sweep(lane="urgent", at=NOW + timedelta(minutes=minute), grace=timedelta(), worker="s", seconds=0.001)
        if reload(message).state == "failed":
            break
        delivery.work([message.pk], at=NOW + timedelta(minutes=minute))
    assert reload(message).state == "failed"
    assert reload(message).tries == outcomes.TRIES_BEFORE_NEXT_METHOD
    assert Message.objects.filter(fallback_of=message, channel="webhook").count() == 1


def test_nothing_is_sent_to_somebody_who_is_not_active_any_more(channel: Any) -> None:
    handed = channel("email", SENT)
    user = make_user()
    message = make_message(user)
    deactivate(user)
    assert delivery.work([message.pk], at=NOW) == 0
    assert (reload(message).state, handed, Attempt.objects.count()) == ("suppressed", [], 0)


def test_the_sweep_leaves_the_workers_their_time(channel: Any) -> None:
    channel("email", SENT)
    make_message(key="u")
    make_message(key="r", lane="routine")
    tried = [
        (lane, delivery.sweep(lane=lane, at=NOW + seconds * SECOND, worker="s"))
        for seconds in (2, 4, 16)
        for lane in ("urgent", "routine")
    ]
    assert tried == [("urgent", 0), ("routine", 0), ("urgent", 1), ("routine", 0), ("urgent", 0), ("routine", 1)]


def test_a_message_that_cannot_be_written_waits_and_does_not_stop_others(channel: Any) -> None:
    handed = channel("email", SENT)
    broken, fine = make_message(key="broken"), make_message(key="fine")
    Message.objects.filter(pk=broken.pk).update(event="t.gone")
    assert delivery.work([broken.pk, fine.pk], at=NOW) == 2
    assert (reload(broken).state, reload(broken).reason) == ("pending", "could not be written: KeyError")
    assert reload(fine).state == "sent"
    assert len(handed) == 1


def test_a_channel_that_breaks_leaves_the_outcome_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(envelope: channels.Envelope, *, deadline: float) -> channels.Outcome:
        raise RuntimeError("oops")

    monkeypatch.setitem(delivery.SENDERS, "email", broken)
    message = make_message()
    delivery.work([message.pk], at=NOW)
    assert (reload(message).state, reload(message).maybe_duplicate) == ("pending", True)


def test_the_words_are_in_the_language_of_the_recipient(channel: Any) -> None:
    handed = channel("email", SENT)
    message = make_message(make_user(locale="de"))
    delivery.work([message.pk], at=NOW)
    assert handed[0].language == "de"


def test_html_in_a_context_is_escaped_in_html_and_plain_in_text(channel: Any) -> None:
    handed = channel("email", SENT)
    words = WORDS | {"reason": "<b>a & b</b>\r\nBcc: x@example.com"}
    message = make_message(context=words)
    delivery.work([message.pk], at=NOW)
    assert "<b>a & b</b>" in handed[0].text
    assert "&lt;b&gt;a &amp; b&lt;/b&gt;" in handed[0].html
    assert "\n" not in handed[0].subject


def test_backoff_grows_with_jitter_up_to_a_limit() -> None:
    for tries in range(1, 30):
        base = min(60.0, 5.0 * 2 ** (tries - 1))
        assert base * 0.5 <= outcomes.backoff(tries, "urgent").total_seconds() <= base * 1.5
    assert isinstance(NOW, datetime)


def test_a_long_answer_is_kept_as_far_as_it_fits(channel: Callable[..., Any]) -> None:
    channel("email", channels.Outcome("sent", "x" * 2_000))
    message = make_message()
    delivery.work([message.pk], at=NOW)
    assert (reload(message).state, Attempt.objects.get(message=message).detail) == ("sent", "x" * 500)
