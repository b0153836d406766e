"""`manage.py up`, with real processes: it starts, restarts what crashes, and leaves nothing behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from portal.management import embedded, supervisor

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
PARENT_OF_A_SLEEPER = [
    sys.executable,
    "-c",
    "import os, time\n"
    "from portal.management import supervisor\n"
    "me = os.getpid()\n"
    "if os.fork() == 0: supervisor.die_with_parent(me)\n"
    "time.sleep(600)",
]
STUBBORN = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="process tables are read from /proc")


def marked(mark: str) -> dict[int, str]:
    """The living processes whose environment carries `mark`: pid to command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark.encode() in (entry / "environ").read_bytes():
                    status = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                    if status != "Z":
                        found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def eventually(look: Callable[[], T], seconds: float = 20.0, so: str = "") -> T:
    """The first true answer of `look`; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not (answer := look()):
        assert time.monotonic() < until, so or "this never came true"
        time.sleep(0.05)
    return answer


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """An environment entry that marks the processes of this test, all of which it ends."""
    text = f"UP_TEST={tmp_path}"
    yield text
    for pid in marked(text):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def supervise(mark: str, tmp_path: Path, children: dict[str, list[str]]) -> subprocess.Popen[bytes]:
    plan = {
        "children": [{"name": name, "argv": argv} for name, argv in children.items()],
        "address": ["127.0.0.1", 1],
        "banner": "",
        "run_dir": str(tmp_path / "run"),
    }
    name, value = mark.split("=", 1)
    env = os.environ | {name: value, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, supervisor.__file__, json.dumps(plan)], env=env, cwd=ROOT)


def commands(mark: str, part: str) -> list[int]:
    return [pid for pid, command in marked(mark).items() if part in command and "supervisor.py" not in command]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_children_and_exits_0(mark: str, tmp_path: Path, signum: int) -> None:
    process = supervise(mark, tmp_path, {"one": SLEEPER, "two": SLEEPER})
    eventually(lambda: len(commands(mark, "sleep(600)")) == 2)
    process.send_signal(signum)
    assert process.wait(20) == 0
    assert marked(mark) == {}


def test_a_killed_supervisor_leaves_neither_child_nor_grandchild(mark: str, tmp_path: Path) -> None:
    process = supervise(mark, tmp_path, {"one": SLEEPER, "two": PARENT_OF_A_SLEEPER, "three": STUBBORN})
    eventually(lambda: len(commands(mark, "sleep(600)")) == 4)
    process.kill()
    process.wait(20)
    eventually(lambda: marked(mark) == {}, so=f"left: {marked(mark)}")


def test_a_crashed_child_is_restarted_and_its_own_children_are_ended(mark: str, tmp_path: Path) -> None:
    supervise(mark, tmp_path, {"one": SLEEPER, "two": PARENT_OF_A_SLEEPER})
    before = eventually(lambda: len(found := commands(mark, "fork()")) == 2 and found)
    os.kill(min(before), signal.SIGKILL)
    after = eventually(lambda: len(found := commands(mark, "fork()")) == 2 and not set(found) & set(before) and found)
    assert len(after) == 2
    assert len(commands(mark, "-c import time; time.sleep")) == 1


def test_a_child_that_ignores_the_request_is_killed_by_a_second_signal(mark: str, tmp_path: Path) -> None:
    process = supervise(mark, tmp_path, {"one": STUBBORN})
    eventually(lambda: commands(mark, "SIG_IGN"))
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert marked(mark) == {}


def test_the_wait_before_a_restart_grows_with_each_crash_up_to_a_limit() -> None:
    for crashes in range(1, 40):
        base = min(supervisor.LONGEST_DELAY, supervisor.FIRST_DELAY * 2 ** (crashes - 1))
        assert 0.5 * base <= supervisor.restart_delay(crashes) <= 1.5 * base
