"""Databases, environment and processes of the bench; everything it makes is its own and ends with it."""

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from portal.management import supervisor

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "SITE_URL": "http://localhost:8000",
    "EMAIL_URL": "dummy://",
    "PYTHONPATH": str(ROOT),
}


def environment(directory: Path) -> dict[str, str]:
    """This process's environment with what the portal needs."""
    keys = {"SECRET_KEY": secrets.token_urlsafe(50), "DATA_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
    return dict(os.environ) | ENVIRONMENT | keys | {"DATA_DIR": str(directory)}


class Cluster:
    """The PostgreSQL server of DATABASE_URL; makes databases of its own there and drops them at the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.prefix = f"portal_bench_{os.getpid()}"
        self.names: list[str] = []

    def address(self, name: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{self.prefix}_{name}").geturl()

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def create(self, name: str, template: str = "") -> str:
        """A new database, a copy of `template` where it is named; returns its address."""
        source = f' TEMPLATE "{self.prefix}_{template}"' if template else ""
        self.run(f'CREATE DATABASE "{self.prefix}_{name}"{source}')
        self.names.append(name)
        return self.address(name)

    def drop(self, name: str) -> None:
        """Drop what `create` made; nothing where it made nothing."""
        if name not in self.names:
            return
        self.run(f'DROP DATABASE IF EXISTS "{self.prefix}_{name}" WITH (FORCE)')
        self.names.remove(name)

    def close(self) -> None:
        for name in list(self.names):
            with contextlib.suppress(psycopg.Error):
                self.drop(name)


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="portal-bench-", ignore_cleanup_errors=True) as path:
        yield Path(path)


@contextlib.contextmanager
def process(*argv: str, log: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A shipped process for the time of the block; it ends with this one in any case. Its log is in DATA_DIR."""
    parent = os.getpid()
    with Path(os.environ["DATA_DIR"], log).open("ab") as out:
        started = subprocess.Popen(
            [sys.executable, *argv],
            cwd=ROOT,
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=lambda: supervisor.die_with_parent(parent),
        )
        try:
            yield started
        finally:
            started.terminate()
            try:
                started.wait(15)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def wait_for(ready: object, seconds: float, what: str, every: float = 0.05) -> None:
    """Poll `ready()` until it is true; raises TimeoutError."""
    until = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        if time.monotonic() > until:
            raise TimeoutError(f"{what} took more than {seconds:g} s")
        time.sleep(every)
