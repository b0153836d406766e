"""The stage of a fault test: a database that is put back before each try, a warmed parent, real receivers."""

import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.faults import crash
from tests.faults.sinks import HookSink, MailSink

ROOT = Path(__file__).resolve().parents[2]
number = itertools.count(1)


def named(function: str) -> str:
    """module:function, of the scenes unless it says another module."""
    module, _, name = function.rpartition(".")
    return f"{module or 'scenes'}:{name}"


class Stage:
    """One database with its own warmed parent. `backend` is postgresql or sqlite."""

    def __init__(self, backend: str, name: str, *, redis_url: str = "") -> None:
        self.backend, self.name = backend, f"faults_{name}_{os.getpid()}_{next(number)}x"
        self.dir = Path(tempfile.mkdtemp(prefix="portal-faults-"))
        self.mail = MailSink().start()
        self.hook = HookSink().start()
        self.tries = 0
        if backend == "postgresql":
            self.admin_url = os.environ["DATABASE_URL"]
            parts = urlsplit(self.admin_url)
            url = parts._replace(path=f"/{self.name}").geturl()
            self.sql(f'CREATE DATABASE "{self.name}"')
        else:
            self.file = self.dir / "db.sqlite3"
            url = f"sqlite:///{self.file}"
        self.env = os.environ | {
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "EMAIL_URL": self.mail.url,
            "DATA_DIR": str(self.dir),
            "DEMO": "1",
            "DEMO_EMPTY": "1",
            "DEMO_PASSWORD": "only-for-tests",
            "WEBHOOK_ALLOW_LOOPBACK": "1",  # the guard judges every address; this one range is let through
            "OPERATORS": "operators@demo.example",
            "PYTHONPATH": str(ROOT),
        }
        self.log = self.dir / "children.log"
        self.zygote = self.start_zygote()
        assert self.order(run=["manage.py", "audit", "key", "create"])["code"] == 0

    def start_zygote(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.dir / "zygote.log").open("w"),
            text=True,
        )
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert "ready" in ready, (self.dir / "zygote.log").read_text()
        return process

    def order(self, **order: Any) -> dict[str, Any]:
        assert self.zygote.stdin and self.zygote.stdout
        self.zygote.stdin.write(json.dumps(order) + "\n")
        self.zygote.stdin.flush()
        answer: dict[str, Any] = json.loads(self.zygote.stdout.readline())
        return answer

    def call(self, function: str, **args: Any) -> Any:
        """A function of ``tests.faults.scenes``, or ``module.function`` beside it, in a child of the warmed parent."""
        answer = self.order(call=f"tests.faults.{named(function)}", args=args)
        assert answer["code"] == 0, (self.dir / "zygote.log").read_text()[-4000:]
        return answer["value"]

    def dies(self, function: str, point: int, args: dict[str, Any], **order: Any) -> bool:
        """As `call`, and the child is killed before its n-th point; False when it survived."""
        order |= {"crash_at": point, "report": self.report()}
        code = self.order(call=f"tests.faults.{named(function)}", args=args, **order)["code"]
        self.let_go()
        assert code in (0, crash.EXIT_CODE), (self.dir / "zygote.log").read_text()[-4000:]
        return bool(code == crash.EXIT_CODE)

    def clock(self, at: datetime | str, more: tuple[str, ...] | list[str] = (), **order: Any) -> int:
        """One round of the shipped clock at `at`; returns its exit code."""
        argv = ["manage.py", "clock", "--once", "--at", str(at), *more]
        code = int(self.order(run=argv, log=str(self.log), **order)["code"])
        if "crash_at" in order:
            self.let_go()
        return code

    def let_go(self) -> None:
        """Wait until the server has noticed who died: what the dead still hold, the next clock would pass over.

        The shipped clock comes again at once; a play has one round for each of its moments.
        """
        if self.backend != "postgresql":
            return
        held = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND xact_start IS NOT NULL"
        held += " AND backend_type = 'client backend'"
        until = time.monotonic() + 20
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            while (row := connection.execute(held, [self.name]).fetchone()) is not None and row[0]:
                assert time.monotonic() < until, "somebody who died still holds rows"
                time.sleep(0.01)

    def audit(self) -> str:
        """Sentences about broken invariants; empty when all hold."""
        before = self.log.stat().st_size if self.log.exists() else 0
        argv = ["manage.py", "clock", "--audit"]
        code = int(self.order(run=argv, log=str(self.log))["code"])
        return "" if code == 0 else self.log.read_text()[before:]

    def tail(self) -> str:
        """The last lines of what the children wrote."""
        return self.log.read_text()[-4000:] if self.log.exists() else ""

    # the database, put back

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def keep(self, name: str) -> None:
        """Remember the database as it is now under `name`."""
        if self.backend == "postgresql":
            self.sql(f'DROP DATABASE IF EXISTS "{self.name}_{name}" WITH (FORCE)')
            self.sql(f'CREATE DATABASE "{self.name}_{name}" TEMPLATE "{self.name}"')
        else:
            with closing(sqlite3.connect(self.file)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(self.file, self.dir / name)

    def back_to(self, name: str) -> None:
        """Put the database back and forget what arrived."""
        self.tries += 1
        self.mail.mails.clear()
        self.hook.posts.clear()
        if self.backend == "postgresql":
            self.sql(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            self.sql(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.name}_{name}"')
        else:
            for suffix in ("-wal", "-shm"):
                Path(f"{self.file}{suffix}").unlink(missing_ok=True)
            shutil.copy(self.dir / name, self.file)

    def report(self) -> str:
        return str(self.dir / "points")

    def points(self) -> tuple[int, str]:
        return crash.read(self.report())

    def close(self) -> None:
        assert self.zygote.stdin
        self.zygote.stdin.close()
        self.zygote.wait(20)
        self.mail.stop()
        self.hook.stop()
        if self.backend == "postgresql":
            with psycopg.connect(self.admin_url, autocommit=True) as connection:
                names = connection.execute(
                    "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.name]
                )
                for (name,) in names.fetchall():
                    connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
        shutil.rmtree(self.dir, ignore_errors=True)


class Times:
    """The times of the play, around the moment at which it was prepared. UTC, ISO 8601."""

    def __init__(self, filed_at: str) -> None:
        self.filed = datetime.fromisoformat(filed_at)

    def after(self, minutes: float) -> str:
        return (self.filed + timedelta(minutes=minutes)).isoformat()
