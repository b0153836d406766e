"""A channel or an address that cannot be used now is left alone, and people are reached otherwise (P6, P7)."""

from datetime import timedelta
from typing import Any

import pytest

from portal import audit, breakers, channels, delivery, secrets
from portal.models import Attempt, Breaker, Message, User
from tests.portal.kernel import NOW, make_operator, make_user
from tests.portal.news import ASK, RETRY, SECOND, SENT, TELL, person, problems, run, tell

pytestmark = pytest.mark.usefixtures("events")
db = pytest.mark.django_db


@db
def test_a_channel_that_does_not_answer_opens_its_breaker_and_people_are_reached_otherwise(
    sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = make_operator(methods=[("webhook", "https://h.example.com/o")])
    monkeypatch.setitem(delivery.SENDERS, "email", lambda envelope, deadline: RETRY)
    for number in range(5):
        tell(make_user(email=f"x{number}@example.com"), TELL, key=f"x{number}", lane="urgent")
    run(NOW)
    breaker = Breaker.objects.get()
    assert (breaker.name, breaker.failures, breaker.opened_at) == ("email", 5, NOW)
    assert Message.objects.filter(event="operator.alert", recipient=operator, channel="webhook").count() == 1
    tried = Attempt.objects.filter(message__channel="email").count()
    user = person(0, 0)
    tell(user, ASK, key="now", at=NOW + SECOND)
    run(NOW + SECOND), run(NOW + 2 * SECOND)
    assert Attempt.objects.filter(message__channel="email").count() == tried
    mine = Message.objects.filter(recipient=user).exclude(channel="inbox")
    assert sorted(mine.values_list("channel", "state")) == [("email", "failed"), ("webhook", "sent")]
    assert problems() == []


@db
def test_a_chat_that_somebody_hosts_and_that_is_away_is_not_the_fault_of_all_others(
    sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_operator(methods=[])
    users = [make_user(methods=[("chat", "jsons: mine")], email=f"x{number}@example.com") for number in range(2)]
    with audit.action(actor=None, actor_label="test", reason="r", at=NOW):
        for user, host in zip(users, ("away.example.com", "here.example.com"), strict=True):
            method = user.contact_methods.get()
            method.secret = secrets.encrypt(f"jsons://{host}/room/key")
            method.save(update_fields=["secret"])
    away, here = users
    monkeypatch.setitem(delivery.SENDERS, "chat", lambda envelope, deadline: RETRY)
    for number in range(5):
        tell(away, key=f"k{number}", thread="incident:1")
    run(NOW)
    assert Breaker.objects.get().name == "chat:jsons:away.example.com"
    monkeypatch.setitem(delivery.SENDERS, "chat", lambda envelope, deadline: SENT)
    tell(here, key="now", at=NOW + SECOND)
    run(NOW + SECOND)
    assert Message.objects.get(recipient=here, channel="chat").state == "sent"


@db
def test_one_message_probes_and_its_success_closes_the_breaker(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_operator(methods=[])
    Breaker.objects.create(name="email", failures=5, opened_at=NOW, retry_at=NOW + 30 * SECOND)
    for number in range(3):
        tell(make_user(email=f"x{number}@example.com"), TELL, key=f"x{number}", lane="urgent")
    assert run(NOW) == 0
    assert set(Message.objects.filter(channel="email").values_list("due_at", flat=True)) == {NOW + 30 * SECOND}
    claimed = delivery.claim(limit=9, at=NOW + 30 * SECOND, worker="w")
    assert len(claimed) == 1
    delivery.deliver(claimed[0], at=NOW + 30 * SECOND)
    assert Breaker.objects.count() == 0
    run(NOW + 61 * SECOND)
    assert len(sent) == 3
    assert problems() == []


@db
def test_what_a_server_says_about_one_mailbox_is_not_the_fault_of_the_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = channels.Outcome("retry", "450 mailbox busy", answered=True)
    monkeypatch.setitem(delivery.SENDERS, "email", lambda envelope, deadline: busy)
    for number in range(8):
        tell(make_user(email=f"x{number}@example.com"), TELL, key=f"x{number}", lane="urgent")
    run(NOW)
    assert Breaker.objects.count() == 0


def too_many(pause: float) -> channels.Outcome:
    return channels.Outcome("retry", "HTTP 429", answered=True, pause=pause)


def chatting(*names: str) -> list[User]:
    """People who are told by a chat of one service, each in a room of their own, and then by e-mail."""
    return [make_user(methods=[("chat", f"slack: {name}"), ("email", f"{name}@example.com")]) for name in names]


def by_chat() -> list[tuple[str, int]]:
    """(state, tries) of what goes to chats."""
    return sorted(Message.objects.filter(channel="chat").values_list("state", "tries"))


@pytest.mark.parametrize("pause", [5.0, 60.0])
@db
def test_an_address_that_asks_for_a_pause_gets_it_and_its_channel_goes_on(
    sent: Any, monkeypatch: pytest.MonkeyPatch, pause: float
) -> None:
    operator = make_operator(methods=[])
    busy, other = chatting("busy", "other")
    accepts = delivery.SENDERS["chat"]
    monkeypatch.setitem(delivery.SENDERS, "chat", lambda envelope, deadline: too_many(pause))
    for number in range(8):
        tell(busy, key=f"k{number}", thread=f"incident:{number}")
    run(NOW)
    assert by_chat() == [("pending", 0)] * 7 + [("pending", 1)]
    assert set(Message.objects.filter(state="pending", tries=0).values_list("due_at", flat=True)) == {
        NOW + timedelta(seconds=pause)
    }
    assert Message.objects.get(tries=1).due_at >= NOW + timedelta(seconds=pause)
    monkeypatch.setitem(delivery.SENDERS, "chat", accepts)
    tell(busy, key="new", thread="incident:new", at=NOW + SECOND)
    tell(other, key="k", at=NOW + SECOND)
    run(NOW + SECOND)
    assert [envelope.address for envelope in sent] == ["slack: other"]
    assert not Message.objects.filter(recipient=operator).exists()
    for second in range(int(pause), int(pause) + 200, 10):
        run(NOW + second * SECOND)
    assert Breaker.objects.count() == 0
    assert {state for state, _ in by_chat()} == {"sent", "bundled"}
    assert not Message.objects.filter(channel="email").exists()
    assert problems() == []


@db
def test_an_address_that_asks_again_and_again_is_asked_less_and_less() -> None:
    (busy,) = chatting("busy")
    message, asked = tell(busy)[0], []
    for _time in range(6):
        breakers.learn(message, too_many(5.0), was_troubled=True, at=NOW)
        asked.append((Breaker.objects.get().retry_at - NOW).total_seconds())
    assert asked == [5, 10, 20, 40, 60, 60]


@db
def test_operators_are_told_once_of_a_channel_that_stays_away_and_it_is_tried_less_often() -> None:
    operator, asked = make_operator(methods=[]), []
    message = tell(person(0))[0]
    for minute in range(8):
        at = NOW + timedelta(minutes=minute)
        breakers.learn(message, RETRY, was_troubled=True, at=at)
        row = Breaker.objects.get()
        asked.append(row.retry_at and (row.retry_at - at).total_seconds())
    assert asked == [None, None, None, None, 30, 60, 60, 60]
    assert Message.objects.filter(event="operator.alert", recipient=operator).count() == 1
    message.channel = "inbox"
    breakers.learn(message, RETRY, was_troubled=True, at=NOW)
    assert Breaker.objects.count() == 1, "the inbox is no channel that could be away"


@pytest.mark.parametrize(("lane", "left"), [("urgent", ["failed"] * 2), ("routine", ["pending"] * 2)])
@db
def test_a_pause_that_is_too_long_for_urgent_news_sends_them_by_the_next_way(
    sent: Any, monkeypatch: pytest.MonkeyPatch, lane: str, left: list[str]
) -> None:
    monkeypatch.setitem(delivery.SENDERS, "chat", lambda envelope, deadline: too_many(600.0))
    (busy,) = chatting("busy")
    for number in range(2):
        tell(busy, key=f"k{number}", lane=lane, thread=f"incident:{number}")
    run(NOW, lane), run(NOW + SECOND, lane)
    assert [state for state, _ in by_chat()] == left
    assert len(sent) == (2 if lane == "urgent" else 0)
    assert Attempt.objects.filter(message__channel="chat").count() == 1
    assert problems() == []


@db
def test_the_page_of_health_names_channels_and_no_address_that_pauses() -> None:
    for key in ("email", "chat#0190aaaa-0000-7000-8000-000000000001"):
        Breaker.objects.create(name=key, failures=5, opened_at=NOW, retry_at=NOW)
    assert [row.name for row in breakers.open_ones()] == ["email"]
