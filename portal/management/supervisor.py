"""The supervisor behind `manage.py up`: starts the processes, restarts what crashes, ends them in order.

It is run by path as a script of the standard library alone, because it has to stay small and has to
outlive every fault of the processes that it watches. Its one argument is a JSON object:
`{"children": [{"name", "argv", "env", "socket"}], "address": [host, port], "banner": text, "run_dir": path}`.
Children start in that order and end in stages: the first (web) stops taking requests, those that use
the broker follow, a child with a `socket` (the broker) goes last.
"""

import contextlib
import ctypes
import dataclasses
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

STABLE_AFTER = 30.0  # seconds of running after which earlier crashes are forgotten
FIRST_DELAY = 0.5  # seconds before the first restart; doubles with every crash
LONGEST_DELAY = 30.0
GRACE = 10.0  # seconds from SIGTERM to SIGKILL
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int, signum: int = signal.SIGKILL) -> None:
    """Have the kernel end this process when `parent` (a pid) ends, however that happens. Linux only."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)


def restart_delay(crashes: int) -> float:
    """Seconds to wait after the n-th crash in a row: exponential, with jitter."""
    return min(LONGEST_DELAY, FIRST_DELAY * 2 ** (crashes - 1)) * random.uniform(0.5, 1.5)


def say(line: str) -> None:
    print(f"up: {line}", file=sys.stderr, flush=True)


@dataclasses.dataclass
class Child:
    """One process and what is known of its crashes. Times are of the monotonic clock, in seconds."""

    name: str
    argv: list[str]
    env: dict[str, str] = dataclasses.field(default_factory=dict)
    socket: str = ""  # a socket that the child opens when it is ready
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    crashes: int = 0
    due: float = 0.0

    def start(self) -> None:
        parent = os.getpid()
        if self.socket:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.socket)
        self.process = subprocess.Popen(
            self.argv,
            env=os.environ | self.env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then ends them in order
            preexec_fn=lambda: die_with_parent(parent),
        )
        self.started = time.monotonic()
        say(f"{self.name} started, pid {self.process.pid}")

    def wait_ready(self, seconds: float = 5.0) -> None:
        """Wait until the socket exists, at most `seconds`."""
        until = time.monotonic() + seconds
        while self.socket and not os.path.exists(self.socket) and time.monotonic() < until:
            time.sleep(0.02)

    def watch(self, now: float) -> None:
        """Note a crash and plan the restart, or carry it out when it is due."""
        if self.process is None:
            if now >= self.due:
                self.start()
        elif self.process.poll() is not None:
            self.kill_group()
            self.crashes = 1 if now - self.started > STABLE_AFTER else self.crashes + 1
            delay = restart_delay(self.crashes)
            say(f"{self.name} ended with {self.process.returncode}, restart in {delay:.1f} s")
            self.process, self.due = None, now + delay

    def signal(self, signum: int) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signum)

    def kill_group(self) -> None:
        """End what the child itself has started and left behind."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def end(self, until: float) -> None:
        """Wait for the end until the monotonic time `until`, then kill."""
        if self.process:
            try:
                self.process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"{self.name} did not stop in time and is killed")
            self.kill_group()
            self.process.wait()


class Supervisor:
    """Runs until a signal asks it to stop; a second signal cuts the grace short."""

    def __init__(self, children: list[Child], address: tuple[str, int], banner: str) -> None:
        self.children = children
        self.address = address
        self.banner = banner
        self.asked = 0
        self.wake, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        os.set_blocking(self.wake, False)

    def on_signal(self, signum: int, frame: object) -> None:
        self.asked += 1
        if self.asked > 1:
            for child in self.children:
                child.kill_group()

    def run(self) -> int:
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self.on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to wake
        for child in self.children:
            child.start()
            child.wait_ready()
        while not self.asked:
            now = time.monotonic()
            for child in self.children:
                child.watch(now)
            self.greet()
            self.pause()
        self.stop()
        return 0

    def greet(self) -> None:
        """Print the banner once, when the site answers."""
        if self.banner:
            with contextlib.suppress(OSError), socket.create_connection(self.address, timeout=0.2):
                print(self.banner, flush=True)
                self.banner = ""

    def pause(self) -> None:
        """Sleep until a signal, the next restart, or a moment while the site is coming up."""
        timeouts = [max(0.0, child.due - time.monotonic()) for child in self.children if child.process is None]
        select.select([self.wake], [], [], min([*timeouts, 0.2 if self.banner else 5.0]))
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake, 4096)

    def stop(self) -> None:
        say("stopping")
        brokers = [child for child in self.children if child.socket]
        others = [child for child in self.children if not child.socket]
        for stage in (others[:1], others[1:], brokers):
            until = time.monotonic() + GRACE
            for child in stage:
                child.signal(signal.SIGTERM)
            for child in stage:
                child.end(until)
        say("stopped")


def main(plan: str) -> int:
    spec = json.loads(plan)
    children = [Child(**child) for child in spec["children"]]
    try:
        return Supervisor(children, tuple(spec["address"]), spec["banner"]).run()
    finally:
        shutil.rmtree(spec["run_dir"], ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
