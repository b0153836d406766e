from django.db import migrations, models

HELP = "Version ids, separated by commas."


class Migration(migrations.Migration):
    dependencies = [("incidents", "0006_silence_why")]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="workflow_version",
            field=models.CharField(blank=True, help_text=HELP, max_length=500),
        )
        for name in ("incident", "historicalincident")
    ]
