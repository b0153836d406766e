"""The migrated SQLite database, made once for each state of the source and put back in every process from then on.

Django renders some thousand model classes to migrate from nothing; copying the outcome takes no time.
"""

import fcntl
import gc
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

ROOT = Path(__file__).resolve().parents[1]


def state() -> str:
    """A digest of all that migrations may read: our own source and the versions of everybody else's."""
    paths = [path for app in ("portal", "governance", "incidents") for path in (ROOT / app).rglob("*.py")]
    digest = hashlib.sha256()
    for path in [*sorted(paths), ROOT / "requirements-dev.lock", Path(__file__)]:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def prepare(directory: Path) -> None:
    """Have the test database begin as the copy that `directory` keeps; whoever comes first makes it."""
    creation = connection.creation
    create = creation.create_test_db

    def create_test_db(*args: Any, **kwargs: Any) -> str:
        kept = directory / f"{state()}.sqlite3"

        def put_back(connection: Any, **_: Any) -> None:
            connection_created.disconnect(put_back)
            with closing(sqlite3.connect(kept)) as source:
                source.backup(connection.connection)

        with (directory / "lock").open("w") as lock, rarely_collecting():
            fcntl.flock(lock, fcntl.LOCK_EX)
            if kept.exists():
                connection.close()
                connection_created.connect(put_back, weak=False)
                return create(*args, **kwargs)  # what is left of migrating: that there is nothing to do
            name = create(*args, **kwargs)
            for old in directory.glob("*.sqlite3*"):
                old.unlink()
            fresh = directory / f"new-{os.getpid()}"
            with closing(sqlite3.connect(fresh)) as target:
                connection.connection.backup(target)
            fresh.rename(kept)
            return name

    creation.create_test_db = create_test_db  # type: ignore[method-assign]


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Migrations leave classes behind, which are circles: looking for them often is a third of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 20)
    yield
    gc.set_threshold(*usual)
    gc.collect()
