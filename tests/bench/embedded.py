"""The embedded database (SQLite): the same work as on PostgreSQL, reported and held to no goal."""

import time
from datetime import timedelta

from django.utils import timezone

from portal import timers
from portal.management.commands.clock import calm_collector
from portal.models import Timer

from . import prepare, report, scene

FILED, TICKS = 200, 200


def measure() -> None:
    prepare.measure()
    scene.file_one(title="The first one fills every memory")
    filed()
    stepped()
    idle()


def filed() -> None:
    """Reports one after the other through the service, each committed for good."""
    began = time.perf_counter()
    for number in range(FILED):
        scene.file_one(title=f"Order {number} was not sent")
    rate = FILED / (time.perf_counter() - began)
    report.say(report.Figure(name="SQLite: new incidents/s, one after the other", measured=f"{rate:,.0f}/s"))


def stepped() -> None:
    """The second level of all of them at once, in the batches of the clock."""
    calm_collector()
    due = Timer.objects.filter(kind="escalation.step", state="armed")
    count = due.update(due_at=timezone.now() - timedelta(seconds=1))
    began, fired = time.perf_counter(), 0
    while more := timers.fire_due().count:
        fired += more
    seconds = time.perf_counter() - began
    if fired != count:
        raise AssertionError(f"{fired} of {count} fired")
    report.say(report.Figure(name="SQLite: steps/s", measured=f"{fired / seconds:,.0f}/s"))


def idle() -> None:
    """A tick of the clock that finds nothing due."""
    times = []
    for _ in range(TICKS):
        began = time.perf_counter()
        timers.fire_due()
        times.append(time.perf_counter() - began)
    report.say(report.Figure(name="SQLite: idle tick, p50", measured=report.ms(report.percentile(times, 50))))
