"""No more than needed: what is above the limit or was late comes as one message (P7, D29)."""

from collections import Counter
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import delivery, limits, outbox, pacing, timers
from portal.models import Message
from portal.services import people
from tests.portal.kernel import NOW
from tests.portal.news import ASK, MINUTE, REFUSED, SECOND, TELL, person, problems, run, tell

pytestmark = pytest.mark.usefixtures("events")
db = pytest.mark.django_db


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
def test_later_ways_that_were_put_off_come_as_one_too(sent: Any) -> None:
    user, more = person(5, 0), 4
    for number in range(limits.MESSAGES + more):
        tell(user, key=f"k{number}", thread="incident:1")

    def by_webhook() -> list[tuple[str, int]]:
        """(event, how many it lists) of what has arrived on the second way."""
        mine = [envelope for envelope in sent if envelope.address == "https://h.example.com/b"]
        return [(envelope.event, envelope.text.count("\n- ")) for envelope in mine]

    run(NOW), run(NOW + 5 * MINUTE)
    assert by_webhook() == [(ASK, 0)] * limits.MESSAGES
    assert Message.objects.filter(step=1, state="pending", reason=pacing.COLLECTED).count() == more
    for minute in range(6, 14):
        run(NOW + minute * MINUTE)
    assert by_webhook()[limits.MESSAGES :] == [("bundle", more)]
    assert Message.objects.filter(step=1, state="bundled").count() == more
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
def test_a_collection_lives_as_long_as_the_last_of_what_it_lists(sent: Any) -> None:
    user = person(0)
    for number in range(3):
        tell(user, ASK, key=f"k{number}", thread=f"incident:{number}", at=NOW + number * MINUTE)
    run(NOW + 30 * MINUTE)
    bundle = Message.objects.get(event="bundle")
    deadlines = sorted(Message.objects.filter(bundle=bundle).values_list("deadline_at", flat=True))
    assert deadlines[0] < deadlines[-1] == bundle.deadline_at


@db
def test_what_one_collection_does_not_hold_comes_with_the_next(sent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BUNDLED", 3)
    user, late = person(0), NOW + 30 * MINUTE
    for number in range(7):
        tell(user, ASK, key=f"k{number}", thread=f"incident:{number}")
    run(late)
    assert Message.objects.filter(state="bundled").count() == 4
    run(late + 61 * SECOND)
    assert Message.objects.filter(state="bundled").count() == 7
    assert [envelope.event for envelope in sent] == ["bundle"] * 2
    assert problems() == []


@db
def test_a_possible_duplicate_stands_in_no_collection(sent: Any) -> None:
    user = person(0)
    for number in range(3):
        tell(user, ASK, key=f"k{number}", thread=f"incident:{number}")
    first = Message.objects.exclude(channel="inbox").earliest("due_at", "id")
    Message.objects.filter(pk=first.pk).update(maybe_duplicate=True)
    for minute in range(30, 34):
        run(NOW + minute * MINUTE)
    assert Counter(envelope.event for envelope in sent) == {ASK: 1, "bundle": 1}
    first.refresh_from_db()
    assert (first.state, first.bundle) == ("sent", None)
    assert problems() == []


@db
def test_in_quiet_hours_a_collection_holds_urgent_news_alone(sent: Any) -> None:
    user = person(0)
    for number, lane in enumerate(["urgent", "urgent", "routine"]):
        tell(user, TELL, key=f"k{number}", thread=f"incident:{number}", lane=lane)
    people.set_quiet_hours(person=user, begin=time(14, 0), end=time(16, 0), at=NOW)
    run(NOW + 5 * MINUTE)
    told = Message.objects.exclude(channel="inbox").exclude(event="bundle")
    assert sorted(told.values_list("lane", "state")) == [
        ("routine", "pending"),
        ("urgent", "bundled"),
        ("urgent", "bundled"),
    ]


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


def undone(check: Callable[[], None]) -> None:
    """Run `check` and put the database back: every drawn example begins with nobody."""
    with transaction.atomic():
        check()
        transaction.set_rollback(True)


outside = Message.objects.exclude(channel="inbox")
told = st.tuples(st.integers(0, 6), st.integers(0, 4))  # minute, incident


@db
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(told, min_size=1, max_size=8))
def test_whatever_comes_the_first_message_of_each_incident_leaves_at_once(
    sent: Any, news: list[tuple[int, int]]
) -> None:
    def check() -> None:
        user, known = person(0), [(0, 0)] * limits.MESSAGES
        for number, (minute, incident) in enumerate(sorted(known + news)):
            tell(user, key=f"k{number}", thread=f"incident:{incident}", at=NOW + minute * MINUTE)
            run(NOW + minute * MINUTE)
        for incident in {incident for _minute, incident in news}:
            first = outside.filter(thread=f"incident:{incident}").order_by("created_at").values_list("created_at")[0]
            assert outside.filter(thread=f"incident:{incident}", sent_at=first[0]).exists(), incident
        assert problems() == []

    undone(check)


piled = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 25), st.integers(0, 3)), min_size=3, max_size=15)
looks = st.lists(st.integers(0, 59), min_size=1, max_size=6)  # seconds after the clock has come back


@db
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(piled, st.integers(0, 6), looks)
def test_after_a_storm_nobody_gets_two_messages_on_a_channel_within_a_minute(
    sent: Any, before: list[tuple[int, int, int]], more: int, seconds: list[int]
) -> None:
    back = NOW + 30 * MINUTE

    def check() -> None:
        people = [person(3, 0), person(0), person(0, 0)]
        for number, (who, minute, incident) in enumerate(before):
            tell(people[who], key=f"k{number}", thread=f"incident:{incident}", at=NOW + minute * MINUTE)
        with outbox.held(back + timers.SETTLE):  # what its overdue timers cause
            for number in range(more):
                tell(people[number % 3], key=f"m{number}", thread=f"incident:new{number}", at=back)
        for second in sorted(seconds):
            run(back + second * SECOND)
        arrived = outside.filter(sent_at__lt=back + MINUTE).values_list("recipient", "channel")
        assert max(Counter(arrived).values(), default=0) <= 1
        for minute in range(1, 12):
            run(back + minute * MINUTE)
        assert set(outside.values_list("state", flat=True)) <= {"sent", "bundled"}
        assert problems() == []

    undone(check)
