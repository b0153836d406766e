"""The play of the fault tests: one incident whose second level is due, and what must be true at its end."""

import os
import signal
import time
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from tests.faults import crash
from tests.faults.stage import Stage, Times

TELLS_LEVEL_TWO = 6.0  # minutes after filing: the first window (5) has passed
END = 28.0  # the third level and the first timebox are due by then, the lease of every send has ended
ROUND = timedelta(seconds=40)  # longer than a lease, shorter than what counts as late
WORKER = ["celery", "-A", "portal", "worker", "--queues", "urgent,routine", "--pool", "threads", "--concurrency", "1"]
WORKER += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]


class Play:
    """A stage with three kept states: `quiet` (nothing has happened), `filed` (level one told) and `told` (level
    two told, its messages waiting)."""

    def __init__(self, backend: str, redis_url: str = "") -> None:
        self.stage = Stage(backend, "play", redis_url=redis_url)
        self.times = Times(self.stage.call("prepare", minutes_ago=TELLS_LEVEL_TWO + 1))
        self.give_the_lead_a_webhook()
        self.stage.keep("quiet")
        self.stage.call("file", at=self.times.after(0))
        self.stage.call("no_updates_owed")
        self.stage.keep("filed")
        self.at = self.times.after(TELLS_LEVEL_TWO)
        assert self.stage.clock(self.at, more=["--no-sweep"]) == 0
        self.stage.keep("told")
        self.count_anew()
        self.reset("filed")
        self.finish()
        self.expected: dict[str, Any] = self.stage.call("state")
        assert not (found := self.problems()), found
        assert self.stage.mail.mails and self.stage.hook.posts

    def give_the_lead_a_webhook(self) -> None:
        """Proved as a person proves it: by the link that arrives there."""
        hook = self.stage.hook
        hook.secret = self.stage.call("add_webhook", address=hook.url, at=self.times.after(-2))
        assert self.stage.clock(self.times.after(-1)) == 0
        (post,) = hook.posts
        self.stage.call("prove", token=post.content["text"].partition("/go/")[2].strip("/"), at=self.times.after(-1))

    def count_anew(self) -> None:
        self.kills = 0
        self.seen: Counter[str] = Counter()  # arrivals by channel
        self.repeated: Counter[str] = Counter()  # messages that arrived more than once, by channel

    def reset(self, name: str) -> None:
        self.stage.back_to(name)

    def finish(self, **order: Any) -> None:
        """Go on after a crash as a restarted clock does, to the end: rounds of the shipped clock with its sweep."""
        for turn in range(40):
            late = self.times.after(END + turn / 4)
            code = self.stage.clock(late if turn else self.at, **order)
            assert code == 0, self.stage.tail()
            if turn and not self.stage.call("left", at=late):
                return
        raise AssertionError("the play does not end")

    def go_on(self, at: str, **order: Any) -> None:
        """Rounds of the clock from `at` on until nothing is due."""
        late = datetime.fromisoformat(at)
        for _round in range(12):
            assert self.stage.clock(late, **order) == 0, self.stage.tail()
            if late.isoformat() != at and not self.stage.call("overdue", at=late.isoformat()):
                return
            late += ROUND
        raise AssertionError("it does not end")

    def problems(self) -> list[str]:
        """What is wrong at the end; empty when all promises hold."""
        found = [broken] if (broken := self.stage.audit()) else []
        if hasattr(self, "expected"):
            state = self.stage.call("state")
            for name, value in self.expected.items():
                if state[name] != value:
                    found.append(f"{name} differs: {state[name]} instead of {value}")
        return found + self.wrong_deliveries()

    def wrong_deliveries(self, needless: Collection[str] = ()) -> list[str]:
        """What the real mail and web servers saw against what the books say (I1, I2, I5).

        Messages of the ids `needless` did not have to leave any more.
        """
        mails, posts = self.stage.mail.mails, self.stage.hook.posts
        arrived = {
            "email": [(mail["Message-ID"].strip("<>").split("@")[0], "X-Possible-Duplicate" in mail) for mail in mails],
            "webhook": [(post.id, post.is_marked) for post in posts],
        }
        found = [f"webhook {post.id} would not be believed: {post.wrong}" for post in posts if post.wrong]
        for channel, books in self.stage.call("deliveries").items():
            owed = {pk: row for pk, row in books.items() if pk not in needless}
            found += against_the_books(channel, arrived[channel], owed)
            times = Counter(pk for pk, _ in arrived[channel])
            self.seen[channel] += times.total()
            self.repeated[channel] += sum(number > 1 for number in times.values())
        return found

    def clock_dies(self, point: int, **order: Any) -> bool:
        """The shipped clock runs and is killed before its n-th point; False when it survived."""
        code = self.stage.clock(self.at, crash_at=point, report=self.stage.report(), **order)
        assert code in (0, crash.EXIT_CODE), self.stage.tail()
        self.kills += code == crash.EXIT_CODE
        return bool(code == crash.EXIT_CODE)

    def worker_dies(self, point: int, **order: Any) -> bool:
        """The shipped worker runs on hints until nothing waits, and is killed before its n-th point."""
        self.stage.call("flush_broker")
        self.stage.call("publish")
        order |= {"crash_at": point, "report": self.stage.report(), "log": str(self.stage.log)}
        pid = self.stage.order(run=WORKER, wait=False, **order)["pid"]
        until = time.monotonic() + 20
        while time.monotonic() < until and not gone(pid):
            if not self.stage.call("waiting"):
                os.kill(pid, signal.SIGTERM)
                break
            time.sleep(0.05)
        code = self.reap(pid)
        self.stage.let_go()
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

    def figures(self, who: str) -> str:
        """What was tried, and what the real servers saw."""
        points, what = self.stage.points()
        said = [f"{who} on {self.stage.backend}: {points} points (the last: {what}), {self.kills} kills"]
        for channel, server in {"email": "SMTP", "webhook": "HTTP"}.items():
            seen, repeated = self.seen[channel], self.repeated[channel]
            said.append(f"  the {server} server saw {seen} deliveries; {repeated} messages arrived more than once")
        return "\n".join(said)


def against_the_books(channel: str, arrived: list[tuple[str, bool]], books: dict[str, dict[str, Any]]) -> list[str]:
    """What is wrong with the arrivals, each (message id, whether it carries the mark of a possible duplicate)."""
    total, unmarked = Counter(pk for pk, _ in arrived), Counter(pk for pk, is_marked in arrived if not is_marked)
    found = [f"{channel} {pk} arrived and stands in no book" for pk in total.keys() - books.keys()]
    for pk, row in books.items():
        # A failed one went on by the person's next method, a bundled one is listed in another.
        if not total[pk] and row["state"] not in ("failed", "bundled"):
            found.append(f"{channel} {pk} never reached its recipient")
        if unmarked[pk] > 1 or (total[pk] > 1 and not row["mark"]):
            found.append(f"{channel} {pk} arrived {total[pk]} times, {unmarked[pk]} times without a mark")
        if row["unmarked"] > 1:
            found.append(f"{channel} {pk} has {row['unmarked']} unmarked tries")
    return found


def gone(pid: int) -> bool:
    """Whether the process has ended (it stays a zombie until the warmed parent reaps it)."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "Z"
