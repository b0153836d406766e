"""The reason of a silence is called `why`: its history has a `reason` of its own, that of each change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0005_doors_and_triggers")]

    operations = [
        migrations.RenameField("silence", "reason", "why"),
        migrations.AddField(
            "historicalsilence", "why", models.CharField(default="", max_length=500), preserve_default=False
        ),
    ]
