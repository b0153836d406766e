"""Words inside titles and references are found by their trigrams, where PostgreSQL has them.

Without the index a rare word reads every incident (10^6: 2 s). It is not part of the model's state: SQLite has none.
"""

from typing import Any

from django.db import migrations

NAME = "incidents_incident_words"


def add(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm') OR "
            "(EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm')"
            " AND has_database_privilege(current_database(), 'CREATE'))"
        )
        if not cursor.fetchone()[0]:
            return
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        # NOTE: fastupdate would let one unlucky report clean up after twenty thousand others.
        cursor.execute(
            f"CREATE INDEX {NAME} ON incidents_incident USING gin"
            " (upper(title::text) gin_trgm_ops, upper(reference::text) gin_trgm_ops) WITH (fastupdate = off)"
        )


def remove(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    dependencies = [("incidents", "0002_incident_resolved")]

    operations = [migrations.RunPython(add, remove)]
