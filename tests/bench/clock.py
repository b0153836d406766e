"""The clock among a million armed timers: what an idle look costs, and how late it is under load."""

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal import timers
from portal.management.commands.clock import FLOOR
from portal.models import Heartbeat, Timer

from . import crowd, report, scene, stage
from .steps import first_step

FEW, MANY = 1_000, 1_000_000
LOOKS = 300
DEAD_PER_SECOND, DEAD_SECONDS = 100, 600
RATE, SECONDS = 100, 10
HEAD_START = 10  # seconds for writing the load before it is due: what comes late would be taken for an outage
LOOK = "SELECT id FROM portal_timer WHERE state = 'armed' AND due_at <= now() ORDER BY due_at, id LIMIT 500"


def measure() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    crowd.gather()
    incident = scene.file_one()
    step = first_step(incident.run)
    copies = scene.Copies(scene.file_one(title="Invoices are late"))
    copies.add(200, due_at="now() - interval '1 second'")
    timers.fire_due()  # warm
    arm(1, FEW)
    few = idle()
    arm(FEW + 1, MANY - FEW)
    many = idle()
    report.say(
        report.Figure(
            name="idle tick, 10^6 armed",
            measured=report.ms(many),
            baseline=f"{report.ms(bare())} bare SQL",
            ratio=f"{bare() / many:.2f}",
            goal="1 ms",
            met=many < 0.001,
        )
    )
    report.say(
        report.Figure(
            name="idle tick, 10^6 to 10^3 armed",
            measured=f"{many / few:.2f}",
            baseline=report.ms(few),
            goal="1.5",
            met=many / few < 1.5,
        )
    )
    old_snapshot(few)
    lateness(copies, step.fire)


def arm(first: int, count: int) -> None:
    """`count` more armed timers that are due from tomorrow on."""
    one = Timer.objects.filter(state="armed").values_list("pk", flat=True).first()
    changed = {
        "key": "'far:' || g",
        "subject_id": "md5(g::text)::uuid",
        "due_at": "now() + interval '1 day' + g * interval '10 milliseconds'",
    }
    scene.copy("portal_timer", f"src.id = {one}", changed, first, count)
    scene.settle()


def median(look: Callable[[], object]) -> float:
    """Seconds that `look` takes, as the median of many."""
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        look()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def idle() -> float:
    def look() -> None:
        assert timers.fire_due(since=timezone.now() - FLOOR).count == 0

    return median(look)


def bare() -> float:
    with connection.cursor() as cursor:
        return median(lambda: cursor.execute(LOOK).fetchall())


@contextlib.contextmanager
def held_snapshot() -> Iterator[None]:
    """Somebody's report that has been running since before everything that follows."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT count(*) FROM portal_heartbeat")
        yield
        other.rollback()


def old_snapshot(few: float) -> None:
    """Ten minutes of fired timers whose index entries nobody may remove."""
    count = DEAD_PER_SECOND * DEAD_SECONDS
    with held_snapshot():
        one = Timer.objects.filter(state="armed").values_list("pk", flat=True).first()
        changed = {
            "key": "'dead:' || g",
            "subject_id": "md5(g::text)::uuid",
            "due_at": f"now() - g * interval '{1 / DEAD_PER_SECOND} seconds'",
        }
        scene.copy("portal_timer", f"src.id = {one}", changed, 1, count)
        scene.execute("UPDATE portal_timer SET state = 'fired', ended_at = now() WHERE key LIKE 'dead:%'")
        with_floor, without = idle(), bare()
    report.say(
        report.Figure(
            name=f"idle tick under an old snapshot ({count:,} dead)",
            measured=report.ms(with_floor),
            baseline=f"{report.ms(without)} bare SQL, no floor",
            ratio=f"{with_floor / few:.2f} of 10^3",
            goal="1 ms, 1.5",
            met=with_floor < 0.001 and with_floor / few < 1.5,
        )
    )
    scene.settle()


def lateness(copies: scene.Copies, fire_bare: Callable[[], int]) -> None:
    """At a steady rate, first by bare SQL in a loop, then by the shipped clock and worker."""
    base = committed(load(copies), fire_bare)
    scene.hush()
    scene.settle()
    with contextlib.ExitStack() as running:
        running.enter_context(stage.process("manage.py", "clock", log="clock.log"))
        if os.environ.get("REDIS_URL"):
            running.enter_context(stage.process(*WORKER, log="worker.log"))
        stage.wait_for(lambda: Heartbeat.objects.filter(process="clock").exists(), 20, "the clock's start")
        followed(load(copies, 1))  # the first messages of a worker compile what all others use
        mark = load(copies)
        ours = followed(mark)
    report.say(
        report.Figure(
            name=f"due to committed, p99 at {RATE} steps/s, 10^6 armed",
            measured=f"{report.ms(report.percentile(ours, 99))} (p50 {report.ms(statistics.median(ours))})",
            baseline=f"{report.ms(report.percentile(base, 99))} bare SQL",
            ratio=f"{report.percentile(base, 99) / report.percentile(ours, 99):.2f}",
            goal="50 ms",
            met=report.percentile(ours, 99) < 0.05,
        )
    )
    held = held_by(mark)
    report.say(
        report.Figure(
            name=f"due to held by a worker, p99 at {RATE} messages/s",
            measured=f"{report.ms(report.percentile(held, 99))} (p50 {report.ms(statistics.median(held))})",
            goal="250 ms",
            met=report.percentile(held, 99) < 0.25,
        )
    )


WORKER = ("-m", "celery", "-A", "portal", "worker", "--queues", "urgent,routine", "--pool", "threads")
WORKER += ("--concurrency", "4", "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat")


def load(copies: scene.Copies, seconds: int = SECONDS) -> tuple[int, int]:
    """RATE timers a second for so many `seconds`, the first in a moment; returns the range of their ids."""
    before = scene.value("SELECT max(id) FROM portal_timer")
    due = f"now() + {HEAD_START} * interval '1 second' + (g - {copies.next}) * interval '{1 / RATE} seconds'"
    copies.add(RATE * seconds, due_at=due, changed=crowd.SHARES)
    return before, scene.value("SELECT max(id) FROM portal_timer")


def followed(mark: tuple[int, int]) -> list[float]:
    """``committed`` by the running clock; with a worker, what the timers caused is held by it before this returns."""
    ours = committed(mark, lambda: time.sleep(0.1) or 0)
    if os.environ.get("REDIS_URL"):
        stage.wait_for(lambda: held_count(mark) >= len(ours), 15, "the worker", every=0.5)
    return ours


def committed(mark: tuple[int, int], step: Callable[[], int]) -> list[float]:
    """Seconds from due to the commit that fired each timer, once all have; `step` is called until then."""
    wanted = "kind = 'escalation.step' AND id > %s AND id <= %s"
    until = time.monotonic() + HEAD_START + SECONDS + 30
    while scene.value(f"SELECT count(*) FROM portal_timer WHERE state = 'armed' AND {wanted}", *mark):
        step()
        if time.monotonic() > until:
            raise TimeoutError("the load was not fired in time")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - due_at) FROM portal_timer WHERE {wanted}", mark
        )
        return [float(seconds) for (seconds,) in cursor.fetchall()]


HELD = (
    "FROM portal_attempt a JOIN portal_message m ON m.id = a.message_id "
    "JOIN incidents_escalationrun r ON r.incident_id = m.subject_id "
    "JOIN portal_timer t ON t.subject_id = r.id AND t.kind = 'escalation.step' AND t.state = 'fired' "
    "WHERE a.number = 1 AND t.id > %s AND t.id <= %s"
)


def held_count(mark: tuple[int, int]) -> int:
    return int(scene.value(f"SELECT count(*) {HELD}", *mark))


def held_by(mark: tuple[int, int]) -> list[float]:
    """Seconds from due to the first claim of each message that the steps wrote (0.0 when nobody claims)."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT extract(epoch FROM a.started_at - t.due_at) {HELD}", mark)
        return [float(seconds) for (seconds,) in cursor.fetchall()] or [float("inf")]
