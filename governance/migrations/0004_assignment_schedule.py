import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0003_oncall"),
        ("portal", "0003_leaner_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="assignment",
            name="governance_assignment_one_holder",
        ),
        migrations.AddField(
            model_name="assignment",
            name="schedule",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assignments",
                to="governance.schedule",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", ""), ("schedule", None), ("team", None), ("user__isnull", False)),
                    models.Q(("role", ""), ("schedule", None), ("team__isnull", False), ("user", None)),
                    models.Q(("role", ""), ("schedule__isnull", False), ("team", None), ("user", None)),
                    models.Q(("schedule", None), ("team", None), ("user", None), models.Q(("role", ""), _negated=True)),
                    _connector="OR",
                ),
                name="governance_assignment_one_holder",
            ),
        ),
    ]
