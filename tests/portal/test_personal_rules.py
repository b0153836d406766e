"""A person's own rules: ways in order with waits, quiet hours, and no more than needed (P6, P7, D29, D30)."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import audit, channels, delivery, limits, outbox, pacing, quiet, registry, secrets
from portal.models import Attempt, Breaker, Message, User
from portal.services import people
from tests.portal.kernel import NOW, make_operator, make_user

db = pytest.mark.django_db

ASK, TELL = "t.ask", "t.tell"
WORDS = {"what": "message_dead", "event": "e", "recipient": "r", "channel": "c", "reason": "x"}
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
SENT, RETRY = channels.Outcome("sent", "250 ok"), channels.Outcome("retry", "connection refused")
REFUSED = channels.Outcome("refused", "550 no such user")


class Words(outbox.EventType):
    templates = "notifications/operator_alert"


@pytest.fixture(autouse=True)
def events() -> Iterator[None]:
    classes = dict.fromkeys(WORDS, "public")
    registry.event_types.add(ASK, Words(ASK, "urgent", classes, wants_answer=True))
    registry.event_types.add(TELL, Words(TELL, "routine", classes))
    yield
    del registry.event_types._entries[ASK], registry.event_types._entries[TELL]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[channels.Envelope]]:
    """What every channel was handed; each accepts all."""
    handed: list[channels.Envelope] = []

    def send(envelope: channels.Envelope, *, deadline: float) -> channels.Outcome:
        handed.append(envelope)
        return SENT

    for name in ("email", "webhook", "sms", "chat"):
        monkeypatch.setitem(delivery.SENDERS, name, send)
    yield handed


def person(*waits: int, **fields: Any) -> User:
    """Somebody with an e-mail address, a webhook and a second e-mail address, each with a wait before the next."""
    ways = [("email", "a@example.com"), ("webhook", "https://h.example.com/b"), ("email", "c@example.com")]
    user = make_user(methods=ways[: len(waits)], **fields)
    with audit.action(actor=None, actor_label="test", reason="r", at=NOW):
        for method, wait in zip(user.contact_methods.order_by("order"), waits, strict=True):
            method.wait_minutes = wait
            method.save(update_fields=["wait_minutes"])
    return user


def tell(user: User, event: str = ASK, **changes: Any) -> list[Message]:
    known = {"event": event, "subject": user, "to": [user], "key": "k", "context": WORDS, "at": NOW}
    outbox.enqueue(**(known | changes))
    return list(Message.objects.exclude(channel="inbox").order_by("step", "created_at"))


def run(at: datetime, lane: str = "urgent") -> int:
    return delivery.sweep(lane=lane, at=at, grace=timedelta(), worker="s", seconds=5)


def problems() -> list[str]:
    return [line for _, check in registry.invariants.items() for line in check()]


@db
def test_the_ways_wait_their_turn_and_go_out_while_nobody_answers(sent: Any) -> None:
    rows = tell(person(5, 10, 0))
    assert [(row.step, row.due_at - NOW, row.state) for row in rows] == [
        (0, 0 * MINUTE, "pending"),
        (1, 5 * MINUTE, "pending"),
        (2, 15 * MINUTE, "pending"),
    ]
    assert {row.fallback_of_id for row in rows[1:]} == {rows[0].pk}
    for minute, arrived in ((0, 1), (4, 1), (5, 2), (14, 2), (15, 3)):
        run(NOW + minute * MINUTE)
        assert len(sent) == arrived, minute
    assert problems() == []


@db
def test_a_way_without_a_wait_is_used_only_when_the_one_before_fails(sent: Any) -> None:
    assert len(tell(person(0, 0, 0))) == 1


@db
def test_only_what_asks_for_an_answer_goes_on_to_the_next_way() -> None:
    assert len(tell(person(5, 0), TELL, lane="urgent")) == 1


@db
def test_a_failed_way_hurries_the_one_that_waits_and_makes_no_second(
    sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(delivery.SENDERS, "email", lambda envelope, deadline: REFUSED)
    first, waiting = tell(person(5, 0))
    run(NOW)
    assert Message.objects.get(pk=first.pk).state == "failed"
    assert Message.objects.get(pk=waiting.pk).due_at == NOW
    run(NOW + SECOND)
    assert [envelope.message_id for envelope in sent] == [str(waiting.pk)]
    assert Message.objects.exclude(channel="inbox").count() == 2
    assert problems() == []


@db
def test_who_reads_the_inbox_is_not_called_on_the_next_way(sent: Any) -> None:
    user = person(5, 0)
    tell(user)
    run(NOW)
    people.mark_read(messages=Message.objects.filter(recipient=user, channel="inbox"), at=NOW + MINUTE)
    waiting = Message.objects.get(step=1)
    assert (waiting.state, waiting.reason) == ("suppressed", "read in the inbox")
    assert run(NOW + 10 * MINUTE) == 0
    assert len(sent) == 1


@db
def test_what_was_answered_is_dropped_at_the_claim_too(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    user = person(5, 0)
    tell(user)
    run(NOW)

    def answered(rows: list[Message]) -> dict[Any, str]:
        return {row.pk: "Ann has answered" for row in rows}

    monkeypatch.setitem(registry.answered._entries, "portal.user", answered)
    assert run(NOW + 6 * MINUTE) == 0
    assert Message.objects.get(step=1).reason == "Ann has answered"
    assert (len(sent), Attempt.objects.count()) == (1, 1)


@db
def test_the_same_news_again_after_a_new_way_writes_nothing() -> None:
    user = person(5, 0)
    tell(user)
    user.contact_methods.all()
    with audit.action(actor=None, actor_label="test", reason="r", at=NOW):
        from portal.models import ContactMethod

        ContactMethod(user=user, channel="email", address="z@example.com", order=0, verified_at=NOW).save()
    tell(user)
    assert Message.objects.count() == 3


@db
def test_routine_news_wait_for_the_end_of_quiet_hours_and_urgent_ones_do_not(sent: Any) -> None:
    user = person(0, quiet_from=time(14, 0), quiet_until=time(16, 0))
    (routine,) = tell(user, TELL)
    assert (routine.due_at, routine.deadline_at) == (NOW + 90 * MINUTE, NOW + 90 * MINUTE + timedelta(hours=24))
    tell(user, ASK, key="u")
    run(NOW, "routine"), run(NOW)
    assert [envelope.lane for envelope in sent] == ["urgent"]
    run(NOW + 90 * MINUTE, "routine")
    assert [envelope.lane for envelope in sent] == ["urgent", "routine"]


@db
def test_quiet_hours_that_come_while_news_wait_hold_them_too(sent: Any) -> None:
    user = person(0)
    (row,) = tell(user, TELL)
    people.set_quiet_hours(person=user, begin=time(14, 0), end=time(16, 0), at=NOW)
    before = row.deadline_at
    assert run(NOW + MINUTE, "routine") == 0
    row.refresh_from_db()
    assert (row.state, row.due_at, row.tries) == ("pending", NOW + 90 * MINUTE, 0)
    assert row.deadline_at > before
    assert sent == []


@db
def test_what_came_in_quiet_hours_leaves_in_one_message(sent: Any) -> None:
    user = person(0, quiet_from=time(14, 0), quiet_until=time(16, 0))
    for number in range(4):
        tell(user, TELL, key=f"k{number}")
    run(NOW + 90 * MINUTE, "routine")
    assert [envelope.event for envelope in sent] == ["bundle"]
    assert sorted(Message.objects.exclude(channel="inbox").values_list("state", flat=True)) == ["bundled"] * 4 + [
        "sent"
    ]
    assert sent[0].text.count("\n- ") == 4
    assert problems() == []


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "UTC"]


@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    begin=st.times(),
    end=st.times(),
    zone=st.sampled_from(ZONES),
)
def test_quiet_hours_end_at_the_persons_own_time(at: datetime, begin: time, end: time, zone: str) -> None:
    begin, end = begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    someone = User(time_zone=zone, quiet_from=begin, quiet_until=end)
    at = at.replace(tzinfo=UTC)
    if begin == end:
        return
    over = quiet.until(someone, at)
    if over is None:
        return
    assert at < over <= at + timedelta(hours=25)
    assert quiet.until(someone, over) is None
    local = over.astimezone(ZoneInfo(zone))
    gap = (local - MINUTE).utcoffset() != (over - MINUTE).astimezone(ZoneInfo(zone)).utcoffset()
    assert gap or local.time() >= end


@db
def test_above_the_limit_the_rest_waits_and_comes_as_one(sent: Any) -> None:
    user = person(0)
    for number in range(limits.MESSAGES + 6):
        tell(user, TELL, key=f"k{number}", at=NOW, lane="urgent", thread="incident:1")
    run(NOW + SECOND)
    assert len(sent) == limits.MESSAGES
    run(NOW + SECOND + pacing.WINDOW)
    assert [envelope.event for envelope in sent[limits.MESSAGES :]] == ["bundle"]
    assert Message.objects.filter(state="bundled").count() == 6
    assert Message.objects.filter(channel="inbox", recipient=user).count() == limits.MESSAGES + 6
    assert problems() == []


@db
def test_the_first_message_of_an_incident_is_never_held_back(sent: Any) -> None:
    user = person(0)
    for number in range(limits.MESSAGES + 3):
        tell(user, TELL, key=f"k{number}", lane="urgent", thread="incident:1")
    tell(user, ASK, key="other", thread="incident:2")
    run(NOW + SECOND)
    assert [envelope.thread for envelope in sent].count("incident:2") == 1


@db
def test_what_an_outage_has_piled_up_is_one_message_and_none_more_for_a_minute(sent: Any) -> None:
    user, late = person(0), NOW + timedelta(minutes=30)
    for number in range(7):
        tell(user, ASK, key=f"k{number}", thread=f"incident:{number}")
    run(late)
    assert [envelope.event for envelope in sent] == ["bundle"]
    with outbox.held(late + SECOND):
        tell(user, ASK, key="more", thread="incident:9", at=late)
    run(late + 30 * SECOND)
    assert len(sent) == 1
    run(late + 61 * SECOND)
    assert len(sent) == 2
    assert problems() == []


@db
def test_what_is_above_the_limit_is_not_outrun_by_news_of_other_incidents(sent: Any) -> None:
    user = person(0)
    for number in range(limits.MESSAGES + 1):
        tell(user, key=f"k{number}", thread="incident:1")
    run(NOW)
    for half in range(1, 23):  # a new incident every half minute
        at = NOW + half * MINUTE / 2
        tell(user, key=f"n{half}", thread=f"incident:new{half}", at=at)
        run(at)
    assert Message.objects.get(key__startswith=f"k{limits.MESSAGES}:", channel="email").state == "sent"
    assert problems() == []


@db
def test_nothing_is_put_off_until_it_dies(sent: Any) -> None:
    user = person(0)
    for number in range(limits.MESSAGES):
        tell(user, key=f"k{number}", thread="incident:1")
    run(NOW)
    tell(user, key="short", thread="incident:1", at=NOW + MINUTE, deadline=NOW + 3 * MINUTE)
    run(NOW + MINUTE)
    assert Message.objects.get(key__startswith="short", channel="email").state == "sent"


@db
def test_a_bundle_that_fails_goes_to_the_next_way_with_what_may_travel_there(
    sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(delivery.SENDERS, "email", lambda envelope, deadline: REFUSED)
    user, late = person(0, 0), NOW + timedelta(minutes=30)
    for number in range(3):
        tell(user, ASK, key=f"k{number}")
    run(late), run(late + SECOND)
    assert [(envelope.event, envelope.text.count("\n- ")) for envelope in sent] == [("bundle", 3)]
    assert problems() == []


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
