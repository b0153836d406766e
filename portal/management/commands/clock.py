"""`manage.py clock`: fires what is due, delivers what no worker took, seals and verifies. Any number may run."""

import gc
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections, connection, connections
from django.utils import dateparse, timezone

from portal import delivery, feeds, registry, timers
from portal.models.people import Lane
from portal.reads import health
from portal.services import audit_runs, ledger, nightly, witnesses

log = structlog.get_logger(__name__)

LONGEST_SLEEP = 0.5  # seconds
SHORTEST_SLEEP = 0.02  # seconds, when all that is due is locked by somebody
ROUND = 2_000  # timers before the heart beats again
BEAT_EVERY = {"postgresql": 1.0, "sqlite": 5.0}  # seconds
BACKOFF_LONGEST = 5.0  # seconds between tries while the database is away
FULL_LOOK_EVERY = 10.0  # seconds; in between, the dead beginning of the index is spared
FLOOR = timedelta(seconds=15)
SWEEP_EVERY = 1.0  # seconds
SWEEPERS = (Lane.URGENT, Lane.URGENT, Lane.ROUTINE)
SEAL_EVERY = 0.4  # seconds
WORK_EVERY = 1.0  # seconds
WITNESS_EVERY = 5.0  # seconds
BACKLOG = 500  # entries sealed in one round after which the next begins at once


class Command(BaseCommand):
    help = "Fire due timers, deliver waiting messages and seal the ledger until SIGTERM; or check the invariants."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="fire and deliver what is due now, then end")
        parser.add_argument(
            "--at", metavar="T", help="pretend that it is T (ISO 8601 with offset); needs --once and DEMO"
        )
        parser.add_argument("--audit", action="store_true", help="check all invariants; exit 1 when one is violated")
        parser.add_argument("--no-sweep", action="store_true", help="leave delivery to others")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["audit"]:
            self.audit()
            return
        at = self.moment(options["at"])
        if options["once"]:
            self.once(at, sweep=not options["no_sweep"])
            return
        if options["at"]:
            raise CommandError("--at moves one look only: use it with --once.")
        Clock(sweep=not options["no_sweep"]).run()

    def moment(self, text: str | None) -> datetime | None:
        if not text:
            return None
        if not settings.DEMO:
            raise CommandError("--at moves time and is refused unless DEMO is set.")
        at = dateparse.parse_datetime(text)
        if at is None or at.tzinfo is None:
            raise CommandError("--at needs a time with an offset, such as 2026-03-12T14:30:00+01:00.")
        return at

    def once(self, at: datetime | None, *, sweep: bool) -> None:
        fired = timers.fire_due(at=at or shifted())
        sent = 0
        if sweep:
            for lane in Lane.values:
                # What was caused just now lies at this very moment, so no grace.
                sent += delivery.sweep(lane=lane, at=self.settled(at or shifted()), grace=timedelta(), seconds=600)
            for _name, another in registry.sweeps.items():
                sent += another(at=at or shifted(), grace=timedelta())
        keeper, sealed = ledger.Keeper(), 0
        while done := keeper.round(at=at or shifted()).count:
            sealed += done
        feeds.follow_all(at=at or shifted())
        self.stdout.write(
            f"fired {fired.count}, parked {fired.parked}, left {fired.left}, tried to send {sent}, sealed {sealed}"
        )

    def settled(self, at: datetime | None) -> datetime | None:
        """When all that this look has fired may leave: after a storm a little later than now."""
        if timers.storm.began is None:
            return at
        return (at or timezone.now()) + timers.SETTLE

    def audit(self) -> None:
        violations = [f"{name}: {sentence}" for name, check in registry.invariants.items() for sentence in check()]
        for line in violations:
            self.stdout.write(line)
        self.stdout.write(f"{len(registry.invariants.items())} invariants checked, {len(violations)} violations")
        if violations:
            sys.exit(1)


def shifted() -> datetime | None:
    """The clock's own time when CLOCK_OFFSET moves it, else None: the database's."""
    return timezone.now() + timedelta(seconds=settings.CLOCK_OFFSET) if settings.CLOCK_OFFSET else None


def calm_collector() -> None:
    """Spare the garbage collector what lives as long as the process; a batch makes thousands of rows at once."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 100)


class Clock:
    """The loop that fires, and the threads that sweep; it survives every outage of the database."""

    def __init__(self, *, sweep: bool) -> None:
        self.stopping = threading.Event()
        self.sweep = sweep
        self.since = timezone.now()
        self.failures = 0
        self.last_beat = self.last_full_look = float("-inf")

    def run(self) -> None:
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: self.stopping.set())
        calm_collector()
        sys.setswitchinterval(delivery.SWITCH)  # the sweepers must not hold up the loop that fires
        log.info("clock.started", offset=settings.CLOCK_OFFSET)
        lanes = SWEEPERS if self.sweep else ()
        threads = [threading.Thread(target=self.sweep_loop, args=(lane,), daemon=True) for lane in lanes]
        if self.sweep:
            threads += [
                threading.Thread(target=self.other_loop, args=entry, daemon=True) for entry in registry.sweeps.items()
            ]
        loops = self.seal_loop, self.feed_loop, self.work_loop, self.witness_loop
        threads += [threading.Thread(target=loop, daemon=True) for loop in loops]
        for thread in threads:
            thread.start()
        while not self.stopping.is_set():
            self.guarded(self.round)
        for thread in threads:
            thread.join(delivery.DEADLINE + 2)
        connections.close_all()
        log.info("clock.stopped")

    def guarded(self, step: Callable[[], float]) -> None:
        """One step and its pause; whatever goes wrong, the clock goes on."""
        try:
            close_old_connections()
            pause = step()
            self.failures = 0
        except Exception as error:
            self.failures += 1
            pause = min(BACKOFF_LONGEST, 0.1 * 2 ** min(self.failures, 10)) * random.uniform(0.5, 1.0)
            log.error("clock.step_failed", step=step.__name__, error=repr(error), again_in=round(pause, 2))
            connection.close()
        if pause > 0:
            self.stopping.wait(pause)

    def round(self) -> float:
        """Beat, fire, and return how long to sleep (seconds)."""
        self.beat()
        now = time.monotonic()
        floor = None
        if now - self.last_full_look < FULL_LOOK_EVERY:
            floor = (shifted() or timezone.now()) - FLOOR
        fired = timers.fire_due(at=shifted(), limit=ROUND, since=floor)
        if fired.count or fired.parked:
            log.info("clock.fired", count=fired.count, parked=fired.parked, left=fired.left)
        if floor is None and fired.count < ROUND and not fired.left:
            self.last_full_look = now  # nothing old is waiting
        if fired.next_due_at is None:
            return LONGEST_SLEEP
        left = (fired.next_due_at - (shifted() or timezone.now())).total_seconds()
        if left <= 0:
            return 0.0 if fired.count and not fired.left else SHORTEST_SLEEP
        return min(LONGEST_SLEEP, max(left, 0.001))

    def beat(self) -> None:
        now = time.monotonic()
        if now - self.last_beat >= BEAT_EVERY.get(connection.vendor, 1.0):
            detail = {"since": self.since.isoformat(), "worker": delivery.worker_name()}
            timers.beat(health.CLOCK, at=timezone.now(), detail=detail)
            self.last_beat = now

    def sweep_loop(self, lane: str) -> None:
        def sweep() -> float:
            delivery.sweep(lane=lane, at=shifted(), stop=self.stopping.is_set)
            return SWEEP_EVERY * random.uniform(0.5, 1.0)

        self.apart(f"sweep {lane}", sweep)

    def other_loop(self, name: str, another: Callable[..., int]) -> None:
        """What an app above sends by itself."""

        def sweep() -> float:
            another(at=shifted(), stop=self.stopping.is_set)
            return SWEEP_EVERY * random.uniform(0.5, 1.0)

        self.apart(f"sweep {name}", sweep)

    def seal_loop(self) -> None:
        keeper = ledger.Keeper()

        def seal() -> float:
            try:
                return 0.0 if keeper.round(at=shifted()).count >= BACKLOG else SEAL_EVERY
            except Exception:
                keeper.sequencer.forget()
                raise

        self.apart("seal", seal)

    def feed_loop(self) -> None:
        """Indexes and figures follow what was sealed."""

        def follow() -> float:
            feeds.follow_all(at=shifted(), stop=self.stopping.is_set)
            return SEAL_EVERY

        self.apart("feed", follow)

    def work_loop(self) -> None:
        """Verifications and evidence packs, one at a time; one that is not done when the process ends is begun anew."""

        is_armed = False

        def work() -> float:
            nonlocal is_armed
            if not is_armed:
                nightly.arm(at=shifted())
                is_armed = True
            return 0.0 if audit_runs.work(stop=self.stopping.is_set) else WORK_EVERY

        self.apart("work", work)

    def witness_loop(self) -> None:
        """Checkpoints for witnesses outside, whose networks may be slow: nothing else waits for them."""
        giver = witnesses.Giver()

        def look() -> float:
            giver.round(at=lambda: shifted() or timezone.now(), stop=self.stopping.is_set)
            return WITNESS_EVERY * random.uniform(0.8, 1.2)

        self.apart("witness", look)

    def apart(self, name: str, step: Callable[[], float]) -> None:
        """`step` again and again in this thread, with its own connections; it returns the pause in seconds."""
        failures = 0
        while not self.stopping.is_set():
            try:
                close_old_connections()
                pause = step()
                failures = 0
            except Exception as error:
                failures += 1
                pause = min(BACKOFF_LONGEST, 0.2 * 2 ** min(failures, 10))
                log.error("clock.thread_failed", thread=name, error=repr(error))
                connection.close()
            self.stopping.wait(pause)
        connections.close_all()
