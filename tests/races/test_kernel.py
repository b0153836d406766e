"""Two connections at once: each timer is fired once, each message is claimed once, no key is written twice."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction

from portal import channels, delivery, outbox, registry, timers
from portal.models import Attempt, Message, Timer, User
from tests.portal.kernel import NOW, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def event() -> Iterator[None]:
    registry.event_types.add("t.race", outbox.EventType("t.race", "urgent"))
    yield
    del registry.event_types._entries["t.race"]


def at_once(*jobs: Callable[[], Any], patience: float = 60) -> list[Any]:
    """Run all jobs in threads that start together; returns their results and raises what they raise.

    A job that has not ended after `patience` seconds fails the test.
    """
    barrier, results, errors = threading.Barrier(len(jobs)), [None] * len(jobs), []

    def run(index: int, job: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results[index] = job()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(i, job)) for i, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience)
    if errors:
        raise next((error for error in errors if not isinstance(error, threading.BrokenBarrierError)), errors[0])
    assert not any(thread.is_alive() for thread in threads), "a job hangs"
    return results


def make_messages(count: int) -> list[Message]:
    user = make_user()
    notes = [outbox.Note(event="t.race", subject=user, to=[user], key=f"k{n}", context={}) for n in range(count)]
    return list(Message.objects.filter(key__in=outbox.enqueue_many(notes, at=NOW), channel="email"))


def test_two_clocks_fire_each_timer_once() -> None:
    fired: Counter[int] = Counter()

    def handler(some: list[Timer], *, at: datetime) -> set[int]:
        fired.update(timer.pk for timer in some)
        return set()

    registry.timer_handlers.add("t.race", handler)
    try:
        user = make_user()
        specs = [timers.Spec(kind="t.race", subject=user, due_at=NOW, key=f"r{n}") for n in range(3000)]
        timers.schedule_many(specs, NOW)
        results = at_once(*[lambda: timers.fire_due(at=NOW)] * 3)
    finally:
        del registry.timer_handlers._entries["t.race"]
    assert sum(result.count for result in results) == 3000
    assert set(fired.values()) == {1}
    assert Timer.objects.filter(state="fired").count() == 3000


def test_two_claims_with_overlapping_ids_never_share_a_message() -> None:
    ids = [m.pk for m in make_messages(40)]
    for _ in range(20):
        Message.objects.filter(pk__in=ids).update(state="pending", token=None, lease_until=None, tries=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('portal.seal', 'lifted', false)")
            cursor.execute("DELETE FROM portal_attempt")
            cursor.execute("SELECT set_config('portal.seal', '', false)")
        one, two = at_once(
            lambda: delivery.claim(ids=ids[:30], at=NOW, worker="one"),
            lambda: delivery.claim(ids=ids[10:], at=NOW, worker="two"),
        )
        mine, other = ({c.message.pk for c in claimed} for claimed in (one, two))
        assert not mine & other
        assert Attempt.objects.count() == len(mine) + len(other)


def test_two_claims_of_what_has_waited_send_one_collection_to_a_person() -> None:
    for number in range(20):
        rows = make_messages(8)
        mine = Message.objects.filter(recipient=rows[0].recipient_id, channel="email")
        mine.update(due_at=NOW - timedelta(minutes=5), deadline_at=NOW + timedelta(hours=1))
        shares = [[row.pk for row in rows[start::2]] for start in range(2)]
        starts = (NOW, NOW + timedelta(seconds=number % 2))
        claims = zip(shares, starts, strict=True)
        taken = at_once(*(partial(delivery.claim, ids=share, limit=1, at=at, worker="w") for share, at in claims))
        assert sum(map(len, taken)) + mine.filter(event="bundle", state="pending").count() == 1


def test_the_same_news_at_once_is_written_once() -> None:
    user = make_user()

    def tell() -> list[Any]:
        return [m.pk for m in outbox.enqueue(event="t.race", subject=user, to=[user], key="k", context={}, at=NOW)]

    results = at_once(*[tell] * 5)
    assert Message.objects.count() == 2
    assert all(result == results[0] for result in results)


def test_a_subject_that_somebody_holds_is_left_for_the_next_tick() -> None:
    held, free = make_user(), make_user()

    def handler(some: list[Timer], *, at: datetime) -> set[int]:
        mine = timers.lock_subjects(User, [timer.subject_id for timer in some])
        return {timer.pk for timer in some if timer.subject_id not in mine}

    registry.timer_handlers.add("t.race", handler)
    try:
        for user in (held, free):
            timers.schedule(kind="t.race", subject=user, due_at=NOW, at=NOW)
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=held.pk)
            (result,) = at_once(lambda: timers.fire_due(at=NOW))
            assert (result.count, result.left) == (1, 1)
        assert timers.fire_due(at=NOW).count == 1
    finally:
        del registry.timer_handlers._entries["t.race"]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each message reached the mail server, by its id."""
    found: Counter[str] = Counter()

    def send(envelope: Any, *, deadline: float) -> channels.Outcome:
        found[envelope.message_id] += 1
        return channels.Outcome("sent")

    monkeypatch.setitem(delivery.SENDERS, "email", send)
    monkeypatch.setattr(outbox.EventType, "templates", "notifications/operator_alert")
    return found


def test_two_sweeps_send_each_message_once(sent: Counter[str]) -> None:
    messages = [message for _ in range(60) for message in make_messages(1)]
    later = NOW + delivery.LEASE / 2
    at_once(*[lambda: delivery.sweep(lane="urgent", at=later)] * 3)
    assert sent == Counter({str(m.pk): 1 for m in messages})
    assert Message.objects.filter(channel="email", state="sent").count() == 60


def test_sweeps_at_once_tell_one_person_each_thing_once(sent: Counter[str]) -> None:
    messages = make_messages(60)
    for minutes, sweeps in ((1, 3), (20, 3), (40, 3), (50, 1), (52, 1)):  # what two collected at once waits a minute
        later = NOW + timedelta(minutes=minutes)
        at_once(*[lambda later=later: delivery.sweep(lane="urgent", at=later)] * sweeps)  # type: ignore[misc]
    assert set(sent.values()) == {1}
    rows = Message.objects.filter(pk__in=[m.pk for m in messages])
    reached = [str(row.bundle_id or row.pk) for row in rows]
    assert set(reached) == set(sent)
    assert {row.state for row in rows} == {"sent", "bundled"}
