"""What `manage.py up` takes in all: every process of it, without any server of the environment."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from . import report, stage

GOAL = 450  # MB
VISITS = 30


def measure() -> None:
    port = free_port()
    directory = Path(os.environ["DATA_DIR"], "up")
    directory.mkdir()
    env = {"DEMO": "1", "PORT": str(port), "DATA_DIR": str(directory), "SITE_URL": f"http://127.0.0.1:{port}"}
    env |= {"DATABASE_URL": "", "REDIS_URL": "", "EMAIL_URL": ""}
    with stage.process("manage.py", "up", log="up.log", **env) as up:
        address = f"http://127.0.0.1:{port}"
        stage.wait_for(lambda: answers(f"{address}/readyz"), 40, "manage.py up", every=0.2)
        for _ in range(VISITS):
            answers(f"{address}/accounts/login/")
        time.sleep(5)  # the clock beats, the worker has connected
        parts = {name(pid): 0.0 for pid in tree(up.pid)}
        for pid in tree(up.pid):
            parts[name(pid)] += pss(pid)
    total = sum(parts.values())
    report.say(
        report.Figure(
            name="memory of manage.py up",
            measured=f"{total:.0f} MB PSS",
            baseline=f"{python_alone():.0f} MB bare Django",
            ratio=", ".join(f"{key} {value:.0f}" for key, value in sorted(parts.items())),
            goal=f"{GOAL} MB",
            met=total < GOAL,
        )
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.read() is not None and response.status == 200)
    except OSError:
        return False


def tree(pid: int) -> list[int]:
    """`pid` and all that descends from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += tree(int(child))
    return found


def pss(pid: int) -> float:
    """Proportional set size in MB: shared pages are counted once in all."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    for known, part in (("gunicorn", "web"), ("celery", "worker"), ("clock", "clock"), ("watchdog", "watchdog")):
        if known in words:
            return part
    return "up" if any("supervisor" in word for word in words) else "redis"


def python_alone() -> float:
    """A process that has only set up the portal's Django."""
    code = "import django; django.setup(); print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=stage.ROOT
    ) as alone:
        assert alone.stdout is not None
        alone.stdout.readline()
        size = pss(alone.pid)
        alone.kill()
    return size
