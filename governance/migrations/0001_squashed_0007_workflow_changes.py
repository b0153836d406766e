"""Every table as it is now, at once: a fresh start renders each model a few times instead of hundreds.

A database that was made by the steps in `replaces` goes on by them; drop those after the first release.
"""

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import governance.models.oncall
import portal.ids


class Migration(migrations.Migration):
    replaces = [
        ("governance", "0001_initial"),
        ("governance", "0002_initial"),
        ("governance", "0003_oncall"),
        ("governance", "0004_assignment_schedule"),
        ("governance", "0005_oncall_notices"),
        ("governance", "0006_leaner_references"),
        ("governance", "0007_workflow_changes"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("portal", "0001_squashed_0006_message_traffic"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalPlatform",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("key", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=120)),
                ("vendor", models.CharField(blank=True, max_length=120)),
                ("address", models.URLField(blank=True, help_text="Where people open it.")),
                ("support", models.CharField(blank=True, help_text="How the vendor is reached.", max_length=500)),
                (
                    "error_handling",
                    models.TextField(blank=True, help_text="What the vendor says about errors and retries."),
                ),
                ("privacy_note", models.TextField(blank=True, help_text="Where data is kept and who processes it.")),
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
            ],
            options={
                "verbose_name": "historical platform",
                "verbose_name_plural": "historical platforms",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Platform",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("vendor", models.CharField(blank=True, max_length=120)),
                ("address", models.URLField(blank=True, help_text="Where people open it.")),
                ("support", models.CharField(blank=True, help_text="How the vendor is reached.", max_length=500)),
                (
                    "error_handling",
                    models.TextField(blank=True, help_text="What the vendor says about errors and retries."),
                ),
                ("privacy_note", models.TextField(blank=True, help_text="Where data is kept and who processes it.")),
            ],
        ),
        migrations.CreateModel(
            name="Workflow",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(help_text="The plain name that business people use.", max_length=120)),
                (
                    "aliases",
                    models.CharField(blank=True, help_text="Other names, separated by commas.", max_length=200),
                ),
                ("description", models.TextField(blank=True)),
                (
                    "external_id",
                    models.CharField(
                        blank=True, help_text="Its id on the platform, e.g. a Node-RED flow id.", max_length=120
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("staging", "staging"), ("development", "development")],
                        default="production",
                        max_length=16,
                    ),
                ),
                (
                    "criticality",
                    models.CharField(
                        choices=[("high", "high"), ("medium", "medium"), ("low", "low")],
                        default="medium",
                        max_length=16,
                    ),
                ),
                (
                    "data_class",
                    models.CharField(
                        choices=[
                            ("public", "public"),
                            ("internal", "internal"),
                            ("confidential", "confidential"),
                            ("restricted", "restricted"),
                        ],
                        default="internal",
                        max_length=16,
                    ),
                ),
                ("version_tag", models.CharField(blank=True, max_length=64)),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[("draft", "draft"), ("live", "live"), ("retired", "retired")],
                        default="live",
                        max_length=16,
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="workflows", to="governance.platform"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="workflows", to="portal.team"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("criticality__in", ["high", "medium", "low"])),
                        name="governance_workflow_criticality",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("environment__in", ["production", "staging", "development"])),
                        name="governance_workflow_environment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lifecycle__in", ["draft", "live", "retired"])),
                        name="governance_workflow_lifecycle",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("data_class__in", ["public", "internal", "confidential", "restricted"])),
                        name="governance_workflow_data_class",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("platform", "external_id"),
                        name="governance_workflow_external_id",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkflowGroupObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workflow"),
                ),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
            ],
            options={
                "abstract": False,
                "unique_together": {("group", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="WorkflowUserObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.workflow"),
                ),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "abstract": False,
                "unique_together": {("user", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="CalendarLink",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="calendar_link",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "digest",
                    models.CharField(
                        editable=False, help_text="SHA-256 of the secret, hex.", max_length=64, unique=True
                    ),
                ),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalCalendarLink",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("made_at", models.DateTimeField()),
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
                    "person",
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
                "verbose_name": "historical calendar link",
                "verbose_name_plural": "historical calendar links",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSchedule",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("key", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=120)),
                (
                    "zone",
                    models.CharField(
                        help_text="An IANA name such as Europe/Berlin; hand-overs follow its clocks.", max_length=64
                    ),
                ),
                ("is_active", models.BooleanField(default=True, help_text="An inactive schedule names nobody.")),
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
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="portal.team",
                    ),
                ),
                (
                    "notice_hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="Hours before a hand-over at which those concerned are told. 0: they are not told.",
                        validators=[django.core.validators.MaxValueValidator(336)],
                    ),
                ),
            ],
            options={
                "verbose_name": "historical schedule",
                "verbose_name_plural": "historical schedules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "zone",
                    models.CharField(
                        help_text="An IANA name such as Europe/Berlin; hand-overs follow its clocks.", max_length=64
                    ),
                ),
                ("is_active", models.BooleanField(default=True, help_text="An inactive schedule names nobody.")),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="schedules", to="portal.team"
                    ),
                ),
                (
                    "notice_hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="Hours before a hand-over at which those concerned are told. 0: they are not told.",
                        validators=[django.core.validators.MaxValueValidator(336)],
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("zone", ""), _negated=True), name="governance_schedule_zone"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("notice_hours__lte", 336)), name="governance_schedule_notice"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("why", models.CharField(max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="overrides", to="governance.schedule"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["until_at"], name="governance_override_until")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until_at__gt", models.F("from_at"))), name="governance_override_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("why", ""), _negated=True), name="governance_override_why"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalOverride",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("why", models.CharField(max_length=500)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
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
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.schedule",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical override",
                "verbose_name_plural": "historical overrides",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLayer",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("key", models.SlugField(max_length=64)),
                (
                    "order",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Where two layers overlap, the higher number wins."
                    ),
                ),
                (
                    "rotation",
                    models.CharField(
                        choices=[("daily", "daily"), ("weekly", "weekly"), ("custom", "every so many days")],
                        default="weekly",
                        max_length=16,
                    ),
                ),
                (
                    "every",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="Length of a turn: days, or weeks when it is weekly.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(366),
                        ],
                    ),
                ),
                ("handover", models.TimeField(default=governance.models.oncall.morning, help_text="Local time of the hand-over.")),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        default=0,
                        help_text="Day of the hand-over when it is weekly.",
                    ),
                ),
                ("starts_on", models.DateField(help_text="First day of the first person.")),
                ("ends_on", models.DateField(blank=True, help_text="Empty: until somebody changes it.", null=True)),
                (
                    "windows",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Only at these times, a line each, like “Mon-Fri 08:00-18:00”. Empty: always.",
                    ),
                ),
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
                    "schedule",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.schedule",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical layer",
                "verbose_name_plural": "historical layers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HandoverNotice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("side", models.CharField(choices=[("on", "goes on call"), ("off", "goes off call")], max_length=16)),
                ("shift_at", models.DateTimeField()),
                ("until_at", models.DateTimeField(help_text="When the shift ends, as told.")),
                ("told_at", models.DateTimeField()),
                ("times", models.PositiveSmallIntegerField(default=1)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "other",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shift_notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="governance.schedule",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["schedule", "until_at"], name="governance_handovernotice_end")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("schedule", "person", "side", "shift_at"), name="governance_handovernotice_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("side__in", ["on", "off"])), name="governance_handovernotice_side"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until_at__gte", models.F("shift_at"))),
                        name="governance_handovernotice_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalSwap",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("back_from_at", models.DateTimeField(blank=True, null=True)),
                ("back_until_at", models.DateTimeField(blank=True, null=True)),
                ("why", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("withdrawn", "taken back"),
                        ],
                        default="asked",
                        max_length=16,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, help_text="In the words of who was asked.", max_length=500)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
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
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.schedule",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical swap",
                "verbose_name_plural": "historical swaps",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ImportedEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("uid", models.CharField(max_length=64)),
                ("occurrence", models.CharField(max_length=32)),
                ("read_at", models.DateTimeField()),
                (
                    "absence",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imported_from",
                        to="portal.absence",
                    ),
                ),
                (
                    "override",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imported_from",
                        to="governance.override",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("uid", "occurrence"), name="governance_importedevent_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("absence", None), ("override__isnull", False)),
                            models.Q(("absence__isnull", False), ("override", None)),
                            _connector="OR",
                        ),
                        name="governance_importedevent_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Swap",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("from_at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("back_from_at", models.DateTimeField(blank=True, null=True)),
                ("back_until_at", models.DateTimeField(blank=True, null=True)),
                ("why", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "asked"),
                            ("accepted", "accepted"),
                            ("declined", "declined"),
                            ("withdrawn", "taken back"),
                        ],
                        default="asked",
                        max_length=16,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, help_text="In the words of who was asked.", max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="swaps_asked",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="swaps", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="swaps", to="governance.schedule"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "asked")), fields=["until_at"], name="governance_swap_open"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until_at__gt", models.F("from_at"))), name="governance_swap_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("back_from_at", None), ("back_until_at", None)),
                            models.Q(
                                ("back_from_at__isnull", False),
                                ("back_until_at__gt", models.F("back_from_at")),
                                ("back_until_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="governance_swap_back",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["asked", "accepted", "declined", "withdrawn"])),
                        name="governance_swap_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("state", "asked")),
                            models.Q(models.Q(("state", "asked"), _negated=True), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="governance_swap_answered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("person", models.F("by")), _negated=True), name="governance_swap_two"
                    ),
                    models.CheckConstraint(condition=models.Q(("why", ""), _negated=True), name="governance_swap_why"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkflowChange",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "key",
                    models.CharField(help_text="The same call again is the same change.", max_length=64, unique=True),
                ),
                ("changed_at", models.DateTimeField()),
                ("summary", models.CharField(max_length=200)),
                ("version", models.CharField(blank=True, max_length=64)),
                ("source", models.CharField(help_text="Who told us.", max_length=120)),
                ("links", models.JSONField(default=list, help_text="[{href, text}]")),
                ("details", models.JSONField(default=dict, help_text="Redacted.")),
                ("received_at", models.DateTimeField()),
                (
                    "workflow",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="governance.workflow",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workflow", "-changed_at", "-id"], name="governance_workflowchange_of")
                ],
            },
        ),
        migrations.CreateModel(
            name="Dependency",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "what",
                    models.CharField(
                        choices=[("events", "events"), ("data", "data set"), ("credential", "credential")],
                        max_length=16,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("schema_tag", models.CharField(blank=True, max_length=64)),
                (
                    "timing",
                    models.CharField(blank=True, help_text="For instance: at once, or daily at 18:00.", max_length=120),
                ),
                (
                    "downstream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="fed_by", to="governance.workflow"
                    ),
                ),
                (
                    "upstream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="feeds", to="governance.workflow"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "dependencies",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("upstream", "downstream", "title"), name="governance_dependency_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("upstream", models.F("downstream")), _negated=True),
                        name="governance_dependency_other",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalDependency",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                (
                    "what",
                    models.CharField(
                        choices=[("events", "events"), ("data", "data set"), ("credential", "credential")],
                        max_length=16,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("schema_tag", models.CharField(blank=True, max_length=64)),
                (
                    "timing",
                    models.CharField(blank=True, help_text="For instance: at once, or daily at 18:00.", max_length=120),
                ),
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
                    "downstream",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.workflow",
                    ),
                ),
                (
                    "upstream",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.workflow",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical dependency",
                "verbose_name_plural": "historical dependencies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalWorkflow",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("key", models.SlugField(max_length=64)),
                ("name", models.CharField(help_text="The plain name that business people use.", max_length=120)),
                (
                    "aliases",
                    models.CharField(blank=True, help_text="Other names, separated by commas.", max_length=200),
                ),
                ("description", models.TextField(blank=True)),
                (
                    "external_id",
                    models.CharField(
                        blank=True, help_text="Its id on the platform, e.g. a Node-RED flow id.", max_length=120
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("staging", "staging"), ("development", "development")],
                        default="production",
                        max_length=16,
                    ),
                ),
                (
                    "criticality",
                    models.CharField(
                        choices=[("high", "high"), ("medium", "medium"), ("low", "low")],
                        default="medium",
                        max_length=16,
                    ),
                ),
                (
                    "data_class",
                    models.CharField(
                        choices=[
                            ("public", "public"),
                            ("internal", "internal"),
                            ("confidential", "confidential"),
                            ("restricted", "restricted"),
                        ],
                        default="internal",
                        max_length=16,
                    ),
                ),
                ("version_tag", models.CharField(blank=True, max_length=64)),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[("draft", "draft"), ("live", "live"), ("retired", "retired")],
                        default="live",
                        max_length=16,
                    ),
                ),
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
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="portal.team",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.platform",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical workflow",
                "verbose_name_plural": "historical workflows",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Layer",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key", models.SlugField(max_length=64)),
                (
                    "order",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Where two layers overlap, the higher number wins."
                    ),
                ),
                (
                    "rotation",
                    models.CharField(
                        choices=[("daily", "daily"), ("weekly", "weekly"), ("custom", "every so many days")],
                        default="weekly",
                        max_length=16,
                    ),
                ),
                (
                    "every",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="Length of a turn: days, or weeks when it is weekly.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(366),
                        ],
                    ),
                ),
                ("handover", models.TimeField(default=governance.models.oncall.morning, help_text="Local time of the hand-over.")),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        default=0,
                        help_text="Day of the hand-over when it is weekly.",
                    ),
                ),
                ("starts_on", models.DateField(help_text="First day of the first person.")),
                ("ends_on", models.DateField(blank=True, help_text="Empty: until somebody changes it.", null=True)),
                (
                    "windows",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Only at these times, a line each, like “Mon-Fri 08:00-18:00”. Empty: always.",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="layers", to="governance.schedule"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("schedule", "key"), name="governance_layer_key"),
                    models.CheckConstraint(
                        condition=models.Q(("rotation__in", ["daily", "weekly", "custom"])),
                        name="governance_layer_rotation",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("every__gte", 1), ("every__lte", 366)), name="governance_layer_every"
                    ),
                    models.CheckConstraint(condition=models.Q(("weekday__lte", 6)), name="governance_layer_weekday"),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                        name="governance_layer_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalLayerMember",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("position", models.PositiveSmallIntegerField()),
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
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "layer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.layer",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical layer member",
                "verbose_name_plural": "historical layer members",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="LayerMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "layer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="governance.layer"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="turns", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("layer", "position"), name="governance_layermember_position")
                ],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("matrix", "ownership matrix"),
                            ("escalation", "escalation policy"),
                            ("rubric", "triage rubric"),
                        ],
                        max_length=16,
                    ),
                ),
                ("key", models.SlugField(max_length=64)),
                ("title", models.CharField(max_length=200)),
                (
                    "scope_kind",
                    models.CharField(
                        choices=[
                            ("default", "the whole company"),
                            ("criticality", "workflows of one criticality"),
                            ("department", "one department"),
                            ("team", "one team"),
                            ("workflow", "one workflow"),
                        ],
                        default="default",
                        max_length=16,
                    ),
                ),
                (
                    "scope_value",
                    models.CharField(
                        blank=True,
                        help_text="Id of the team, department or workflow, or the criticality.",
                        max_length=64,
                    ),
                ),
            ],
            options={
                "permissions": [("publish_document", "Can publish a version")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "key"), name="governance_document_key"),
                    models.UniqueConstraint(
                        fields=("kind", "scope_kind", "scope_value"), name="governance_document_scope"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["matrix", "escalation", "rubric"])),
                        name="governance_document_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("schema", models.PositiveSmallIntegerField(default=1)),
                ("content", models.TextField(help_text="Canonical JSON (RFC 8785).")),
                ("digest", models.CharField(help_text="SHA-256 of the stored canonical text.", max_length=64)),
                ("created_at", models.DateTimeField()),
                ("frozen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "based_on",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="successors",
                        to="governance.version",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="governance.document"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("document", "number"), name="governance_version_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("responsibility", models.CharField(max_length=64)),
                ("severity", models.CharField(default="any", max_length=8)),
                (
                    "letter",
                    models.CharField(
                        choices=[("R", "responsible"), ("A", "accountable"), ("C", "consulted"), ("I", "informed")],
                        max_length=1,
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="0 is the holder, then the alternates in order."
                    ),
                ),
                ("role", models.CharField(blank=True, max_length=64)),
                ("row", models.CharField(help_text="Key of the row that decided.", max_length=200)),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="portal.team",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="assignments", to="governance.version"
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="governance.workflow",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="governance.schedule",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "workflow"], name="governance_assignment_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("letter__in", ["R", "A", "C", "I"])), name="governance_assignment_letter"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("letter", "A"), ("position", 0)),
                        fields=("workflow", "responsibility", "severity"),
                        name="governance_assignment_one_accountable",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", ""), ("schedule", None), ("team", None), ("user__isnull", False)),
                            models.Q(("role", ""), ("schedule", None), ("team__isnull", False), ("user", None)),
                            models.Q(("role", ""), ("schedule__isnull", False), ("team", None), ("user", None)),
                            models.Q(
                                ("schedule", None),
                                ("team", None),
                                ("user", None),
                                models.Q(("role", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="governance_assignment_one_holder",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangeRequest",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=32, unique=True)),
                (
                    "model",
                    models.CharField(
                        choices=[("standard", "standard"), ("normal", "normal"), ("emergency", "emergency")],
                        default="normal",
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in_review", "in review"),
                            ("approved", "approved"),
                            ("scheduled", "scheduled"),
                            ("published", "published"),
                            ("closed", "closed"),
                            ("rejected", "rejected"),
                            ("expired", "expired"),
                            ("withdrawn", "withdrawn"),
                            ("conflicted", "conflicted"),
                            ("rolled_back", "rolled back"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("requested_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_requests",
                        to="governance.document",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_requests",
                        to="governance.version",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "draft",
                                    "in_review",
                                    "approved",
                                    "scheduled",
                                    "published",
                                    "closed",
                                    "rejected",
                                    "expired",
                                    "withdrawn",
                                    "conflicted",
                                    "rolled_back",
                                ],
                            )
                        ),
                        name="governance_changerequest_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("model__in", ["standard", "normal", "emergency"])),
                        name="governance_changerequest_model",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("model", "normal"), ("state__in", ["draft", "in_review", "approved", "scheduled"])
                        ),
                        fields=("document", "requested_by"),
                        name="governance_changerequest_one_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Edit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("row", models.CharField(max_length=200)),
                ("field", models.CharField(blank=True, max_length=64)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="edits", to="governance.version"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalChangeRequest",
            fields=[
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("reference", models.CharField(db_index=True, max_length=32)),
                (
                    "model",
                    models.CharField(
                        choices=[("standard", "standard"), ("normal", "normal"), ("emergency", "emergency")],
                        default="normal",
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in_review", "in review"),
                            ("approved", "approved"),
                            ("scheduled", "scheduled"),
                            ("published", "published"),
                            ("closed", "closed"),
                            ("rejected", "rejected"),
                            ("expired", "expired"),
                            ("withdrawn", "withdrawn"),
                            ("conflicted", "conflicted"),
                            ("rolled_back", "rolled back"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("requested_at", models.DateTimeField()),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.document",
                    ),
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
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.version",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical change request",
                "verbose_name_plural": "historical change requests",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalDocument",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("matrix", "ownership matrix"),
                            ("escalation", "escalation policy"),
                            ("rubric", "triage rubric"),
                        ],
                        max_length=16,
                    ),
                ),
                ("key", models.SlugField(max_length=64)),
                ("title", models.CharField(max_length=200)),
                (
                    "scope_kind",
                    models.CharField(
                        choices=[
                            ("default", "the whole company"),
                            ("criticality", "workflows of one criticality"),
                            ("department", "one department"),
                            ("team", "one team"),
                            ("workflow", "one workflow"),
                        ],
                        default="default",
                        max_length=16,
                    ),
                ),
                (
                    "scope_value",
                    models.CharField(
                        blank=True,
                        help_text="Id of the team, department or workflow, or the criticality.",
                        max_length=64,
                    ),
                ),
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
                    "effective_version",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.version",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical document",
                "verbose_name_plural": "historical documents",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalVersion",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("number", models.PositiveIntegerField()),
                ("schema", models.PositiveSmallIntegerField(default=1)),
                ("digest", models.CharField(help_text="SHA-256 of the stored canonical text.", max_length=64)),
                ("created_at", models.DateTimeField()),
                ("frozen_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.document",
                    ),
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
                    "based_on",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.version",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical version",
                "verbose_name_plural": "historical versions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Reference",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("target_type", models.CharField(max_length=64)),
                ("target_id", models.UUIDField()),
                ("path", models.CharField(max_length=200)),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="references",
                        to="governance.version",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["target_type", "target_id"], name="governance_reference_target")],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "path", "target_id"), name="governance_reference_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("approve", "approve"),
                            ("request_changes", "ask for changes"),
                            ("veto", "veto"),
                            ("abstain", "abstain"),
                            ("recuse", "recuse"),
                        ],
                        max_length=16,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "rule",
                    models.CharField(help_text="The rule of rules.approval under which it counts.", max_length=64),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "change_request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="governance.changerequest",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verdict__in", ["approve", "request_changes", "veto", "abstain", "recuse"])
                        ),
                        name="governance_review_verdict",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="document",
            name="effective_version",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="governance.version",
            ),
        ),
    ]
