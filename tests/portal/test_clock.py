"""`manage.py clock`: one look, the moved time that only a demo allows, the audit, and the real process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from portal import outbox, registry, timers
from portal.management.commands import clock
from portal.models import Message, Timer
from tests.portal.kernel import NOW, make_user, states

ROOT = Path(__file__).resolve().parents[2]


class News(outbox.EventType):
    templates = "notifications/operator_alert"


@pytest.fixture
def calling() -> Iterator[None]:
    """A timer of kind t.call tells its subject."""

    def call(some: list[Timer], *, at: datetime) -> set[int]:
        from portal.models import User

        people = User.objects.in_bulk([timer.subject_id for timer in some])
        notes = [
            outbox.Note(
                event="t.call", subject=people[t.subject_id], to=[people[t.subject_id]], key=f"c{t.pk}", context={}
            )
            for t in some
        ]
        outbox.enqueue_many(notes, at=at)
        return set()

    registry.timer_handlers.add("t.call", call)
    registry.event_types.add("t.call", News("t.call", "urgent"))
    yield
    del registry.timer_handlers._entries["t.call"]
    del registry.event_types._entries["t.call"]


def run(*args: str) -> str:
    out = StringIO()
    call_command("clock", *args, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_one_look_fires_and_delivers_what_is_due(calling: None) -> None:
    user = make_user()
    timers.schedule(kind="t.call", subject=user, due_at=NOW, at=NOW)
    assert "fired 1, parked 0, left 0, tried to send 1" in run("--once")
    assert states() == [("inbox", "delivered"), ("email", "sent")]
    assert mail.outbox[-1].to == [user.email]


@pytest.mark.django_db
def test_a_person_can_move_time_only_in_a_demo(calling: None, settings: Any) -> None:
    timers.schedule(kind="t.call", subject=make_user(), due_at=NOW + timedelta(days=900), at=NOW)
    later = (NOW + timedelta(days=900)).isoformat()
    settings.DEMO = False
    with pytest.raises(CommandError, match="refused unless DEMO"):
        run("--once", "--at", later)
    assert Message.objects.count() == 0
    settings.DEMO = True
    with pytest.raises(CommandError, match="use it with --once"):
        run("--at", later)
    with pytest.raises(CommandError, match="with an offset"):
        run("--once", "--at", "2026-03-12T14:30:00")
    assert Message.objects.count() == 0
    assert "fired 1" in run("--once", "--at", later)
    assert [state for _, state in states()] == ["delivered", "sent"]


@pytest.mark.django_db
def test_the_audit_names_every_violation_and_ends_with_1(calling: None) -> None:
    assert "0 violations" in run("--audit")
    user = make_user()
    message = outbox.enqueue(event="t.call", subject=user, to=[user], key="k", context={}, at=NOW)[1]
    Message.objects.filter(pk=message.pk).update(state="sent")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("clock", "--audit", stdout=out)
    assert ended.value.code == 1
    assert f"I1: Message {message.pk} says sent, but no attempt was accepted." in out.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["I2", "I3", "I5", "I7", "I9", "I14"])
def test_each_invariant_sees_what_it_is_for(name: str, calling: None) -> None:
    from portal.models import Attempt, Heartbeat
    from tests.portal.kernel import make_operator

    make_operator()
    user = make_user()
    message = outbox.enqueue(event="t.call", subject=user, to=[user], key="k", context={}, at=NOW)[1]
    rows = Message.objects.filter(pk=message.pk)
    Heartbeat.objects.create(
        process="clock", at=NOW + timedelta(days=1), detail={"since": (NOW + timedelta(hours=20)).isoformat()}
    )
    common: dict[str, Any] = {"message": message, "token": message.pk, "started_at": NOW, "ended_at": NOW}
    match name:
        case "I2":
            Attempt.objects.create(number=1, result="unknown", **common)
            Attempt.objects.create(number=2, result="sent", **common)
        case "I3":
            timers.schedule(kind="t.call", subject=user, due_at=NOW, at=NOW)
        case "I5":
            rows.update(tries=1)
        case "I7":
            rows.update(state="dead")
        case "I9":
            Attempt.objects.create(number=1, result="refused", **common)
            rows.update(state="sent")
        case "I14":
            rows.update(data_class="restricted")
    assert registry.invariants[name]() != []


@pytest.mark.django_db(transaction=True)
def test_the_clock_goes_on_whatever_a_step_does() -> None:
    one = clock.Clock(sweep=False)

    def broken() -> float:
        one.stopping.set()
        raise RuntimeError("the database is away")

    one.guarded(broken)
    assert one.failures == 1
    one.guarded(lambda: 0.0)
    assert one.failures == 0


@pytest.mark.django_db
def test_a_round_beats_and_says_how_long_to_sleep(calling: None) -> None:
    one = clock.Clock(sweep=False)
    assert one.round() == clock.LONGEST_SLEEP
    timers.schedule(kind="t.call", subject=make_user(), due_at=timers.now() + timedelta(milliseconds=200), at=NOW)
    assert 0 < one.round() <= 0.2
    timers.schedule(kind="t.call", subject=make_user(), due_at=timers.now() - timedelta(seconds=1), at=NOW)
    assert one.round() <= 0.2
    assert Timer.objects.filter(state="fired").count() == 1


def start(env: dict[str, str], *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "manage.py", *args], cwd=ROOT, env=os.environ | env)


@pytest.mark.processes
def test_the_process_beats_until_sigterm_and_ends_cleanly(tmp_path: Path) -> None:
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}", "DATA_DIR": str(tmp_path), "REDIS_URL": ""}
    assert start(env, "migrate", "--verbosity", "0").wait(120) == 0
    process = start(env, "clock")
    try:
        import sqlite3

        until = time.monotonic() + 30
        beats: list[Any] = []
        while not beats and time.monotonic() < until:
            with sqlite3.connect(tmp_path / "db.sqlite3") as database:
                beats = database.execute("SELECT at FROM portal_heartbeat WHERE process = 'clock'").fetchall()
            assert process.poll() is None
        assert beats
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
    assert start(env, "clock", "--audit").wait(60) == 0
