"""Many new rows of an untracked table in one statement, for what the clock and the outbox write.

PostgreSQL gets each column as one JSON array, or as one value where all rows have the same: Django's own bulk
insert quotes every value in Python, which took a third of a step's time. Columns are written as they are set
on the rows (no ``auto_now``, no signals).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)
ROWS = 2_000  # in one statement


def insert(rows: Sequence[M]) -> list[M]:
    """Insert `rows` (of one model) and set the keys that the database gives out."""
    rows = list(rows)
    if connection.vendor != "postgresql":
        return type(rows[0])._base_manager.bulk_create(rows) if rows else rows
    keys = _write_all(type(rows[0]), [vars(row) for row in rows], "") if rows else []
    for row, key in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, connection.alias
    return rows


def insert_values(model: type[M], records: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Insert a row of `model` for each of `records` (column attribute -> value, else the default); their keys.

    Spares what making model instances costs; for rows that nobody reads in this process.
    """
    if connection.vendor != "postgresql":
        return [row.pk for row in insert([model(**record) for record in records])]
    return _write_all(model, _completed(model, records), "")


def insert_new_values(model: type[M], records: Sequence[Mapping[str, Any]]) -> set[Any]:
    """``insert_new`` for `records` as ``insert_values`` takes them; name their keys where the model gives them out."""
    if connection.vendor != "postgresql":
        return insert_new([model(**record) for record in records])
    return set(_write_all(model, _completed(model, records), "ON CONFLICT DO NOTHING"))


def insert_new(rows: Sequence[M]) -> set[Any]:
    """Insert those of `rows` that break no unique constraint; the keys of what was inserted.

    Where the database gives out the keys, they are known on PostgreSQL only.
    """
    rows = list(rows)
    if not rows:
        return set()
    if connection.vendor != "postgresql":
        manager = type(rows[0])._base_manager
        manager.bulk_create(rows, ignore_conflicts=True)
        keys = [row.pk for row in rows if row.pk is not None]
        return set(manager.filter(pk__in=keys).values_list("pk", flat=True)) if keys else set()
    return set(_write_all(type(rows[0]), [vars(row) for row in rows], "ON CONFLICT DO NOTHING"))


def _completed(model: type[models.Model], records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    defaults = {item.attname: item.get_default() for item in model._meta.concrete_fields if not item.primary_key}
    return [defaults | dict(record) for record in records]


def _write_all(model: type[models.Model], records: Sequence[Mapping[str, Any]], conflict: str) -> list[Any]:
    keys: list[Any] = []
    for start in range(0, len(records), ROWS):
        keys += _write(model, records[start : start + ROWS], conflict)
    return keys


def _write(model: type[models.Model], records: Sequence[Mapping[str, Any]], conflict: str) -> list[Any]:
    meta, quote = model._meta, connection.ops.quote_name
    assert meta.pk is not None
    columns = [_column(item, records) for item in meta.concrete_fields if not isinstance(item, models.AutoField)]
    lists = [column for column in columns if not column.is_same] or columns[:1]
    alike = [column for column in columns if column not in lists]
    chosen = ", ".join(column.alike if column in alike else column.given for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(meta.db_table)} ({', '.join(column.name for column in columns)}) SELECT {chosen} "
            f"FROM ROWS FROM ({', '.join(column.unfolded for column in lists)}) "
            f"AS given ({', '.join(column.name for column in lists)}) {conflict} "
            f"RETURNING {quote(str(meta.pk.column))}",
            [json.dumps(column.values[0], default=str) if column.is_json else column.values[0] for column in alike]
            + [json.dumps(column.values, default=str) for column in lists],
        )
        return [key for (key,) in cursor.fetchall()]


@dataclass(frozen=True, eq=False)
class _Column:
    """One column of the rows. `kind` is its type without a length, because a cast would cut silently."""

    name: str
    kind: str
    values: list[Any]

    @property
    def is_json(self) -> bool:
        return self.kind == "jsonb"

    @property
    def is_same(self) -> bool:
        return self.values.count(self.values[0]) == len(self.values)

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


def _column(item: Any, records: Sequence[Mapping[str, Any]]) -> _Column:
    kind = item.rel_db_type(connection) if item.is_relation else item.db_type(connection)
    name = connection.ops.quote_name(str(item.column))
    return _Column(name, str(kind).split("(")[0], [record[item.attname] for record in records])
