"""A scene that most tests begin with is made once for each process, and put back as rows from then on.

A company takes some hundred saves through the services, each with history and audit; its rows take a few inserts.
"""

import functools
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.db.models import Max, Min

from incidents.models import words
from portal.models import AuditEntry, User

P, T = ParamSpec("P"), TypeVar("T")
Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


@dataclass(frozen=True)
class Kept:
    added: Rows
    made: bytes


def remembered(make: Callable[P, T]) -> Callable[P, T]:
    """`make`, which is called only where the database is not as new, or for arguments that were not given before."""
    kept: dict[tuple[Any, ...], Kept] = {}

    @functools.wraps(make)
    def remembering(*args: P.args, **kwargs: P.kwargs) -> T:
        if AuditEntry.objects.exists() or User.objects.exists():
            return make(*args, **kwargs)
        key = (pickle.dumps((args, sorted(kwargs.items()))), *ground())
        if key in kept:
            put_back(kept[key].added)
        else:
            before = every_row()
            made = make(*args, **kwargs)
            kept[key] = Kept(difference(before, every_row()), pickle.dumps(made))
        result: T = pickle.loads(kept[key].made)
        return result

    return remembering


def ground() -> tuple[Any, ...]:
    """What rows depend on that no test has made.

    Groups and permissions get other keys whenever all is flushed; mornings are those of the portal's zone.
    """
    bounds = Permission.objects.aggregate(first=Min("pk"), last=Max("pk"))
    groups = tuple(Group.objects.order_by("pk").values_list("pk", "name"))
    return groups, bounds["first"], bounds["last"], settings.TIME_ZONE


def every_row() -> Rows:
    """Every row by table, but for the words of incidents: the database itself keeps them beside the rows."""
    found = {}
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if not name.startswith(words.COPY)]
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            kept = [place for place, name in enumerate(names) if (table, name) != (words.TABLE, words.COLUMN)]
            rows = [tuple(plain(row[place]) for place in kept) for row in cursor.fetchall()]
            found[table] = [names[place] for place in kept], rows
    return found


def plain(value: Any) -> Any:
    """`value` as it can be written again: SQLite's adapter reads times of day and takes none."""
    return value.isoformat() if isinstance(value, time) else value


def difference(before: Rows, after: Rows) -> Rows:
    """What was added. Rows that were changed or removed could not be put back."""
    added = {}
    for table, (names, rows) in after.items():
        known = set(before[table][1])
        assert known <= set(rows), f"{table} had rows that are no more"
        if new := [row for row in rows if row not in known]:
            added[table] = names, new
    return added


def put_back(added: Rows) -> None:
    quoted = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (names, rows) in added.items():
            columns, marks = ", ".join(map(quoted, names)), ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {quoted(table)} ({columns}) VALUES ({marks})", rows)
