"""What the search finds, its known words and their parts, and on PostgreSQL the index of stems.

The vector is no part of the model's state. SQLite gets its FTS5 index after every migrate (``portal.models.search``).
"""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def add(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    stems = " || ".join(f"to_tsvector('simple', {column})" for column in ("title_stems", "stems", "forms"))
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE portal_searchentry ADD COLUMN vector tsvector GENERATED ALWAYS AS ({stems}) STORED"
        )
        cursor.execute(
            "CREATE INDEX portal_searchentry_stems ON portal_searchentry USING gin (vector) WITH (fastupdate = off)"
        )


class Migration(migrations.Migration):
    dependencies = [("portal", "0008_feeds")]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=32)),
                ("subject", models.CharField(max_length=150)),
                ("reference", models.CharField(blank=True, max_length=32)),
                ("title", models.CharField(max_length=200)),
                ("text", models.TextField(blank=True)),
                ("workflow", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
                ("title_stems", models.TextField(blank=True)),
                ("stems", models.TextField(blank=True)),
                ("forms", models.TextField(blank=True)),
            ],
            options={
                "verbose_name_plural": "search entries",
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="portal_searchentry_newest"),
                    models.Index(fields=["workflow", "-at"], name="portal_searchentry_workflow"),
                ],
                "constraints": [models.UniqueConstraint(fields=("kind", "subject"), name="portal_searchentry_once")],
            },
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("stem", models.CharField(db_index=True, max_length=60)),
                ("count", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="SearchPart",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("part", models.CharField(db_index=True, max_length=16)),
                (
                    "word",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="portal.searchword"
                    ),
                ),
            ],
        ),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
