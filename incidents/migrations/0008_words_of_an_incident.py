"""Words of incidents are found by full text, in place of trigrams of title and reference.

PostgreSQL only; SQLite gets its FTS5 index after every migrate (``incidents.models.words``). The column is not part
of the model's state. Punctuation becomes space, so that parts of "order-sync" and of "shop.example" are words.
"""

from typing import Any

from django.db import migrations

PUNCTUATION = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"  # '' is one quote in SQL
COLUMNS = (
    "reference || ' ' || title || ' ' || plan || ' ' || left(description, 50000)"
    " || ' ' || left(resolution, 50000)"
)


def add(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    spaces = " " * (len(PUNCTUATION) - 1)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS incidents_incident_words")
        cursor.execute(
            "ALTER TABLE incidents_incident ADD COLUMN words tsvector GENERATED ALWAYS AS"
            f" (to_tsvector('simple', translate({COLUMNS}, '{PUNCTUATION}', '{spaces}'))) STORED"
        )
        # NOTE: fastupdate would let one unlucky report clean up after twenty thousand others.
        cursor.execute(
            "CREATE INDEX incidents_incident_words ON incidents_incident USING gin (words) WITH (fastupdate = off)"
        )


def remove(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE incidents_incident DROP COLUMN IF EXISTS words")


class Migration(migrations.Migration):
    dependencies = [("incidents", "0007_versions_of_an_incident")]

    operations = [migrations.RunPython(add, remove)]
