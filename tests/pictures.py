"""What the database holds, read past the models: taken before and after a refusal, dozens of tables each time."""

from collections.abc import Iterable
from typing import Any

from django.db import connection


def picture(models: Iterable[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables of `models`, by label."""
    found = {}
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"SELECT * FROM {_table(model)}")
            found[model._meta.label] = sorted(cursor.fetchall(), key=str)
    return found


def counts(models: Iterable[Any]) -> dict[str, int]:
    """How many rows the tables of `models` have, by name; one statement."""
    columns = {model.__name__: f"(SELECT count(*) FROM {_table(model)})" for model in models}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns.values())}")
        return dict(zip(columns, cursor.fetchone(), strict=True))


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)
