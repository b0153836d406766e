"""Steps per second and the herd: what the clock fires in batches, beside bare SQL that writes the same rows."""

import time
from collections.abc import Callable

from django.utils import timezone

from incidents.models import EscalationRun
from portal import timers
from portal.management.commands.clock import calm_collector

from . import report, scene
from .baseline import Marks, Step

ROUNDS, COUNT, WARM_UP, HERD = 2, 3_000, 1_000, 10_000
DUE = "now() - interval '1 second'"


def measure() -> None:
    calm_collector()  # as the clock does
    step = first_step(scene.file_one().run)
    copies = scene.Copies(scene.file_one(title="Invoices are late"))
    timed(copies, WARM_UP, fire)
    timed(copies, WARM_UP, step.fire)
    ours, bare = 0.0, 0.0
    for _ in range(ROUNDS):
        ours += timed(copies, COUNT, fire)
        bare += timed(copies, COUNT, step.fire)
    mine, base = ROUNDS * COUNT / ours, ROUNDS * COUNT / bare
    report.say(
        report.Figure(
            name=f"steps/s ({step.rows} rows each)",
            measured=f"{mine:,.0f}/s",
            baseline=f"{base:,.0f}/s bare SQL",
            ratio=f"{mine / base:.2f}",
            goal="0.2 of it and 2,000/s",
            met=mine / base >= 0.2 and mine >= 2_000,
        )
    )
    bare, ours = timed(copies, HERD, step.fire), timed(copies, HERD, fire)
    report.say(
        report.Figure(
            name="herd of 10,000 due at once",
            measured=f"{ours:.2f} s",
            baseline=f"{bare:.2f} s bare SQL",
            ratio=f"{bare / ours:.2f}",
            goal="5 s",
            met=ours < 5,
        )
    )


def first_step(run: EscalationRun) -> Step:
    """Take the second level of `run` by the clock, as the model for the baseline."""
    before = Marks.now()
    timer = timers.Timer.objects.get(subject_id=run.pk, kind="escalation.step", state="armed")
    timer.due_at = timezone.now()
    timer.save(update_fields=["due_at"])
    assert timers.fire_due().count == 1
    return Step(run, before)


def fire() -> int:
    return timers.fire_due().count


def timed(copies: scene.Copies, count: int, step: Callable[[], int]) -> float:
    """Seconds that `step` takes for `count` new incidents whose second level is due."""
    copies.add(count, due_at=DUE)
    scene.settle()
    began = time.perf_counter()
    done = step()
    seconds = time.perf_counter() - began
    if done != count:
        raise AssertionError(f"{done} of {count} fired")
    return seconds
