from django.db import migrations, models
from django.db.models import F, Q


def date_the_dead(apps, schema_editor):
    """When they were given up is not known any more; their last planned try is the nearest that is."""
    message = apps.get_model("portal", "Message")
    message.objects.filter(state="dead").update(died_at=F("due_at"))


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="died_at",
            field=models.DateTimeField(blank=True, help_text="When it was given up.", null=True),
        ),
        migrations.RunPython(date_the_dead, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=Q(("state", "dead")), fields=["died_at"], name="portal_message_died"),
        ),
    ]
