"""When the last incident ended is asked wherever nothing is open."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                fields=["-resolved_at"],
                condition=models.Q(resolved_at__isnull=False),
                name="incidents_incident_resolved",
            ),
        ),
    ]
