"""A channel or an address that cannot be used now is left alone, and people are reached otherwise (P6, P7)."""

from typing import Any

import pytest

from portal import audit, channels, delivery, secrets
from portal.models import Attempt, Breaker, Message
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
