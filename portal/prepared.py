"""Questions that come with every event: their SQL is made once for each connection, then asked with other values.

Django takes several times as long to make a statement as the database to answer it (measured: 0.5 of 0.6 ms), which
was half of what filing an incident took. For reads on hot paths only.

    _by_key = prepared.Question(lambda: Source.objects.filter(key=prepared.Given("key", Source, "key")))
    found = _by_key(key="shop")
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators


class Given(Expression):
    """A value that comes with the question under `name`, of the type of `field` of `model`; `many` such values
    for the lookup ``any``."""

    def __init__(self, name: str, model: type[models.Model], field: str, *, many: bool = False) -> None:
        super().__init__(output_field=model._meta.get_field(field))  # type: ignore[arg-type]
        self.name, self.many = name, many

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def value(self, given: dict[str, Any], connection: Any) -> Any:
        if self.many:
            values = [self.output_field.get_db_prep_value(value, connection) for value in given[self.name]]
            return values if connection.vendor == "postgresql" else json.dumps(values)
        return self.output_field.get_db_prep_value(given[self.name], connection)


@dataclass(frozen=True)
class _Made:
    sql: str
    wanted: tuple[Any, ...]
    converters: dict[int, Any]
    instance: Callable[[tuple[Any, ...]], Any] | None

    def values(self, row: tuple[Any, ...], connection: Any) -> tuple[Any, ...]:
        if not self.converters:
            return row
        values = list(row)
        for place, (steps, expression) in self.converters.items():
            for step in steps:
                values[place] = step(values[place], expression, connection)
        return tuple(values)


class Question:
    """`make` returns a query set whose filters may hold ``Given``, also one with ``select_related``, ``only`` or
    ``values_list``; a call returns what it would give, as a list."""

    def __init__(self, make: Callable[[], models.QuerySet[Any, Any]]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[Any, _Made] = WeakKeyDictionary()

    def __call__(self, **given: Any) -> list[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        made = self._made.get(connection)
        if made is None:
            made = self._made[connection] = _compile(self._make(), connection)
        wanted = [item.value(given, connection) if isinstance(item, Given) else item for item in made.wanted]
        with connection.cursor() as cursor:
            cursor.execute(made.sql, wanted)
            rows = [made.values(row, connection) for row in cursor.fetchall()]
        return rows if made.instance is None else [made.instance(row) for row in rows]


def _compile(asked: models.QuerySet[Any, Any], connection: Any) -> _Made:
    compiler = asked.query.get_compiler(connection=connection)
    sql, wanted = compiler.as_sql()
    converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
    rows_as_they_are = asked._fields is not None  # type: ignore[attr-defined]
    return _Made(sql, tuple(wanted), converters, None if rows_as_they_are else _hydrate(compiler))


def _hydrate(compiler: Any) -> Callable[[tuple[Any, ...]], Any]:
    """Rows become instances in the way of ``QuerySet``: with their related ones, other fields deferred."""
    info, select = compiler.klass_info, compiler.select
    first, last = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column.target.attname for column, _sql, _alias in select[first:last]]
    related = get_related_populators(info, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def instance(row: tuple[Any, ...]) -> Any:
        found = info["model"].from_db(DEFAULT_DB_ALIAS, names, row[first:last])
        for populator in related:
            populator.populate(row, found)
        return found

    return instance
