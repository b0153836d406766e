"""System checks of the portal; those of the database run with ``check --database default``."""

from typing import Any

from django.apps import apps
from django.core import checks
from django.db import connections

from portal import seal


@checks.register(checks.Tags.database)
def tables_are_sealed(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Name every sealed table that could be changed, e.g. because its trigger was lost.

    A table that a migration has still to make is none of them: ``migrate`` asks this before it begins.
    """
    tables = connections["default"].introspection.table_names() if databases else []
    if "portal_auditentry" not in tables:
        return []
    return [
        checks.Error(f"{label} is not sealed.", hint="Run manage.py migrate: it writes the triggers.", id="portal.E001")
        for label in seal.unsealed()
        if apps.get_model(label)._meta.db_table in tables
    ]
