"""System checks of the portal; those of the database run with ``check --database default``."""

from typing import Any

from django.core import checks
from django.db import connections

from portal import seal


@checks.register(checks.Tags.database)
def tables_are_sealed(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Name every sealed table that could be changed, e.g. because its trigger was lost."""
    if not databases or "portal_auditentry" not in connections["default"].introspection.table_names():
        return []
    return [
        checks.Error(f"{label} is not sealed.", hint="Run manage.py migrate: it writes the triggers.", id="portal.E001")
        for label in seal.unsealed()
    ]
