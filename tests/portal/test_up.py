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

from portal.management import supervisor
from tests.faults.sinks import free_port

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
    """The living processes with `mark` in their environment, or its value in their command line (Redis overwrites
    its environment): pid to command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                environment, command = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                if state != "Z" and (mark.encode() in environment or mark.split("=", 1)[1].encode() in command):
                    found[int(entry.name)] = command.replace(b"\0", b" ").decode()
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


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=5)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


def up(mark: str, tmp_path: Path, port: int, **env: str) -> "subprocess.Popen[str]":
    name, value = mark.split("=", 1)
    kept = {key: text for key, text in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL", "SITE_URL")}
    own = {name: value, "DATA_DIR": str(tmp_path / "data"), "PORT": str(port), "DEMO": "1", "EMAIL_URL": ""}
    return subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        env=kept | own | env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=(tmp_path / "log").open("w"),
        text=True,
    )


@pytest.mark.processes
def test_up_brings_a_site_that_answers_and_stops_in_order(mark: str, tmp_path: Path) -> None:
    port = free_port()
    process = up(mark, tmp_path, port)
    assert process.stdout
    shown = "".join(iter(process.stdout.readline, "  Ctrl-C stops everything.\n"))
    password = (tmp_path / "data" / "demo_password").read_text()
    assert f"http://localhost:{port}" in shown and password in shown and str(tmp_path / "data" / "mail") in shown
    eventually(lambda: answers(port), so=(tmp_path / "log").read_text())
    for part in ("redis.sock", "gunicorn", "celery", "manage.py clock", "manage.py watchdog"):
        assert eventually(lambda part=part: commands(mark, part)), part

    web = commands(mark, "gunicorn")
    os.kill(min(web), signal.SIGKILL)
    eventually(lambda: not set(web) & set(commands(mark, "gunicorn")))
    eventually(lambda: answers(port))

    second = up(mark, tmp_path, free_port())
    assert second.wait(60) == 1
    assert "already running" in (tmp_path / "log").read_text()

    process.send_signal(signal.SIGINT)
    assert process.wait(40) == 0, (tmp_path / "log").read_text()
    assert marked(mark) == {}


@pytest.mark.processes
def test_up_leaves_no_process_when_it_is_killed(mark: str, tmp_path: Path) -> None:
    port = free_port()
    process = up(mark, tmp_path, port)
    eventually(lambda: answers(port), 120)
    eventually(lambda: len(marked(mark)) >= 6)
    process.kill()
    process.wait(20)
    eventually(lambda: marked(mark) == {}, so=f"left: {marked(mark)}")


def test_up_says_so_when_the_port_is_taken(mark: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = up(mark, tmp_path, taken.getsockname()[1])
        assert process.wait(60) == 1
    assert "Set PORT to a free one" in (tmp_path / "log").read_text()
    assert not (tmp_path / "data" / "db.sqlite3").exists()
