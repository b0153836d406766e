"""Many new rows of an untracked table in one statement, for what the clock and the outbox write.

PostgreSQL gets each column as one JSON array, or as one value where all rows have the same: Django's own bulk
insert quotes every value in Python, which took a third of a step's time. Columns are written as they are set
on the rows (no ``auto_now``, no signals).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)
ROWS = 2_000  # in one statement
UNLESS_TAKEN = "ON CONFLICT DO NOTHING"
_json = json.JSONEncoder(default=str).encode
_waiting: ContextVar[list[tuple[str, list[Any]]] | None] = ContextVar("waiting", default=None)


@contextmanager
def together() -> Iterator[None]:
    """What is inserted inside goes to PostgreSQL at the end, all tables in one statement; call in a transaction.

    NOTE: nothing of it can be read back inside, and keys that the database gives out are None. What is asked for its
    answer writes at once all the same: ``insert_new``, ``insert_new_values``, and ``insert_values`` with `at_once`.
    """
    if connection.vendor != "postgresql" or _waiting.get() is not None:
        yield
        return
    waiting: list[tuple[str, list[Any]]] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    if waiting:
        *parts, last = [statement for statement, _values in waiting]
        named = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(parts))
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {named} {last}" if named else last, [one for _, values in waiting for one in values])


def insert(rows: Sequence[M]) -> list[M]:
    """Insert `rows` (of one model) and set the keys that the database gives out."""
    rows = list(rows)
    if connection.vendor != "postgresql":
        return type(rows[0])._base_manager.bulk_create(rows) if rows else rows
    keys = _write_all(type(rows[0]), [vars(row) for row in rows], "") if rows else []
    for row, key in zip(rows, keys, strict=True):
        row.pk, row._state.adding = key, False
    return rows


def insert_values(model: type[M], records: Sequence[Mapping[str, Any]], *, at_once: bool = False) -> list[Any]:
    """Insert a row of `model` for each of `records` (column attribute -> value, else the default); their keys.

    Spares what making model instances costs; for rows that nobody reads in this process.
    """
    if connection.vendor != "postgresql":
        return [row.pk for row in insert([model(**record) for record in records])]
    return _write_all(model, _completed(model, records), "", at_once=at_once)


def insert_missing_values(model: type[M], records: Sequence[Mapping[str, Any]]) -> None:
    """``insert_new_values`` where nobody has to know what was new."""
    if connection.vendor != "postgresql":
        insert_new([model(**record) for record in records])
    else:
        _write_all(model, _completed(model, records), UNLESS_TAKEN)


def insert_new_values(model: type[M], records: Sequence[Mapping[str, Any]]) -> set[Any]:
    """``insert_new`` for `records` as ``insert_values`` takes them; name their keys where the model gives them out."""
    if connection.vendor != "postgresql":
        return insert_new([model(**record) for record in records])
    return set(_write_all(model, _completed(model, records), UNLESS_TAKEN, at_once=True))


def insert_new(rows: Sequence[M]) -> set[Any]:
    """Insert those of `rows` that break no unique constraint; the keys of what was inserted.

    A key that a row brings along has to be new; those that the database gives out are known on PostgreSQL only.
    """
    rows = list(rows)
    if not rows:
        return set()
    if connection.vendor != "postgresql":
        manager = type(rows[0])._base_manager
        manager.bulk_create(rows, ignore_conflicts=True)
        keys = [row.pk for row in rows if row.pk is not None]
        return set(manager.filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    return set(_write_all(type(rows[0]), [vars(row) for row in rows], UNLESS_TAKEN, at_once=True))


def insert_new_with(row: models.Model, other: models.Model) -> bool:
    """Insert `row`, and with it `other`, whose key is set; neither (False) when `row` breaks a unique constraint."""
    if connection.vendor != "postgresql":
        return bool(insert_new([row]) and insert([other]))
    first, second = _statement_of_one(type(row), UNLESS_TAKEN), _statement_of_one(type(other), "FROM given")
    values = _values_of_one(type(row), vars(row)) + _values_of_one(type(other), vars(other))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH given AS ({first}) {second}", values)
        found = cursor.fetchone()
    other.pk = found and found[0]
    return found is not None


def _completed(model: type[models.Model], records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    defaults = {item.attname: item.get_default() for item in model._meta.concrete_fields if not item.primary_key}
    return [defaults | dict(record) for record in records]


def _write_all(
    model: type[models.Model], records: Sequence[Mapping[str, Any]], conflict: str, *, at_once: bool = False
) -> list[Any]:
    keys: list[Any] = []
    for start in range(0, len(records), ROWS):
        keys += _write(model, records[start : start + ROWS], conflict, at_once)
    return keys


def _write(model: type[models.Model], records: Sequence[Mapping[str, Any]], conflict: str, at_once: bool) -> list[Any]:
    statement, values = _made(model, records, conflict)
    waiting = _waiting.get()
    if waiting is not None and not at_once:
        waiting.append((statement, values))
        assert model._meta.pk is not None
        return [record.get(model._meta.pk.attname) for record in records]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [key for (key,) in cursor.fetchall()]


def _made(model: type[models.Model], records: Sequence[Mapping[str, Any]], conflict: str) -> tuple[str, list[Any]]:
    """The statement that inserts `records` and returns their keys, and its values."""
    if len(records) == 1:
        return _statement_of_one(model, conflict), _values_of_one(model, records[0])
    return _statement(model, [_Given.of(column, records) for column in _columns(model)], conflict)


def _values_of_one(model: type[models.Model], record: Mapping[str, Any]) -> list[Any]:
    return [column.plain(record[column.attribute]) for column in _columns(model)]


@cache
def _statement_of_one(model: type[models.Model], end: str) -> str:
    """The statement for a single row; `end` is where it depends on another one or on what is there."""
    columns = _columns(model)
    return (
        f"INSERT INTO {_into(model)} SELECT {', '.join(column.alike for column in columns)} {end} "
        f"RETURNING {_key(model)}"
    )


def _statement(model: type[models.Model], given: Sequence["_Given"], conflict: str) -> tuple[str, list[Any]]:
    """The statement for several rows, and its values."""
    lists = [one for one in given if not one.is_same] or given[:1]
    alike = [one for one in given if one not in lists]
    chosen = ", ".join(one.column.alike if one in alike else one.column.given for one in given)
    return (
        f"INSERT INTO {_into(model)} SELECT {chosen} FROM ROWS FROM ({', '.join(one.column.unfolded for one in lists)})"
        f" AS given ({', '.join(one.column.name for one in lists)}) {conflict} RETURNING {_key(model)}",
        [one.column.plain(one.values[0]) for one in alike] + [_json(one.values) for one in lists],
    )


def _into(model: type[models.Model]) -> str:
    names = ", ".join(column.name for column in _columns(model))
    return f"{connection.ops.quote_name(model._meta.db_table)} ({names})"


def _key(model: type[models.Model]) -> str:
    assert model._meta.pk is not None
    return connection.ops.quote_name(str(model._meta.pk.column))


@dataclass(frozen=True, eq=False)
class _Column:
    """One column of a table. `kind` is its type without a length, because a cast would cut silently."""

    attribute: str
    name: str
    kind: str

    @property
    def is_json(self) -> bool:
        return self.kind == "jsonb"

    def plain(self, value: Any) -> Any:
        """`value` as it is sent where it is not one of a list."""
        return _json(value) if self.is_json else value

    @property
    def alike(self) -> str:
        """The SQL of the one value that all rows have."""
        return f"%s::{self.kind}"

    @property
    def given(self) -> str:
        """The SQL of a row's own value."""
        return self.name if self.is_json else f"{self.name}::{self.kind}"

    @property
    def unfolded(self) -> str:
        """The SQL of all values, one a row, from the array that is sent as text."""
        return "jsonb_array_elements(%s::jsonb)" if self.is_json else "json_array_elements_text(%s::json)"


@dataclass(frozen=True, eq=False)
class _Given:
    """What the rows hold in one column."""

    column: _Column
    values: list[Any]

    @classmethod
    def of(cls, column: _Column, records: Sequence[Mapping[str, Any]]) -> "_Given":
        return cls(column, [record[column.attribute] for record in records])

    @property
    def is_same(self) -> bool:
        return self.values.count(self.values[0]) == len(self.values)


@cache
def _columns(model: type[models.Model]) -> tuple[_Column, ...]:
    """Columns of `model` that an insert has to name: all but numbers that the database gives out."""
    fields = [item for item in model._meta.concrete_fields if not isinstance(item, models.AutoField)]
    return tuple(_column(item) for item in fields)


def _column(item: Any) -> _Column:
    kind = item.rel_db_type(connection) if item.is_relation else item.db_type(connection)
    return _Column(item.attname, connection.ops.quote_name(str(item.column)), str(kind).split("(")[0])
