"""Kill the shipped processes before every statement, commit and send; nothing may get lost or doubled unmarked.

Points run on PostgreSQL, every fifth also on SQLite. A crash is ``os._exit`` in the forked child that runs the
shipped command; n grows from 1 until a run survives. After each: the rest is played to its end, the invariants
are checked by ``manage.py clock --audit``, the end state is compared with that of a run without a kill, and what
a real SMTP server received is counted.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults import crash
from tests.faults.stage import Stage, Times

pytestmark = pytest.mark.faults

TELLS_LEVEL_TWO = 6.0  # minutes after filing: the first window (5) has passed
END = 28.0  # everything that the play still owes is due by then
FEWEST_KILLS = 60


class Play:
    """One incident whose second level is due, on a stage, with the end state of a run that nobody kills."""

    def __init__(self, backend: str, redis_url: str = "") -> None:
        self.stage = Stage(backend, "kills", redis_url=redis_url)
        self.times = Times(self.stage.call("prepare", minutes_ago=TELLS_LEVEL_TWO + 1))
        self.stage.call("file", at=self.times.after(0))
        self.stage.keep("filed")
        self.kills = 0
        self.mails = 0
        self.expected: dict[str, Any] = {}

    def finish(self, **order: Any) -> None:
        """Play to the end: as many rounds of the shipped clock, with its sweep, as it takes."""
        for turn in range(40):
            late = self.times.after(END + turn / 4)
            code = self.stage.clock(late, **order)
            assert code == 0, self.stage.log.read_text()[-3000:]
            if not self.stage.call("waiting") and not self.stage.call("due", at=late):
                return
        raise AssertionError("the play does not end")

    def problems(self, expected: dict[str, Any] | None) -> list[str]:
        """What is wrong at the end; empty when all promises hold."""
        found = []
        if broken := self.stage.audit():
            found.append(broken)
        state = self.stage.call("state")
        if expected is not None:
            found += [
                f"{name} differs: {state[name]} != {expected[name]}"
                for name in expected
                if state[name] != expected[name]
            ]
        delivered = Counter(mail["Message-ID"].strip("<>").split("@")[0] for mail in self.stage.mail.mails)
        books = self.stage.call("deliveries")
        for pk, marked in books["marks"].items():
            if not delivered[pk]:
                found.append(f"message {pk} never reached its recipient")
            if delivered[pk] > 1 and not marked:
                found.append(f"message {pk} arrived {delivered[pk]} times without a mark")
            if books["unmarked"].get(pk, 0) > 1:
                found.append(f"message {pk} has {books['unmarked'][pk]} unmarked tries")
        self.mails += len(self.stage.mail.mails)
        return found

    def reference(self, base: str = "filed") -> dict[str, Any]:
        self.stage.back_to(base)
        self.finish()
        assert self.problems(None) == []
        return self.stage.call("state")

    def tell(self, who: str) -> None:
        """Print what was tried and seen."""
        seen = f"{self.stage.points()[0]} points, {self.kills} kills, {self.mails} mails received"
        print(f"\n{who} on {self.stage.backend}: {seen}")

    def close(self) -> None:
        self.stage.close()


@pytest.fixture(params=["postgresql", "sqlite"])
def play(request: pytest.FixtureRequest) -> Iterator[Play]:
    play = Play(request.param)
    yield play
    play.close()


def step_of(backend: str) -> int:
    return 1 if backend == "postgresql" else 5


def test_the_clock_may_die_before_any_statement(play: Play) -> None:
    """The clock tells level two and sweeps; it dies before its n-th point and a new one goes on."""
    expected = play.reference()
    at = play.times.after(TELLS_LEVEL_TWO)
    point, found = 1, []
    while True:
        play.stage.back_to("filed")
        code = play.stage.clock(at, crash_at=point, report=play.stage.report())
        died = code == crash.EXIT_CODE
        assert died or code == 0, play.stage.log.read_text()[-3000:]
        play.kills += died
        play.finish()
        found += [f"killed at {play.stage.points()}: {problem}" for problem in play.problems(expected)]
        if not died:
            break
        point += step_of(play.stage.backend)
    play.tell("clock")
    assert found == []
    assert play.kills >= FEWEST_KILLS // step_of(play.stage.backend)


@pytest.mark.redis
def test_a_worker_may_die_before_any_statement() -> None:
    """A Celery worker delivers what the hints name; it dies before its n-th point, and the sweep or a hint goes on."""
    play = Play("postgresql", redis_url=os.environ["REDIS_URL"])
    try:
        expected = play.reference()
        point, found = 1, []
        while True:
            play.stage.back_to("filed")
            died = worker(play, crash_at=point)
            play.kills += died
            play.finish()
            found += [f"killed at {play.stage.points()}: {problem}" for problem in play.problems(expected)]
            if not died:
                break
            point += 1
        play.tell("worker")
        assert found == []
        assert play.kills >= 8
    finally:
        play.close()


WORKER = [
    "celery",
    "-A",
    "portal",
    "worker",
    "--queues",
    "urgent,routine",
    "--pool",
    "threads",
    "--concurrency",
    "1",
    "--loglevel",
    "WARNING",
    "--without-gossip",
    "--without-mingle",
    "--without-heartbeat",
]


def worker(play: Play, **order: Any) -> bool:
    """Run the shipped worker until it dies or nothing waits any more; True when it died at its point."""
    play.stage.call("flush_broker")
    play.stage.call("publish")
    pid = play.stage.order(run=WORKER, log=str(play.stage.log), report=play.stage.report(), wait=False, **order)["pid"]
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if gone(pid):
            break
        if not play.stage.call("waiting"):
            os.kill(pid, signal.SIGTERM)
            break
        time.sleep(0.05)
    else:
        os.kill(pid, signal.SIGKILL)
    code = play.stage.order(reap=pid)["code"]
    assert code in (0, crash.EXIT_CODE), (code, play.stage.log.read_text()[-3000:])
    return bool(code == crash.EXIT_CODE)


def gone(pid: int) -> bool:
    """Whether the process has ended (it stays a zombie until the warmed parent reaps it)."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "Z"


@pytest.mark.parametrize("mutant", ["sent_before_sending", "next_timer_in_memory", "no_duplicate_marking"])
def test_a_wrong_build_turns_red(mutant: str) -> None:
    """Each mutant, killed at the same points, must be found out."""
    play = Play("postgresql")
    try:
        expected = play.reference()
        at = play.times.after(TELLS_LEVEL_TWO)
        for point in range(1, 400):
            play.stage.back_to("filed")
            code = play.stage.clock(at, crash_at=point, report=play.stage.report(), mutant=mutant)
            play.finish(mutant=mutant)
            if play.problems(expected):
                print(f"\n{mutant}: found out by the kill at point {point}")
                return
            if code == 0:
                break
        raise AssertionError(f"{mutant} stayed green")
    finally:
        play.close()
