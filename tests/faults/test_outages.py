"""Redis killed, hung and absent; a worker killed in the middle of a send; every session terminated; bad receivers.

The shipped ``manage.py clock`` and ``celery worker`` run as they do in production, in real time.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.play import WORKER, Play, gone
from tests.services import find

pytestmark = pytest.mark.faults

PATIENCE = 100.0  # seconds; routine news that failed once waits up to 45


class Broker:
    """A Redis of this test's own, which may be killed and stopped."""

    def __init__(self) -> None:
        self.dir = tempfile.TemporaryDirectory(prefix="portal-redis-")
        self.path = Path(self.dir.name, "redis.sock")
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        argv = [
            find("redis-server"),
            "--port",
            "0",
            "--unixsocket",
            str(self.path),
            "--save",
            "",
            "--dir",
            self.dir.name,
        ]
        self.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        wait(self.path.exists, "Redis starts")

    def signal(self, signum: int) -> None:
        assert self.process is not None
        self.process.send_signal(signum)
        if signum == signal.SIGKILL:
            self.process.wait(10)
            self.path.unlink(missing_ok=True)

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.dir.cleanup()


def wait(ready: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
    """Poll until `ready`, or fail by saying what did not come."""
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.close()


@pytest.fixture(scope="module")
def real(broker: Broker) -> Iterator[Play]:
    play = Play("postgresql", redis_url=broker.url)
    yield play
    play.stage.close()


@pytest.fixture
def running(real: Play, broker: Broker) -> Iterator[Callable[[list[str]], int]]:
    """Start shipped processes on two waiting messages; whatever still runs is ended afterwards."""
    if broker.process is None or broker.process.poll() is not None:
        broker.start()
    real.stage.mail.behavior = real.stage.hook.behavior = "accept"
    real.reset("told")
    pids: list[int] = []

    def start(argv: list[str]) -> int:
        pid = int(real.stage.order(run=argv, wait=False, log=str(real.stage.log))["pid"])
        pids.append(pid)
        return pid

    yield start
    for pid in pids:
        if not gone(pid):
            os.kill(pid, signal.SIGTERM)
    for pid in pids:
        real.reap(pid, 15)


CLOCK = ["manage.py", "clock"]


def marked(play: Play) -> list[str]:
    """The ids of e-mails that are marked as possible duplicates."""
    return [pk for pk, row in play.stage.call("deliveries")["email"].items() if row["mark"]]


def everything_sent(play: Play) -> bool:
    return not play.stage.call("waiting")


def test_without_redis_the_sweep_delivers(real: Play, broker: Broker, running: Any) -> None:
    broker.signal(signal.SIGKILL)
    running(CLOCK)
    wait(lambda: everything_sent(real), "the sweep delivers")
    assert real.wrong_deliveries() == []
    assert real.stage.audit() == ""


def test_with_a_hung_redis_the_sweep_delivers(real: Play, broker: Broker, running: Any) -> None:
    broker.signal(signal.SIGSTOP)
    try:
        running(CLOCK)
        assert real.stage.call("publish") > 0
        wait(lambda: everything_sent(real), "the sweep delivers")
    finally:
        broker.signal(signal.SIGCONT)
    assert real.wrong_deliveries() == []
    assert real.stage.audit() == ""


def test_when_redis_comes_back_the_worker_goes_on(real: Play, broker: Broker, running: Any) -> None:
    running(WORKER)
    broker.signal(signal.SIGKILL)
    broker.start()
    wait(lambda: real.stage.call("publish") == 0 and everything_sent(real), "the worker takes hints again")
    assert real.wrong_deliveries() == []
    assert real.stage.audit() == ""


def test_a_worker_killed_in_the_middle_of_a_send_loses_nothing(real: Play, running: Any) -> None:
    real.stage.mail.behavior = "hang"
    worker = running(WORKER)
    real.stage.call("publish")
    wait(lambda: real.stage.mail.busy, "the worker sends")
    os.kill(worker, signal.SIGKILL)
    real.stage.mail.behavior = "accept"
    running(CLOCK)
    wait(lambda: everything_sent(real), "the clock's sweep sends it again")
    assert real.wrong_deliveries() == []
    assert marked(real), "the second try is marked as a possible duplicate"
    assert real.stage.audit() == ""


def test_when_all_sessions_are_terminated_the_clock_goes_on(real: Play, running: Any) -> None:
    clock = running(CLOCK)
    for _ in range(5):
        with psycopg.connect(real.stage.admin_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [real.stage.name]
            )
        time.sleep(0.2)
    wait(lambda: everything_sent(real), "the clock delivers")
    assert not gone(clock)
    assert real.wrong_deliveries() == []
    assert real.stage.audit() == ""


def test_a_receiver_that_refuses_makes_dead_letters_that_tell_the_operators(real: Play, running: Any) -> None:
    real.stage.mail.behavior = "refuse"
    running(CLOCK)
    wait(lambda: real.stage.call("count", state="dead") > 0, "it is given up")
    assert real.stage.call("alerts") > 0


def test_a_receiver_that_takes_it_and_drops_the_line_gets_a_marked_duplicate(real: Play, running: Any) -> None:
    real.stage.mail.behavior = "drop"
    running(CLOCK)
    wait(lambda: real.stage.mail.mails, "it is taken once")
    real.stage.mail.behavior = "accept"
    wait(lambda: everything_sent(real), "it is sent again")
    assert real.wrong_deliveries() == []
    assert marked(real)


def test_a_hook_that_takes_it_and_hangs_up_gets_it_again_under_the_same_id_and_marked(real: Play, running: Any) -> None:
    real.stage.hook.behavior = "drop"
    running(CLOCK)
    wait(lambda: real.stage.hook.posts, "it is taken once")
    real.stage.hook.behavior = "accept"
    wait(lambda: everything_sent(real), "it is sent again")
    assert real.wrong_deliveries() == []
    first, *again = real.stage.hook.posts
    assert again and {post.id for post in again} == {first.id}
    assert [post.is_marked for post in (first, *again)] == [False] + [True] * len(again)


def test_a_hook_that_refuses_hands_the_news_to_the_next_method(real: Play, running: Any) -> None:
    real.stage.hook.behavior = "refuse"
    running(CLOCK)
    wait(lambda: everything_sent(real), "the mail goes instead")
    assert real.wrong_deliveries() == []
    assert real.stage.hook.posts == []
    assert [mail["To"] for mail in real.stage.mail.mails].count("lead@demo.example") == 1
    assert real.stage.call("count", state="dead") == 0
