"""The response: the playbook at work, roles, decisions that somebody waits for, updates."""

import django.db.models.deletion
import portal.ids
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from portal import migrating


class Migration(migrating.Migration):
    dependencies = [
        ("governance", "0001_squashed_0008_change_control"),
        ("incidents", "0009_playbook_of_an_incident"),
        ("portal", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalContainment",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("halted", "halted"), ("isolated", "isolated")], default="halted", max_length=16
                    ),
                ),
                ("what", models.CharField(max_length=500)),
                ("since", models.DateTimeField()),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                ("release", models.CharField(blank=True, help_text="How one knows it is safe.", max_length=500)),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "workflow",
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
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "verbose_name": "historical containment",
                "verbose_name_plural": "historical containments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalOverride",
            fields=[
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("reason", models.CharField(max_length=500)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("what", models.CharField(help_text="What is set aside: kind and key.", max_length=200)),
                ("value", models.JSONField(default=dict, help_text="What holds instead.")),
                ("authority", models.CharField(max_length=500)),
                ("why", models.CharField(max_length=500)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "workflow",
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
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
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
                "verbose_name": "historical override",
                "verbose_name_plural": "historical overrides",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRemedy",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("workaround", "workaround"), ("permanent", "permanent fix")], max_length=16
                    ),
                ),
                ("what", models.CharField(max_length=500)),
                ("rationale", models.CharField(max_length=500)),
                ("artefact", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
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
                "verbose_name": "historical remedy",
                "verbose_name_plural": "historical remedies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalStatusUpdate",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("audience", models.CharField(help_text="Key of an audience of the plan.", max_length=64)),
                (
                    "event",
                    models.CharField(
                        help_text="opened, update, workaround, delayed, resolved or wrap_up", max_length=16
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in_review", "to be looked over"),
                            ("sent", "sent"),
                            ("dropped", "dropped"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                ("template", models.CharField(blank=True, max_length=64)),
                ("statement", models.CharField(blank=True, help_text="Prepared words it is made of.", max_length=64)),
                ("is_pre_approved", models.BooleanField(default=False)),
                ("expected_at", models.DateTimeField(blank=True, null=True)),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                ("kept_at", models.DateTimeField(blank=True, null=True)),
                ("missed_at", models.DateTimeField(blank=True, null=True)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("written_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.version",
                    ),
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
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "verbose_name": "historical status update",
                "verbose_name_plural": "historical status updates",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSubscription",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("audience", models.CharField(max_length=64)),
                ("since", models.DateTimeField()),
                ("first_told_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "verbose_name": "historical subscription",
                "verbose_name_plural": "historical subscriptions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("what", models.CharField(help_text="What is set aside: kind and key.", max_length=200)),
                ("value", models.JSONField(default=dict, help_text="What holds instead.")),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to="governance.workflow",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to="incidents.incident",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("authority", models.CharField(max_length=500)),
                ("why", models.CharField(max_length=500)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__gt", models.F("since"))), name="incidents_override_until"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("what",), name="incidents_override_one"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Recheck",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rechecks", to="incidents.incident"
                    ),
                ),
                ("subject", models.CharField(help_text="Name of the component.", max_length=200)),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.workflow",
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[("passed", "works again"), ("failed", "does not work"), ("waived", "not looked at")],
                        max_length=16,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("result", "passed"),
                            models.Q(("result__in", ["failed", "waived"]), models.Q(("note", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="incidents_recheck_note",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Remedy",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="remedies", to="incidents.incident"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("workaround", "workaround"), ("permanent", "permanent fix")], max_length=16
                    ),
                ),
                ("what", models.CharField(max_length=500)),
                ("rationale", models.CharField(max_length=500)),
                ("artefact", models.CharField(blank=True, max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "remedies",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("expires_at__gt", models.F("at")),
                                ("expires_at__isnull", False),
                                ("kind", "workaround"),
                            ),
                            models.Q(("expires_at", None), ("kind", "permanent")),
                            _connector="OR",
                        ),
                        name="incidents_remedy_expires",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleAssignment",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roles",
                        to="incidents.incident",
                    ),
                ),
                ("role", models.CharField(help_text="Key of a role of the matrix.", max_length=64)),
                ("title", models.CharField(help_text="As the pinned matrix called it.", max_length=200)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incident_roles",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entered",
                    models.CharField(
                        choices=[
                            ("assumed", "took it on"),
                            ("assigned", "was given it"),
                            ("handed_over", "had it handed over"),
                            ("stepped_in", "stepped in"),
                        ],
                        default="assumed",
                        max_length=16,
                    ),
                ),
                (
                    "before",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="after",
                        to="incidents.roleassignment",
                    ),
                ),
                ("assumed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "is_authorized",
                    models.BooleanField(
                        default=False,
                        help_text="The limits of the role count for the holder: the matrix names them, or whoever passed it on had them.",
                    ),
                ),
                ("handover", models.JSONField(blank=True, default=dict)),
                ("note", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "indexes": [models.Index(fields=["incident", "assumed_at"], name="incidents_roles_incident")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("incident", "role"),
                        name="incidents_roleassignment_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at", None), ("ended_at__gte", models.F("assumed_at")), _connector="OR"
                        ),
                        name="incidents_roleassignment_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("entered__in", ["assumed", "assigned", "handed_over", "stepped_in"])),
                        name="incidents_roleassignment_entered",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalRoleAssignment",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("role", models.CharField(help_text="Key of a role of the matrix.", max_length=64)),
                ("title", models.CharField(help_text="As the pinned matrix called it.", max_length=200)),
                (
                    "entered",
                    models.CharField(
                        choices=[
                            ("assumed", "took it on"),
                            ("assigned", "was given it"),
                            ("handed_over", "had it handed over"),
                            ("stepped_in", "stepped in"),
                        ],
                        default="assumed",
                        max_length=16,
                    ),
                ),
                ("assumed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "is_authorized",
                    models.BooleanField(
                        default=False,
                        help_text="The limits of the role count for the holder: the matrix names them, or whoever passed it on had them.",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "user",
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
                    "before",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.roleassignment",
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
            ],
            options={
                "verbose_name": "historical role assignment",
                "verbose_name_plural": "historical role assignments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ScopeStatement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scopes",
                        to="incidents.incident",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("scope", models.CharField(max_length=500)),
                ("aim", models.CharField(max_length=500)),
                ("overruled", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("incident", "number"), name="incidents_scopestatement_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("overruled", False), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="incidents_scopestatement_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScopeAnswer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="incidents.scopestatement",
                    ),
                ),
                (
                    "function",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("engineering", "Engineering"),
                            ("operations", "Operations"),
                            ("support", "Support"),
                        ],
                        max_length=16,
                    ),
                ),
                ("agrees", models.BooleanField()),
                ("why", models.CharField(blank=True, max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("function__in", ["product", "engineering", "operations", "support"])),
                        name="incidents_scopeanswer_function",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("agrees", True), models.Q(("why", ""), _negated=True), _connector="OR"),
                        name="incidents_scopeanswer_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatusUpdate",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="updates",
                        to="incidents.incident",
                    ),
                ),
                ("audience", models.CharField(help_text="Key of an audience of the plan.", max_length=64)),
                (
                    "event",
                    models.CharField(
                        help_text="opened, update, workaround, delayed, resolved or wrap_up", max_length=16
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("in_review", "to be looked over"),
                            ("sent", "sent"),
                            ("dropped", "dropped"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.version",
                    ),
                ),
                ("template", models.CharField(blank=True, max_length=64)),
                ("statement", models.CharField(blank=True, help_text="Prepared words it is made of.", max_length=64)),
                ("is_pre_approved", models.BooleanField(default=False)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("answers", models.JSONField(blank=True, default=dict)),
                ("business", models.TextField(blank=True)),
                ("technical", models.TextField(blank=True)),
                ("expected_at", models.DateTimeField(blank=True, null=True)),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                ("kept_at", models.DateTimeField(blank=True, null=True)),
                ("missed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("written_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["incident", "audience", "-sent_at"], name="incidents_update_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "in_review", "sent", "dropped"])),
                        name="incidents_statusupdate_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "sent")),
                            models.Q(models.Q(("state", "sent"), _negated=True), ("sent_at", None)),
                            _connector="OR",
                        ),
                        name="incidents_statusupdate_sent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kept_at", None), ("missed_at", None), _connector="OR"),
                        name="incidents_statusupdate_kept_or_missed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StepEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="incidents.incident",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.version",
                    ),
                ),
                ("scenario", models.CharField(max_length=64)),
                ("step", models.CharField(max_length=64)),
                (
                    "did",
                    models.CharField(
                        choices=[
                            ("taken", "took it on"),
                            ("released", "gave it back"),
                            ("done", "did it"),
                            ("changed", "did it otherwise"),
                            ("skipped", "left it out"),
                        ],
                        max_length=16,
                    ),
                ),
                ("given", models.JSONField(blank=True, default=dict)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "evidence",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.evidence",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "step entries",
                "indexes": [models.Index(fields=["incident", "id"], name="incidents_stepentry_incident")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("did__in", ["taken", "released", "done", "changed", "skipped"])),
                        name="incidents_stepentry_did",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("did__in", ["changed", "skipped"]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="incidents_stepentry_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to="incidents.incident",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subscriptions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("audience", models.CharField(max_length=64)),
                ("since", models.DateTimeField()),
                ("first_told_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("incident", "user", "audience"), name="incidents_subscription_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Containment",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="containments",
                        to="incidents.incident",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="containments",
                        to="governance.workflow",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("halted", "halted"), ("isolated", "isolated")], default="halted", max_length=16
                    ),
                ),
                ("what", models.CharField(max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                ("release", models.CharField(blank=True, help_text="How one knows it is safe.", max_length=500)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("released_at", None)),
                        fields=["workflow"],
                        name="incidents_containment_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["halted", "isolated"])), name="incidents_containment_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("released_at", None), ("released_by", None)),
                            models.Q(
                                ("released_at__gte", models.F("since")),
                                ("released_at__isnull", False),
                                ("released_by__isnull", False),
                                models.Q(("release", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="incidents_containment_released",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DecisionRequest",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=32, unique=True)),
                (
                    "asked",
                    models.CharField(
                        choices=[("api", "a workflow"), ("form", "a person"), ("gate", "a gate of a playbook")],
                        max_length=8,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="incidents.incident",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="governance.workflow",
                    ),
                ),
                ("name", models.CharField(blank=True, help_text="Key of a decision of the matrix.", max_length=64)),
                ("is_unknown", models.BooleanField(default=False, help_text="The matrix has no row of this name.")),
                ("question", models.CharField(max_length=200)),
                ("details", models.TextField(blank=True)),
                ("choices", models.JSONField(default=list)),
                ("given", models.JSONField(blank=True, default=dict)),
                ("contexts", models.JSONField(blank=True, default=dict)),
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
                ("link", models.URLField(blank=True, help_text="Where exactly it stopped.", max_length=500)),
                ("delay_costs", models.CharField(blank=True, max_length=500)),
                ("safe_default", models.CharField(blank=True, help_text="Key of the safe choice.", max_length=64)),
                ("category", models.CharField(blank=True, max_length=64)),
                (
                    "severity",
                    models.CharField(
                        choices=[("sev1", "SEV1"), ("sev2", "SEV2"), ("sev3", "SEV3"), ("sev4", "SEV4")], max_length=8
                    ),
                ),
                ("criticality", models.CharField(default="medium", max_length=16)),
                (
                    "risk",
                    models.CharField(
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high")], default="medium", max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("waiting", "waits for data"),
                            ("contested", "contested"),
                            ("decided", "decided"),
                            ("denied", "denied"),
                            ("held", "held"),
                            ("withdrawn", "withdrawn"),
                            ("closed", "closed"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                (
                    "board",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.board",
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, help_text="None while the clock stands still.", null=True)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("left_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "requester",
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
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Who led the incident when it was asked, and is asked first where no row names anybody.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="incidents.source",
                    ),
                ),
                (
                    "playbook",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.version",
                    ),
                ),
                ("scenario", models.CharField(blank=True, max_length=64)),
                ("step", models.CharField(blank=True, help_text="The gate that asks, of a playbook.", max_length=64)),
                (
                    "asked_key",
                    models.CharField(
                        help_text="One request for each question of a sender, however often it is sent.",
                        max_length=200,
                        unique=True,
                    ),
                ),
                (
                    "asked_digest",
                    models.CharField(
                        blank=True,
                        help_text="SHA-256 of what a machine sent; another question needs another key.",
                        max_length=64,
                    ),
                ),
                ("callback", models.URLField(blank=True, max_length=500)),
                ("workflow_version", models.CharField(blank=True, max_length=500)),
                (
                    "cloned_from",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replays",
                        to="incidents.decisionrequest",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["open", "waiting", "contested"])),
                        fields=["due_at", "id"],
                        name="incidents_decision_open",
                    ),
                    models.Index(fields=["-opened_at", "-id"], name="incidents_decision_newest"),
                    models.Index(
                        condition=models.Q(("incident__isnull", False)),
                        fields=["incident"],
                        name="incidents_decision_incident",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["open", "waiting", "contested", "decided", "denied", "held", "withdrawn", "closed"],
                            )
                        ),
                        name="incidents_decision_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("risk__in", ["low", "medium", "high"])), name="incidents_decision_risk"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("asked__in", ["api", "form", "gate"])), name="incidents_decision_asked"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_at", None), ("paused_at__isnull", False), ("state", "waiting")),
                            models.Q(models.Q(("state", "waiting"), _negated=True), ("paused_at", None)),
                            _connector="OR",
                        ),
                        name="incidents_decision_paused",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state__in", ["open", "waiting", "contested"])),
                            models.Q(
                                models.Q(("state__in", ["open", "waiting", "contested"]), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="incidents_decision_ended",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cloned_from", models.F("id")), _negated=True),
                        name="incidents_decision_cloned_other",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DecisionRecord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "request",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="incidents.decisionrequest",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(default=1)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("waiting", "waits for data"),
                            ("contested", "contested"),
                            ("decided", "decided"),
                            ("denied", "denied"),
                            ("held", "held"),
                            ("withdrawn", "withdrawn"),
                            ("closed", "closed"),
                        ],
                        max_length=16,
                    ),
                ),
                ("choice", models.CharField(blank=True, max_length=64)),
                ("level", models.CharField(blank=True, max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("authority", models.CharField(help_text="The limit or rule in a sentence.", max_length=500)),
                (
                    "risk",
                    models.CharField(choices=[("low", "low"), ("medium", "medium"), ("high", "high")], max_length=8),
                ),
                (
                    "pins",
                    models.JSONField(
                        default=dict, help_text="{what: digest} of the rules, and the workflow's version."
                    ),
                ),
                (
                    "inputs",
                    models.CharField(help_text="SHA-256 of the data that lay before the decider.", max_length=64),
                ),
                ("commitment", models.CharField(blank=True, help_text="SHA-256 of salt and words.", max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("request", "number"), name="incidents_decisionrecord_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("by__isnull", False), ("outcome", "decided"), models.Q(("choice", ""), _negated=True)
                            ),
                            ("outcome__in", ["denied", "held"]),
                            _connector="OR",
                        ),
                        name="incidents_decisionrecord_time_never_approves",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DecisionCallback",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="callback",
                        to="incidents.decisionrecord",
                    ),
                ),
                ("address", models.URLField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "waiting"),
                            ("sending", "being sent"),
                            ("sent", "taken by the workflow"),
                            ("dead", "could not be delivered"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("due_at", models.DateTimeField(help_text="Earliest next attempt.")),
                ("deadline_at", models.DateTimeField(help_text="Dead when not taken by then.")),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "token",
                    models.UUIDField(
                        blank=True, help_text="Of the present claim; a lost lease changes nothing.", null=True
                    ),
                ),
                ("maybe_duplicate", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["pending", "sending"])),
                        fields=["due_at"],
                        name="incidents_callback_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("state", "sending"), ("token__isnull", False)),
                            models.Q(
                                models.Q(("state", "sending"), _negated=True), ("lease_until", None), ("token", None)
                            ),
                            _connector="OR",
                        ),
                        name="incidents_decisioncallback_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state__in", ["pending", "sending"])),
                            models.Q(("ended_at__isnull", False), ("state__in", ["sent", "dead"])),
                            _connector="OR",
                        ),
                        name="incidents_decisioncallback_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalDecisionRequest",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("reference", models.CharField(db_index=True, max_length=32)),
                (
                    "asked",
                    models.CharField(
                        choices=[("api", "a workflow"), ("form", "a person"), ("gate", "a gate of a playbook")],
                        max_length=8,
                    ),
                ),
                ("name", models.CharField(blank=True, help_text="Key of a decision of the matrix.", max_length=64)),
                ("is_unknown", models.BooleanField(default=False, help_text="The matrix has no row of this name.")),
                ("choices", models.JSONField(default=list)),
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
                ("link", models.URLField(blank=True, help_text="Where exactly it stopped.", max_length=500)),
                ("safe_default", models.CharField(blank=True, help_text="Key of the safe choice.", max_length=64)),
                ("category", models.CharField(blank=True, max_length=64)),
                (
                    "severity",
                    models.CharField(
                        choices=[("sev1", "SEV1"), ("sev2", "SEV2"), ("sev3", "SEV3"), ("sev4", "SEV4")], max_length=8
                    ),
                ),
                ("criticality", models.CharField(default="medium", max_length=16)),
                (
                    "risk",
                    models.CharField(
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high")], default="medium", max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("waiting", "waits for data"),
                            ("contested", "contested"),
                            ("decided", "decided"),
                            ("denied", "denied"),
                            ("held", "held"),
                            ("withdrawn", "withdrawn"),
                            ("closed", "closed"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, help_text="None while the clock stands still.", null=True)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("left_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("scenario", models.CharField(blank=True, max_length=64)),
                ("step", models.CharField(blank=True, help_text="The gate that asks, of a playbook.", max_length=64)),
                (
                    "asked_key",
                    models.CharField(
                        db_index=True,
                        help_text="One request for each question of a sender, however often it is sent.",
                        max_length=200,
                    ),
                ),
                (
                    "asked_digest",
                    models.CharField(
                        blank=True,
                        help_text="SHA-256 of what a machine sent; another question needs another key.",
                        max_length=64,
                    ),
                ),
                ("callback", models.URLField(blank=True, max_length=500)),
                ("workflow_version", models.CharField(blank=True, max_length=500)),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "workflow",
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
                    "board",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.board",
                    ),
                ),
                (
                    "requester",
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
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Who led the incident when it was asked, and is asked first where no row names anybody.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.source",
                    ),
                ),
                (
                    "playbook",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.version",
                    ),
                ),
                (
                    "cloned_from",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.decisionrequest",
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
            ],
            options={
                "verbose_name": "historical decision request",
                "verbose_name_plural": "historical decision requests",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="CallbackAttempt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "callback",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="incidents.decisioncallback",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("result", models.CharField(blank=True, max_length=16)),
                ("detail", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("callback", "number"), name="incidents_callbackattempt_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="DecisionText",
            fields=[
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="text_row",
                        serialize=False,
                        to="incidents.decisionrecord",
                    ),
                ),
                ("salt", models.CharField(max_length=64)),
                ("text", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="DecisionReading",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="incidents.decisionrequest",
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("source", models.CharField(help_text="Where the figures come from.", max_length=500)),
                ("values", models.JSONField(default=dict)),
                (
                    "rules_over",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.decisionreading",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DecisionAnswer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "request",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="incidents.decisionrequest",
                    ),
                ),
                ("generation", models.PositiveIntegerField()),
                ("level", models.CharField(max_length=64)),
                (
                    "says",
                    models.CharField(
                        choices=[("choice", "chose"), ("objection", "objects"), ("recusal", "is recused")],
                        max_length=16,
                    ),
                ),
                ("choice", models.CharField(blank=True, max_length=64)),
                (
                    "counts",
                    models.CharField(
                        choices=[
                            ("decides", "decides"),
                            ("votes", "one vote"),
                            ("contests", "contests"),
                            ("late", "came too late"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["request", "id"], name="incidents_answer_request")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("says", "choice"), models.Q(("choice", ""), _negated=True)),
                            models.Q(("choice", ""), ("says__in", ["objection", "recusal"])),
                            _connector="OR",
                        ),
                        name="incidents_decisionanswer_choice",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="historicalincident",
            name="communication",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The communication plan by which people are told.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="governance.version",
            ),
        ),
        migrations.AddField(
            model_name="historicalincident",
            name="bridge",
            field=models.CharField(blank=True, help_text="Address of the call in which people work on it.", max_length=500),
        ),
        migrations.AddField(
            model_name="historicalincident",
            name="chat",
            field=models.CharField(blank=True, help_text="Address of the channel in which people write.", max_length=500),
        ),
        migrations.AddField(
            model_name="incident",
            name="bridge",
            field=models.CharField(blank=True, help_text="Address of the call in which people work on it.", max_length=500),
        ),
        migrations.AddField(
            model_name="incident",
            name="chat",
            field=models.CharField(blank=True, help_text="Address of the channel in which people write.", max_length=500),
        ),
        migrations.AddField(
            model_name="historicalincident",
            name="scenario",
            field=models.CharField(
                blank=True, help_text="Key of the scenario of the playbook that they follow.", max_length=64
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="communication",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The communication plan by which people are told.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="governance.version",
            ),
        ),
        migrations.AddField(
            model_name="incident",
            name="scenario",
            field=models.CharField(
                blank=True, help_text="Key of the scenario of the playbook that they follow.", max_length=64
            ),
        ),
        migrations.AlterField(
            model_name="escalationrun",
            name="incident",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="run", to="incidents.incident"
            ),
        ),
        migrations.AddField(
            model_name="escalationrun",
            name="decision",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="run",
                to="incidents.decisionrequest",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision__isnull", False), ("incident", None)),
                    models.Q(("decision", None), ("incident__isnull", False)),
                    _connector="OR",
                ),
                name="incidents_escalationrun_subject",
            ),
        ),
    ]
