"""The one clock: promises are kept once, in order, and what fails is parked and told."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal import outbox, registry, timers
from portal.models import AuditEntry, Message, Timer, User
from tests.portal.kernel import NOW, make_operator, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def handle() -> Iterator[Callable[[str, Any], None]]:
    """Register a handler for one test."""
    added: list[str] = []

    def add(kind: str, handler: Any) -> None:
        registry.timer_handlers.add(kind, handler)
        added.append(kind)

    yield add
    for kind in added:
        del registry.timer_handlers._entries[kind]


def seen(into: list[Any], stay: Callable[[Timer], bool] = lambda timer: False) -> Any:
    def handler(some: list[Timer], *, at: datetime) -> set[int]:
        into.append(([timer.subject_id for timer in some], at))
        return {timer.pk for timer in some if stay(timer)}

    return handler


def test_a_due_timer_is_fired_once_and_a_later_one_waits(handle: Any) -> None:
    calls: list[Any] = []
    handle("t.one", seen(calls))
    user = make_user()
    timers.schedule(kind="t.one", subject=user, due_at=NOW, at=NOW, key="a")
    timers.schedule(kind="t.one", subject=user, due_at=NOW + timedelta(minutes=5), at=NOW, key="b")
    fired = timers.fire_due(at=NOW)
    assert (fired.count, fired.parked, fired.next_due_at) == (1, 0, NOW + timedelta(minutes=5))
    assert calls == [([user.pk], NOW)]
    assert timers.fire_due(at=NOW).count == 0
    assert list(Timer.objects.order_by("key").values_list("key", "state")) == [("a", "fired"), ("b", "armed")]


def test_without_a_time_the_clock_of_the_database_counts(handle: Any) -> None:
    handle("t.now", seen([]))
    user = make_user()
    timers.schedule(kind="t.now", subject=user, due_at=timers.now() - timedelta(seconds=1), at=NOW, key="past")
    timers.schedule(kind="t.now", subject=user, due_at=timers.now() + timedelta(hours=1), at=NOW, key="future")
    assert timers.fire_due().count == 1


def test_the_newest_promise_of_a_key_supersedes_the_older() -> None:
    user = make_user()
    timers.schedule(kind="t.x", subject=user, due_at=NOW, at=NOW)
    timers.schedule(kind="t.x", subject=user, due_at=NOW + timedelta(hours=1), at=NOW)
    assert list(Timer.objects.order_by("id").values_list("state", "reason")) == [
        ("superseded", "a newer promise"),
        ("armed", ""),
    ]


def test_cancel_and_supersede_end_only_the_named_kinds_of_one_subject() -> None:
    user, other = make_user(), make_user()
    for subject in (user, other):
        for kind in ("t.x", "t.y"):
            timers.schedule(kind=kind, subject=subject, due_at=NOW, at=NOW)
    assert timers.cancel(subject=user, at=NOW, reason="acknowledged", kinds=["t.x"]) == 1
    assert timers.supersede(subject=user, at=NOW, reason="resolved anew") == 1
    assert set(Timer.objects.filter(subject_id=user.pk).values_list("kind", "state", "reason")) == {
        ("t.x", "cancelled", "acknowledged"),
        ("t.y", "superseded", "resolved anew"),
    }
    assert Timer.objects.filter(subject_id=other.pk, state="armed").count() == 2


def test_a_timer_whose_subject_is_locked_stays_armed_for_the_next_tick(handle: Any) -> None:
    busy, free = make_user(), make_user()
    handle("t.lock", seen([], stay=lambda timer: timer.subject_id == busy.pk))
    for user in (busy, free):
        timers.schedule(kind="t.lock", subject=user, due_at=NOW, at=NOW)
    fired = timers.fire_due(at=NOW)
    assert (fired.count, fired.left) == (1, 1)
    assert Timer.objects.get(subject_id=busy.pk).state == "armed"
    assert Timer.objects.get(subject_id=busy.pk).ended_at is None


def test_a_handler_may_promise_the_next_timer_under_the_same_key(handle: Any) -> None:
    user = make_user()

    def again(some: list[Timer], *, at: datetime) -> set[int]:
        timers.schedule(kind="t.again", subject=user, due_at=at + timedelta(minutes=1), at=at)
        return set()

    handle("t.again", again)
    timers.schedule(kind="t.again", subject=user, due_at=NOW, at=NOW)
    assert timers.fire_due(at=NOW).count == 1
    assert list(Timer.objects.order_by("id").values_list("state", flat=True)) == ["fired", "armed"]


def test_a_batch_that_raises_is_retried_row_by_row_and_leaves_nothing_half_done(handle: Any) -> None:
    good, bad = make_user(), make_user()

    def picky(some: list[Timer], *, at: datetime) -> set[int]:
        for timer in some:
            timers.schedule(kind="t.later", subject=good, due_at=at + timedelta(days=1), at=at, key=f"n{timer.pk}")
        if any(timer.subject_id == bad.pk for timer in some):
            raise RuntimeError("cannot")
        return set()

    handle("t.picky", picky)
    for user in (bad, good):
        timers.schedule(kind="t.picky", subject=user, due_at=NOW, at=NOW)
    assert timers.fire_due(at=NOW).count == 1
    assert Timer.objects.get(kind="t.picky", subject_id=good.pk).state == "fired"
    assert Timer.objects.get(kind="t.picky", subject_id=bad.pk).attempts == 1
    assert Timer.objects.filter(kind="t.later").count() == 1


def test_a_timer_that_keeps_raising_is_parked_and_the_operators_are_told(handle: Any) -> None:
    def broken(some: list[Timer], *, at: datetime) -> set[int]:
        raise RuntimeError("no way")

    operator, user = make_operator(), make_user()
    handle("t.broken", broken)
    timers.schedule(kind="t.broken", subject=user, due_at=NOW, at=NOW)
    before = AuditEntry.objects.count()
    assert timers.fire_due(at=NOW).parked == 0
    assert timers.fire_due(at=NOW + timedelta(seconds=1)).parked == 0
    assert Message.objects.count() == 0
    assert timers.fire_due(at=NOW + timedelta(minutes=1)).parked == 1
    timer = Timer.objects.get()
    assert (timer.state, timer.attempts, timer.reason) == ("parked", 3, "RuntimeError: no way")
    told = Message.objects.filter(event="operator.alert")
    assert {(m.recipient_id, m.channel) for m in told} == {(operator.pk, "inbox"), (operator.pk, "email")}
    assert list(AuditEntry.objects.order_by("id")[before:].values_list("verb", flat=True)) == ["timer.parked"]


def test_a_timer_without_a_handler_is_parked_too() -> None:
    timers.schedule(kind="t.nobody", subject=make_user(), due_at=NOW, at=NOW)
    for minute in range(3):
        timers.fire_due(at=NOW + timedelta(minutes=minute))
    assert Timer.objects.get().state == "parked"
    assert "no handler" in Timer.objects.get().reason


def test_more_than_one_batch_is_fired_in_the_order_of_due_times(handle: Any) -> None:
    order: list[datetime] = []

    def keep(some: list[Timer], *, at: datetime) -> set[int]:
        order.extend(timer.due_at for timer in some)
        return set()

    handle("t.many", keep)
    user = make_user()
    ago = [timedelta(seconds=n % 97) for n in range(620)]
    specs = [timers.Spec(kind="t.many", subject=user, due_at=NOW - a, key=f"k{n}") for n, a in enumerate(ago)]
    timers.schedule_many(specs, NOW)
    assert timers.fire_due(at=NOW).count == 620
    assert order == sorted(order)


def test_firing_writes_a_constant_number_of_statements(handle: Any, django_assert_max_num_queries: Any) -> None:
    handle("t.flat", seen([]))
    user = make_user()
    timers.schedule_many([timers.Spec(kind="t.flat", subject=user, due_at=NOW, key=f"f{n}") for n in range(90)], NOW)
    with django_assert_max_num_queries(10):
        assert timers.fire_due(at=NOW).count == 90


def test_a_floor_spares_what_lies_before_it(handle: Any) -> None:
    handle("t.floor", seen([]))
    timers.schedule(kind="t.floor", subject=make_user(), due_at=NOW - timedelta(hours=1), at=NOW)
    assert timers.fire_due(at=NOW, since=NOW - timedelta(minutes=2)).count == 0
    assert timers.fire_due(at=NOW).count == 1


def test_what_a_handler_sends_and_its_timer_commit_together(handle: Any) -> None:
    user = make_user()
    registry.event_types.add("t.event", outbox.EventType("t.event", "urgent", {}))

    def tell_and_fail(some: list[Timer], *, at: datetime) -> set[int]:
        outbox.enqueue(event="t.event", subject=user, to=[user], key="k", context={}, at=at)
        raise RuntimeError("after the message")

    handle("t.tell", tell_and_fail)
    timers.schedule(kind="t.tell", subject=user, due_at=NOW, at=NOW)
    try:
        timers.fire_due(at=NOW)
    finally:
        del registry.event_types._entries["t.event"]
    assert Message.objects.count() == 0
    assert Timer.objects.get().state == "armed"
    assert User.objects.count() == 1
    assert NOW.tzinfo is UTC
