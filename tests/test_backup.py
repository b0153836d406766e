"""The commands of the README copy a portal that is running and bring it back: rows, words, evidence and keys."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
NAME = f"restored_{os.getpid()}"


def commands(name: str) -> str:
    """The block of the README called `name`, with the Python of these tests and its own programs."""
    (block,) = re.findall(rf"^```sh {name}\n(.*?)^```", README, re.M | re.S)
    return "set -e\n" + block.replace(".venv/bin/python", sys.executable)


class Machine:
    """A shell on a machine whose portal keeps its things in `data`."""

    def __init__(self, data: Path, backup: Path, database: str = "") -> None:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        self.env = kept | {"DATA_DIR": str(data), "BACKUP": str(backup), "DEMO": "1", "DEMO_EMPTY": "1"}
        if database:
            self.env["DATABASE_URL"] = database

    def run(self, script: str) -> str:
        done = subprocess.run(["sh", "-c", script], cwd=ROOT, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def python(self, code: str) -> str:
        start = "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", start + code], cwd=ROOT, env=self.env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


FILL = """
from django.utils import timezone
from incidents.models import Incident
from portal.models import Team, User

from incidents.services import evidence
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("demo", verbosity=0)
from incidents.services import intake
by = User.objects.get(email="reporter@demo.example")
intake.report(by=by, title="Zebra orders", workflow=None, started_at=timezone.now(), answers={},
              at=timezone.now(), submission_key="one")
path = evidence.path_of("ab" * 32)
path.parent.mkdir(parents=True, exist_ok=True)
path.write_bytes(b"seen")
"""
ASK = """
from incidents.models import Incident
from incidents.reads import words
from incidents.services import evidence
from django.conf import settings
(row,) = Incident.objects.filter(words.matching("zebr"))
print(row.reference, row.submission_key, evidence.path_of("ab" * 32).read_text(), settings.DATA_KEYS)
"""


def test_a_copy_of_a_running_sqlite_portal_comes_back_whole(tmp_path: Path) -> None:
    here = Machine(tmp_path / "here", tmp_path / "backup")
    here.python(FILL)
    with closing(sqlite3.connect(tmp_path / "here" / "db.sqlite3")) as busy:
        busy.execute("PRAGMA wal_autocheckpoint=0")
        busy.execute("BEGIN IMMEDIATE")  # somebody is writing meanwhile
        busy.execute("UPDATE incidents_incident SET title = 'Not committed'")
        here.run(commands("backup-sqlite"))
        busy.rollback()
    there = Machine(tmp_path / "there", tmp_path / "backup")
    there.run(commands("restore-sqlite"))
    assert "portal_timer" not in there.run(commands("prove"))
    assert there.python(ASK) == here.python(ASK)
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


@pytest.mark.postgres
def test_a_dump_of_postgresql_comes_back_whole(tmp_path: Path) -> None:
    server = os.environ["DATABASE_URL"]
    names = [f"{NAME}_from", f"{NAME}_to"]
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            here, there = (
                Machine(tmp_path / name, tmp_path / "backup", urlsplit(server)._replace(path=f"/{name}").geturl())
                for name in names
            )
            here.python(FILL)
            here.run(commands("backup-postgresql"))
            there.run(commands("restore-postgresql"))
            there.run(commands("prove"))
            assert there.python(ASK) == here.python(ASK)
        finally:
            for name in names:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]
