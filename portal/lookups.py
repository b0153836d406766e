"""``field__any=[…]``: is one of many values, sent as one parameter however many there are.

``field__in`` writes a placeholder for each value, which Django and the driver quote one by one; for the
hundreds of keys of a batch that took a tenth of its time (and SQLite allows only so many placeholders).
"""

import json
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models.lookups import FieldGetDbPrepValueIterableMixin


@models.Field.register_lookup
@models.ForeignObject.register_lookup
class AnyOf(FieldGetDbPrepValueIterableMixin, models.Lookup):
    lookup_name = "any"

    def _sides(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The left side, and the parameters of both; raises EmptyResultSet for no values."""
        left, params = self.process_lhs(compiler, connection)
        if hasattr(self.rhs, "as_sql"):  # prepared.Given: values that are not known yet
            _, values = self.rhs.as_sql(compiler, connection)
            return left, (*params, *values)
        _, values = self.get_db_prep_lookup(self.rhs, connection)
        if not values:
            raise EmptyResultSet
        return left, (*params, list(values) if connection.vendor == "postgresql" else json.dumps(list(values)))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self._sides(compiler, connection)
        return f"{left} IN (SELECT value FROM json_each(%s))", params

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, params = self._sides(compiler, connection)
        return f"{left} = ANY(%s)", params
