"""A throw-away PostgreSQL and Redis for one command: `python -m tests.services [--durable] -- command ...`.

DATABASE_URL and REDIS_URL are respected where they are set. Both servers listen on sockets in a private
directory, keep nothing, and end with this process. A server that is not installed is named and left out
(then the suite runs on SQLite or without Redis), unless REQUIRE_ALL is set: then that is an error.
"""

import argparse
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

from portal.management import supervisor

START = 30.0  # seconds


class Missing(Exception):
    """The server is not installed."""


def find(name: str) -> str:
    """The path of a server program, also where Debian hides PostgreSQL's; the newest version first."""
    hidden = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: -float(path.parts[4]))
    if found := shutil.which(name) or (str(hidden[0]) if hidden else None):
        return found
    raise Missing(f"{name} is not installed")


def launch(argv: list[str], ready: Callable[[], bool], stop_by: int, stack: ExitStack, **options: Any) -> None:
    """Start a server, wait until it is ready, and have it stopped with the stack or with this process."""
    parent = os.getpid()
    process = subprocess.Popen(
        argv,
        start_new_session=True,
        preexec_fn=lambda: supervisor.die_with_parent(parent, stop_by),
        **options,
    )

    def stop() -> None:
        process.send_signal(stop_by)
        process.wait(START)

    stack.callback(stop)
    until = time.monotonic() + START
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{argv[0]} did not start")
        time.sleep(0.05)


class Cluster:
    """A private PostgreSQL cluster that can be stopped and started again; it goes with `stack`."""

    def __init__(self, stack: ExitStack, *, durable: bool = False) -> None:
        names = ("initdb", "postgres", "createdb", "pg_ctl", "pg_isready")
        self.stack, self.programs = stack, {name: find(name) for name in names}
        place = tempfile.TemporaryDirectory(prefix="portal-pg-", ignore_cleanup_errors=True)
        self.directory = Path(stack.enter_context(place))
        self.options: dict[str, Any] = {"cwd": self.directory}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chown(self.directory, account.pw_uid, account.pw_gid)
            self.options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self.data, self.is_new = self.directory / "data", True
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.directory), "max_connections": "200"}
        settings |= {"shared_buffers": "256MB", "log_min_messages": "fatal", "log_statement": "none"}
        if durable:
            settings |= {"track_commit_timestamp": "on"}  # the bench asks when rows were committed
        else:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        self.settings = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        self.run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")

    def run(self, program: str, *arguments: str) -> None:
        argv = [self.programs[program], *arguments]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, **self.options)

    def start(self) -> None:
        argv = [self.programs["postgres"], "-D", str(self.data), *self.settings]
        log = self.stack.enter_context((self.directory / "log").open("ab"))
        launch(argv, self.is_ready, signal.SIGINT, self.stack, stdout=log, stderr=log, **self.options)
        if self.is_new:
            self.run("createdb", "-h", str(self.directory), "-U", "postgres", "portal")
            self.is_new = False

    def is_ready(self) -> bool:
        argv = [self.programs["pg_isready"], "-q", "-h", str(self.directory)]
        return subprocess.run(argv, **self.options).returncode == 0

    def stop_at_once(self) -> None:
        """As in a crash: every connection is cut, what was not committed is gone."""
        self.run("pg_ctl", "-D", str(self.data), "stop", "-m", "immediate")

    @property
    def url(self) -> str:
        return f"postgresql://postgres@{quote(str(self.directory), safe='')}/portal"


def postgres(stack: ExitStack, *, durable: bool = False) -> str:
    """Start a PostgreSQL cluster and return its address, with an empty database named portal."""
    cluster = Cluster(stack, durable=durable)
    cluster.start()
    return cluster.url


def redis(stack: ExitStack) -> str:
    """Start Debian's Redis (not the wheel's Valkey, which `make test` uses) and return its address."""
    server = find("redis-server")
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-redis-", ignore_cleanup_errors=True))
    path = Path(directory, "redis.sock")
    argv = [server, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", directory]
    launch(argv, path.exists, signal.SIGTERM, stack, stdout=subprocess.DEVNULL)
    return f"unix://{path}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--durable", action="store_true", help="PostgreSQL writes to disk before it answers")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    with ExitStack() as stack:
        env, missing = dict(os.environ), []
        env.pop("DJANGO_SETTINGS_MODULE", None)  # our own import has set it; pytest is to read its conftest first
        starters: dict[str, Callable[[], str]] = {
            "DATABASE_URL": lambda: postgres(stack, durable=options.durable),
            "REDIS_URL": lambda: redis(stack),
        }
        for name, start in starters.items():
            if not env.get(name):
                try:
                    env[name] = start()
                except Missing as reason:
                    missing.append(f"NOT COVERED: {reason}, so {name} is not set for this run.")
        if missing and os.environ.get("REQUIRE_ALL"):
            print(*missing, sep="\n", file=sys.stderr)
            return 1
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command gets it, too; this process cleans up
        code = subprocess.run(options.command, env=env, restore_signals=True, preexec_fn=unignore).returncode
        print(*missing, sep="\n", end="\n" if missing else "", file=sys.stderr)
        return code


def unignore() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(main())
