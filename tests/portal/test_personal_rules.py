"""A person's own rules: ways in order with waits, and quiet hours (P6, D30)."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import audit, delivery, quiet, registry
from portal.models import Attempt, ContactMethod, Message, User
from portal.services import people
from tests.portal.kernel import NOW
from tests.portal.news import ASK, MINUTE, REFUSED, SECOND, TELL, person, problems, run, tell

pytestmark = pytest.mark.usefixtures("events")
db = pytest.mark.django_db


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
    with audit.action(actor=None, actor_label="test", reason="r", at=NOW):
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


def test_a_night_is_quiet_on_both_sides_of_midnight() -> None:
    sleeper = User(time_zone="Europe/Berlin", quiet_from=time(22, 0), quiet_until=time(6, 0))
    evening, morning = datetime(2026, 3, 12, 22, 30, tzinfo=UTC), datetime(2026, 3, 13, 5, 0, tzinfo=UTC)
    for at in (evening, evening + timedelta(hours=2), morning - timedelta(seconds=1)):
        assert quiet.until(sleeper, at) == morning
    assert quiet.until(sleeper, morning) is quiet.until(sleeper, evening - timedelta(hours=2)) is None
