"""The play of the fault tests: one incident whose second level is due, and what must be true at its end."""

import os
import signal
import time
from collections import Counter
from typing import Any

from tests.faults import crash
from tests.faults.stage import Stage, Times

TELLS_LEVEL_TWO = 6.0  # minutes after filing: the first window (5) has passed
END = 28.0  # the third level and the first timebox are due by then, the lease of every send has ended
WORKER = ["celery", "-A", "portal", "worker", "--queues", "urgent,routine", "--pool", "threads", "--concurrency", "1"]
WORKER += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]


class Play:
    """A stage with two kept states: `filed` (level one told) and `told` (level two told, its messages waiting)."""

    def __init__(self, backend: str, redis_url: str = "") -> None:
        self.stage = Stage(backend, "play", redis_url=redis_url)
        self.times = Times(self.stage.call("prepare", minutes_ago=TELLS_LEVEL_TWO + 1))
        self.stage.call("file", at=self.times.after(0))
        self.stage.keep("filed")
        self.at = self.times.after(TELLS_LEVEL_TWO)
        assert self.stage.clock(self.at, more=["--no-sweep"]) == 0
        self.stage.keep("told")
        self.kills = self.mails = 0
        self.reset("filed")
        self.finish()
        self.expected: dict[str, Any] = self.stage.call("state")
        assert self.problems() == []

    def reset(self, name: str) -> None:
        self.stage.back_to(name)

    def finish(self, **order: Any) -> None:
        """Go on after a crash as a restarted clock does, to the end: rounds of the shipped clock with its sweep."""
        for turn in range(40):
            late = self.times.after(END + turn / 4)
            code = self.stage.clock(late if turn else self.at, **order)
            assert code == 0, self.stage.tail()
            if turn and not self.stage.call("waiting") and not self.stage.call("due", at=late):
                return
        raise AssertionError("the play does not end")

    def problems(self) -> list[str]:
        """What is wrong at the end; empty when all promises hold."""
        found = [broken] if (broken := self.stage.audit()) else []
        if hasattr(self, "expected"):
            state = self.stage.call("state")
            for name, value in self.expected.items():
                if state[name] != value:
                    found.append(f"{name} differs: {state[name]} instead of {value}")
        return found + self.wrong_deliveries()

    def wrong_deliveries(self) -> list[str]:
        """What the real mail server saw against what the books say (I1, I2)."""
        found = []
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

    def clock_dies(self, point: int, **order: Any) -> bool:
        """The shipped clock runs and is killed before its n-th point; False when it survived."""
        code = self.stage.clock(self.at, crash_at=point, report=self.stage.report(), **order)
        assert code in (0, crash.EXIT_CODE), self.stage.tail()
        self.kills += code == crash.EXIT_CODE
        return bool(code == crash.EXIT_CODE)

    def worker_dies(self, point: int) -> bool:
        """The shipped worker runs on hints until nothing waits, and is killed before its n-th point."""
        self.stage.call("flush_broker")
        self.stage.call("publish")
        order = {"crash_at": point, "report": self.stage.report(), "log": str(self.stage.log)}
        pid = self.stage.order(run=WORKER, wait=False, **order)["pid"]
        until = time.monotonic() + 20
        while time.monotonic() < until and not gone(pid):
            if not self.stage.call("waiting"):
                os.kill(pid, signal.SIGTERM)
                break
            time.sleep(0.05)
        code = self.reap(pid)
        assert code in (0, crash.EXIT_CODE), (code, self.stage.tail())
        self.kills += code == crash.EXIT_CODE
        return bool(code == crash.EXIT_CODE)

    def reap(self, pid: int, seconds: float = 20) -> int:
        """Wait for a child of the warmed parent, at last with force; its exit code."""
        until = time.monotonic() + seconds
        while not gone(pid):
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        return int(self.stage.order(reap=pid)["code"])

    def tell(self, who: str) -> None:
        """Print what was tried and seen."""
        points, what = self.stage.points()
        seen = f"{points} points, {self.kills} kills, {self.mails} mails received by the server"
        print(f"\n{who} on {self.stage.backend}: {seen} (last point: {what})")


def gone(pid: int) -> bool:
    """Whether the process has ended (it stays a zombie until the warmed parent reaps it)."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "Z"
