"""Monthly reports of patterns, and on PostgreSQL sums that are added up from their index alone.

What the index holds besides its key is no part of the model's state: SQLite knows no such index.
"""

from typing import Any

import django.db.models.deletion
import portal.ids
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from portal import migrating


def cover(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE incidents_figuresum DROP CONSTRAINT incidents_figuresum_cell,"
            " ADD CONSTRAINT incidents_figuresum_cell"
            " UNIQUE (scope, kind, measure, week, bucket) INCLUDE (count, total)"
        )


class Migration(migrating.Migration):
    dependencies = [
        ("incidents", "0012_reports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(cover, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(fields=["team", "kind", "week"], name="incidents_fact_team"),
        ),
        migrations.CreateModel(
            name="HistoricalPatternReport",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("month", models.DateField(db_index=True, help_text="Its first day.")),
                ("since", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "looked_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical pattern report",
                "verbose_name_plural": "historical pattern reports",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PatternReport",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(help_text="Its first day.", unique=True)),
                ("since", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("patterns", models.JSONField(default=list)),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "looked_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("looked_at", None), ("looked_by", None)),
                            models.Q(("looked_at__isnull", False), ("looked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="incidents_patternreport_looked",
                    )
                ],
            },
        ),
    ]
