"""The ledger: what sealing costs those who write, how far it is behind, and how fast everything is verified.

A clock runs in a process of its own, with its key, and seals; this process writes as people and machines do.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from portal import audit
from portal.audit import keys, leaves, sequence, verify
from portal.models import AuditEntry, Checkpoint, Department, Leaf

from . import report, scene, stage

ENTRIES = 10  # of one state change
SECONDS, TURNS = 2.0, 4  # writing in turns, without and with a clock that seals
PACE, PACED_SECONDS = 500, 8.0  # entries/s
VERIFIED = 200_000


def measure() -> None:
    keys.create("bench/ledger")
    department = make_department()
    append(department)
    lag(department)
    verification()


def make_department() -> Department:
    with audit.action(actor=None, actor_label="bench", reason="bench", at=timezone.now()):
        return Department.objects.create(key="bench", name="Bench")


def change(department: Department, number: int) -> None:
    """One state change: a row with its history, and ENTRIES entries in the ledger."""
    with audit.action(actor=None, actor_label="bench", reason="bench", at=timezone.now()) as action:
        department.name = f"Bench {number}"
        department.save(update_fields=["name"])
        rows = [("thing.done", "portal.thing", str(number), {"n": number, "of": other}) for other in range(ENTRIES - 1)]
        action.record_many(rows)


def rate(department: Department, seconds: float) -> float:
    """Entries that are written in a second, one state change after the other."""
    began, number = time.perf_counter(), 0
    while (taken := time.perf_counter() - began) < seconds:
        change(department, number)
        number += 1
    return number * ENTRIES / taken


@contextmanager
def sealing() -> Iterator[None]:
    """A clock is running, and has caught up."""
    with stage.process("manage.py", "clock", "--no-sweep", log="clock.log"):
        stage.wait_for(is_caught_up, 60, "sealing what was written")
        yield


def is_caught_up() -> bool:
    last = Checkpoint.objects.order_by("-id").first()
    return last is not None and last.size == AuditEntry.objects.count()


def append(department: Department) -> None:
    """Writing with and without sealing, in turns."""
    rate(department, 1.0)
    plain, sealed = 0.0, 0.0
    for _ in range(TURNS):
        scene.settle()
        plain += rate(department, SECONDS) / TURNS
        with sealing():
            sealed += rate(department, SECONDS) / TURNS
    report.say(
        report.Figure(
            name="ledger: entries/s within state changes",
            measured=f"{sealed:,.0f}/s",
            baseline=f"{plain:,.0f}/s unsealed",
            ratio=f"{sealed / plain:.2f}",
            goal="1,000/s at 0.9",
            met=sealed >= 1_000 and sealed / plain >= 0.9,
        )
    )


def lag(department: Department) -> None:
    """How long an entry that is written at PACE waits for the checkpoint that covers it."""
    behind: list[float] = []
    with sealing():
        waiting: list[tuple[float, int]] = []  # (when it was committed, entries by then)
        began, number, count = time.perf_counter(), 0, AuditEntry.objects.count()
        while (now := time.perf_counter() - began) < PACED_SECONDS or waiting:
            if now < PACED_SECONDS and number * ENTRIES < now * PACE:
                change(department, number)
                number, count = number + 1, count + ENTRIES
                waiting.append((time.perf_counter(), count))
            size = Checkpoint.objects.order_by("-id").values_list("size", flat=True)[0]
            while waiting and waiting[0][1] <= size:
                behind.append(time.perf_counter() - waiting.pop(0)[0])
            if now > PACED_SECONDS + 30:
                raise AssertionError(f"{len(waiting)} state changes were not sealed")
            time.sleep(0.002)
    report.say(
        report.Figure(
            name=f"ledger: sealed behind at {PACE} entries/s",
            measured=f"p50 {report.ms(report.percentile(behind, 50))}, p99 {report.ms(report.percentile(behind, 99))}",
            goal="p99 under 2 s",
            met=report.percentile(behind, 99) < 2,
        )
    )


def verification() -> None:
    """Everything is recomputed from the rows; the baseline hashes the same bytes and does nothing else."""
    missing = VERIFIED - AuditEntry.objects.count()
    for start in range(0, max(missing, 0), 20_000):
        with audit.action(actor=None, actor_label="bench", reason="bench", at=timezone.now()) as action:
            action.record_many([("thing.done", "portal.thing", str(n), {"n": n}) for n in range(start, start + 20_000)])
    signer, sequencer, began = keys.load(), sequence.Sequencer(), time.perf_counter()
    before = Leaf.objects.count()
    while sequencer.seal(signer).count:
        pass
    scene.settle()
    sealed = (Leaf.objects.count() - before) / (time.perf_counter() - began)
    report.say(report.Figure(name="ledger: sealed entries/s", measured=f"{sealed:,.0f}/s"))
    entries = AuditEntry.objects.select_related("payload").order_by("id")[:10_000]
    texts = [(leaves.of(entry), (entry.payload.salt + entry.payload.content).encode()) for entry in entries]
    began = time.perf_counter()
    for leaf, payload in texts:
        hashlib.sha256(b"\x00" + leaf).digest(), hashlib.sha256(payload).hexdigest(), hashlib.sha256(leaf[:65]).digest()
    bare = len(texts) / (time.perf_counter() - began)
    began = time.perf_counter()
    found = verify.run()
    ours = found.size / (time.perf_counter() - began)
    if found.findings:
        raise AssertionError(found.findings[:3])
    report.say(
        report.Figure(
            name=f"ledger: verified entries/s of {found.size:,}",
            measured=f"{ours:,.0f}/s",
            baseline=f"{bare:,.0f}/s hashing alone",
            ratio=f"{ours / bare:.2f}",
            goal="100,000/s",
            met=ours >= 100_000,
        )
    )
