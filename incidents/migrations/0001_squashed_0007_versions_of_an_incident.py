"""Every table as it is now, at once: a fresh start renders each model a few times instead of hundreds.

A database that was made by the steps in `replaces` goes on by them; drop those after the first release.
"""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models
from portal import migrating

import portal.ids


class Migration(migrating.Migration):
    replaces = [
        ("incidents", "0001_initial"),
        ("incidents", "0002_incident_resolved"),
        ("incidents", "0003_incident_search"),
        ("incidents", "0004_leaner_indexes"),
        ("incidents", "0005_doors_and_triggers"),
        ("incidents", "0006_silence_why"),
        ("incidents", "0007_versions_of_an_incident"),
    ]

    initial = True

    dependencies = [
        ("governance", "0007_workflow_changes"),
        ("portal", "0001_squashed_0006_message_traffic"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalSource",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("key", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=120)),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("generic", "generic JSON"),
                            ("node_red", "Node-RED"),
                            ("n8n", "n8n"),
                            ("alertmanager", "Prometheus Alertmanager"),
                            ("pagerduty", "PagerDuty Events v2"),
                            ("slack", "Slack incoming webhook"),
                        ],
                        default="generic",
                        max_length=16,
                    ),
                ),
                (
                    "token_digest",
                    models.CharField(editable=False, help_text="SHA-256 of the bearer token.", max_length=64),
                ),
                ("is_active", models.BooleanField(default=True)),
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
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Used when an event names none that we know.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.workflow",
                    ),
                ),
                (
                    "mapping",
                    models.JSONField(
                        blank=True, default=dict, help_text="Of generic JSON: {field of an event: path in the body}."
                    ),
                ),
                (
                    "per_minute",
                    models.PositiveIntegerField(
                        default=100000, help_text="Calls a minute; what is beyond is refused before it is accepted."
                    ),
                ),
                (
                    "redact",
                    models.JSONField(blank=True, default=list, help_text="Paths in the body that are never stored."),
                ),
            ],
            options={
                "verbose_name": "historical source",
                "verbose_name_plural": "historical sources",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=32, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("incident", "incident"), ("near_miss", "near miss"), ("drill", "drill")],
                        default="incident",
                        max_length=16,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reported", "Reported"),
                            ("investigating", "Investigating"),
                            ("contained", "Contained"),
                            ("monitoring", "Monitoring"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                            ("declined", "Declined"),
                            ("duplicate", "Duplicate"),
                        ],
                        default="reported",
                        max_length=16,
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("sev1", "SEV1"), ("sev2", "SEV2"), ("sev3", "SEV3"), ("sev4", "SEV4")], max_length=8
                    ),
                ),
                ("priority", models.PositiveSmallIntegerField(default=3, help_text="1 is the most urgent.")),
                (
                    "workflow_version",
                    models.CharField(blank=True, help_text="Version ids, separated by commas.", max_length=500),
                ),
                ("components", models.JSONField(blank=True, default=list)),
                (
                    "answers",
                    models.JSONField(
                        blank=True, default=dict, help_text="Impact answers: {dimension: yes, no or unknown}."
                    ),
                ),
                (
                    "just_before",
                    models.TextField(blank=True, help_text="What the reporter was doing just before (D36)."),
                ),
                ("who_is_hurt", models.TextField(blank=True)),
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
                ("is_restricted", models.BooleanField(default=False, help_text="Only participants may see it.")),
                ("started_at", models.DateTimeField(help_text="When it was first noticed.")),
                ("reported_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("triaged_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("plan", models.CharField(blank=True, help_text="What will be done, in one sentence.", max_length=500)),
                ("contained_at", models.DateTimeField(blank=True, null=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("resolution", models.TextField(blank=True)),
                ("deviation", models.TextField(blank=True, help_text="How it was checked when no playbook said so.")),
                (
                    "track_generation",
                    models.PositiveIntegerField(default=0, help_text="Raised to revoke tracking links."),
                ),
                (
                    "submission_key",
                    models.CharField(
                        help_text="One incident for each filed form or first event.", max_length=64, unique=True
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="led_incidents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reported_incidents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rubric",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.version",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        help_text="Owner of the workflow, else the triage team.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="portal.team",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="governance.workflow",
                    ),
                ),
                (
                    "hint",
                    models.CharField(blank=True, help_text="The severity that the sender suggested.", max_length=8),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="duplicates",
                        to="incidents.incident",
                    ),
                ),
                (
                    "path",
                    models.CharField(blank=True, help_text="Key of the path that the rubric chose.", max_length=64),
                ),
                (
                    "trigger",
                    models.CharField(
                        blank=True, help_text="Key of the trigger of the policy that opened it.", max_length=64
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["reported", "investigating", "contained", "monitoring"])),
                        fields=["severity", "-reported_at", "-id"],
                        name="incidents_incident_open",
                    ),
                    models.Index(fields=["-reported_at", "-id"], name="incidents_incident_newest"),
                    models.Index(fields=["workflow", "-reported_at", "-id"], name="incidents_incident_workflow"),
                    models.Index(fields=["team", "-reported_at", "-id"], name="incidents_incident_team"),
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", False)),
                        fields=["-resolved_at"],
                        name="incidents_incident_resolved",
                    ),
                    models.Index(
                        condition=models.Q(("merged_into__isnull", False)),
                        fields=["merged_into"],
                        name="incidents_incident_duplicates",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "reported",
                                    "investigating",
                                    "contained",
                                    "monitoring",
                                    "resolved",
                                    "closed",
                                    "declined",
                                    "duplicate",
                                ],
                            )
                        ),
                        name="incidents_incident_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["sev1", "sev2", "sev3", "sev4"])),
                        name="incidents_incident_severity",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["incident", "near_miss", "drill"])),
                        name="incidents_incident_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("data_class__in", ["public", "internal", "confidential", "restricted"])),
                        name="incidents_incident_data_class",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("merged_into__isnull", False), ("state", "duplicate")),
                            models.Q(models.Q(("state", "duplicate"), _negated=True), ("merged_into", None)),
                            _connector="OR",
                        ),
                        name="incidents_incident_merged",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("merged_into", models.F("id")), _negated=True),
                        name="incidents_incident_merged_other",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImpactScore",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("answers", models.JSONField(default=dict)),
                ("breakdown", models.JSONField(default=list, help_text="[{dimension, answer, weight, points}]")),
                ("total", models.PositiveIntegerField()),
                (
                    "severity",
                    models.CharField(
                        choices=[("sev1", "SEV1"), ("sev2", "SEV2"), ("sev3", "SEV3"), ("sev4", "SEV4")], max_length=8
                    ),
                ),
                ("priority", models.PositiveSmallIntegerField(default=3)),
                ("at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rubric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.version"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="scores", to="incidents.incident"
                    ),
                ),
                (
                    "criticality",
                    models.CharField(blank=True, help_text="Of the workflow, when it was scored.", max_length=16),
                ),
                (
                    "hint",
                    models.CharField(blank=True, help_text="The severity that the sender suggested.", max_length=8),
                ),
                ("path", models.CharField(blank=True, max_length=64)),
                (
                    "rule",
                    models.CharField(
                        blank=True, help_text="Key of the threshold or signal that decided.", max_length=64
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["incident", "-id"], name="incidents_impactscore_incident")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["sev1", "sev2", "sev3", "sev4"])),
                        name="incidents_impactscore_severity",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalEvidence",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("name", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveBigIntegerField(help_text="Bytes.")),
                (
                    "content_type",
                    models.CharField(help_text="Found from the content, never from the name.", max_length=100),
                ),
                ("added_at", models.DateTimeField()),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "added_by",
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
            ],
            options={
                "verbose_name": "historical evidence",
                "verbose_name_plural": "historical evidence",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveBigIntegerField(help_text="Bytes.")),
                (
                    "content_type",
                    models.CharField(help_text="Found from the content, never from the name.", max_length=100),
                ),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="incidents.incident"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "evidence",
                "constraints": [models.UniqueConstraint(fields=("incident", "sha256"), name="incidents_evidence_once")],
            },
        ),
        migrations.CreateModel(
            name="EscalationRun",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("paused", "paused"),
                            ("acknowledged", "answered"),
                            ("exhausted", "everybody told"),
                            ("nobody_reached", "nobody reached"),
                            ("stopped", "stopped"),
                        ],
                        default="running",
                        max_length=16,
                    ),
                ),
                ("generation", models.PositiveIntegerField(default=1)),
                (
                    "severity",
                    models.CharField(
                        choices=[("sev1", "SEV1"), ("sev2", "SEV2"), ("sev3", "SEV3"), ("sev4", "SEV4")], max_length=8
                    ),
                ),
                ("criticality", models.CharField(default="medium", max_length=16)),
                ("policy_digest", models.CharField(max_length=64)),
                ("matrices", models.JSONField(default=dict, help_text="{version id: digest} of the matrices pinned.")),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Steps of the plan taken in this generation."
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(default=0, help_text="The level told last; 0 before the first."),
                ),
                (
                    "steps",
                    models.PositiveIntegerField(default=0, help_text="Steps taken in all generations; capped (I8)."),
                ),
                ("started_at", models.DateTimeField()),
                ("generation_at", models.DateTimeField(help_text="Start of this generation.")),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("paused_until", models.DateTimeField(blank=True, null=True)),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="governance.version"
                    ),
                ),
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="run", to="incidents.incident"
                    ),
                ),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="Key of the path that the rubric chose; empty: by rule.", max_length=64
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ["running", "paused", "acknowledged", "exhausted", "nobody_reached", "stopped"],
                            )
                        ),
                        name="incidents_escalationrun_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "acknowledged"), _negated=True),
                            models.Q(("acknowledged_at__isnull", False), ("acknowledged_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="incidents_escalationrun_acknowledged",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "paused"), _negated=True),
                            ("paused_until__isnull", False),
                            _connector="OR",
                        ),
                        name="incidents_escalationrun_paused",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("reporter", "reported it"),
                            ("told", "was told"),
                            ("joined", "joined"),
                            ("affected", "is affected too"),
                        ],
                        max_length=16,
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="participants",
                        to="incidents.incident",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="participations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "incident", "role"), name="incidents_participant_once"),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["reporter", "told", "joined", "affected"])),
                        name="incidents_participant_role",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReportDraft",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("content", models.JSONField(default=dict)),
                ("submission_key", models.CharField(max_length=64, unique=True)),
                ("saved_at", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="report_draft",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("generic", "generic JSON"),
                            ("node_red", "Node-RED"),
                            ("n8n", "n8n"),
                            ("alertmanager", "Prometheus Alertmanager"),
                            ("pagerduty", "PagerDuty Events v2"),
                            ("slack", "Slack incoming webhook"),
                        ],
                        default="generic",
                        max_length=16,
                    ),
                ),
                (
                    "token_digest",
                    models.CharField(editable=False, help_text="SHA-256 of the bearer token.", max_length=64),
                ),
                ("signing_secret", models.TextField(blank=True, editable=False, help_text="Encrypted with DATA_KEYS.")),
                ("is_active", models.BooleanField(default=True)),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        help_text="Used when an event names none that we know.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sources",
                        to="governance.workflow",
                    ),
                ),
                (
                    "mapping",
                    models.JSONField(
                        blank=True, default=dict, help_text="Of generic JSON: {field of an event: path in the body}."
                    ),
                ),
                (
                    "per_minute",
                    models.PositiveIntegerField(
                        default=100000, help_text="Calls a minute; what is beyond is refused before it is accepted."
                    ),
                ),
                (
                    "redact",
                    models.JSONField(blank=True, default=list, help_text="Paths in the body that are never stored."),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("format__in", ["generic", "node_red", "n8n", "alertmanager", "pagerduty", "slack"])
                        ),
                        name="incidents_source_format",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("per_minute__gte", 1)), name="incidents_source_per_minute"
                    ),
                    models.UniqueConstraint(fields=("token_digest",), name="incidents_source_token"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EscalationEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("generation", models.PositiveIntegerField()),
                ("position", models.PositiveSmallIntegerField()),
                ("level", models.PositiveSmallIntegerField(help_text="Counted along the plan; 0 for news.")),
                ("level_key", models.CharField(blank=True, help_text="Key of the level in the policy.", max_length=64)),
                ("round", models.PositiveSmallIntegerField(default=1)),
                (
                    "kind",
                    models.CharField(help_text="level, repeat, fallback, news, manual or follow_up", max_length=16),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("told", "told"),
                            ("already_told", "told before for this level"),
                            ("nobody", "nobody resolved"),
                        ],
                        max_length=16,
                    ),
                ),
                ("responsibility", models.CharField(blank=True, max_length=64)),
                ("decided_by", models.CharField(help_text="The deciding row in a sentence.", max_length=500)),
                ("version_digest", models.CharField(blank=True, max_length=64)),
                ("row", models.CharField(blank=True, max_length=200)),
                ("message_key", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="incidents.escalationrun",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["run", "id"], name="incidents_escalationevent_run")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["told", "already_told", "nobody"])),
                        name="incidents_escalationevent_outcome",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Beat",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "interval_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Minutes between two beats; leave empty when a cron expression says it.",
                        null=True,
                    ),
                ),
                (
                    "cron",
                    models.CharField(
                        blank=True, help_text="Five fields, for example: 30 6 * * mon-fri.", max_length=120
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        help_text="An IANA name for the cron expression; empty means the portal’s.",
                        max_length=64,
                    ),
                ),
                ("grace_minutes", models.PositiveIntegerField(default=5, help_text="Minutes that a beat may be late.")),
                (
                    "severity",
                    models.CharField(
                        blank=True,
                        choices=[("sev1", "SEV1"), ("sev2", "SEV2"), ("sev3", "SEV3"), ("sev4", "SEV4")],
                        help_text="Suggested for the incident; empty: by the rubric.",
                        max_length=8,
                    ),
                ),
                (
                    "token_digest",
                    models.CharField(
                        editable=False, help_text="SHA-256 of the secret in its address.", max_length=64, unique=True
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("new", "waits for its first beat"), ("up", "alive"), ("missing", "missing")],
                        default="new",
                        editable=False,
                        max_length=16,
                    ),
                ),
                ("last_at", models.DateTimeField(editable=False, null=True)),
                (
                    "due_at",
                    models.DateTimeField(editable=False, help_text="Missing after this, grace included.", null=True),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.incident",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="beats", to="governance.workflow"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cron", ""), ("interval_minutes__gte", 1)),
                            models.Q(("interval_minutes", None), models.Q(("cron", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="incidents_beat_by_one_rule",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["new", "up", "missing"])), name="incidents_beat_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["", "sev1", "sev2", "sev3", "sev4"])),
                        name="incidents_beat_severity",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BoardView",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("query", models.CharField(blank=True, max_length=500)),
                ("made_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="board_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "name"), name="incidents_boardview_once")],
            },
        ),
        migrations.CreateModel(
            name="HistoricalBeat",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("key", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=120)),
                (
                    "interval_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Minutes between two beats; leave empty when a cron expression says it.",
                        null=True,
                    ),
                ),
                (
                    "cron",
                    models.CharField(
                        blank=True, help_text="Five fields, for example: 30 6 * * mon-fri.", max_length=120
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        help_text="An IANA name for the cron expression; empty means the portal’s.",
                        max_length=64,
                    ),
                ),
                ("grace_minutes", models.PositiveIntegerField(default=5, help_text="Minutes that a beat may be late.")),
                (
                    "severity",
                    models.CharField(
                        blank=True,
                        choices=[("sev1", "SEV1"), ("sev2", "SEV2"), ("sev3", "SEV3"), ("sev4", "SEV4")],
                        help_text="Suggested for the incident; empty: by the rubric.",
                        max_length=8,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
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
            ],
            options={
                "verbose_name": "historical beat",
                "verbose_name_plural": "historical beats",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSilence",
            fields=[
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("reason", models.CharField(max_length=500)),
                ("made_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, help_text="When somebody ended it early.", null=True)),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, help_text="When what was still open was told.", null=True),
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
                    "made_by",
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
                ("why", models.CharField(max_length=500)),
            ],
            options={
                "verbose_name": "historical silence",
                "verbose_name_plural": "historical silences",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="RefusedCall",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("status", models.PositiveSmallIntegerField(help_text="The HTTP status that was answered.")),
                ("error", models.CharField(max_length=64)),
                ("field", models.CharField(blank=True, max_length=200)),
                ("detail", models.CharField(max_length=500)),
                ("excerpt", models.TextField(blank=True, help_text="The beginning of the body, redacted.")),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refusals",
                        to="incidents.source",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["source", "-id"], name="incidents_refusedcall_source")],
            },
        ),
        migrations.CreateModel(
            name="Silence",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("made_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(blank=True, help_text="When somebody ended it early.", null=True)),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, help_text="When what was still open was told.", null=True),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="silences",
                        to="incidents.source",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="silences",
                        to="governance.workflow",
                    ),
                ),
                ("why", models.CharField(max_length=500)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)), fields=["ends_at"], name="incidents_silence_open"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source__isnull", False), ("workflow", None)),
                            models.Q(("source", None), ("workflow__isnull", False)),
                            _connector="OR",
                        ),
                        name="incidents_silence_of_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="incidents_silence_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimelineEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("verb", models.CharField(max_length=64)),
                (
                    "data",
                    models.JSONField(default=dict, help_text="Facts for the sentence: names of people, level, states."),
                ),
                ("is_public", models.BooleanField(default=False, help_text="Shown to the reporter in plain words.")),
                (
                    "commitment",
                    models.CharField(
                        blank=True, help_text="SHA-256 of salt and text, when there is a text.", max_length=64
                    ),
                ),
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
                (
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="timeline",
                        to="incidents.incident",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "timeline entries",
                "indexes": [models.Index(fields=["incident", "-id"], name="incidents_timeline_incident")],
            },
        ),
        migrations.CreateModel(
            name="HistoricalIncident",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("reference", models.CharField(db_index=True, max_length=32)),
                (
                    "kind",
                    models.CharField(
                        choices=[("incident", "incident"), ("near_miss", "near miss"), ("drill", "drill")],
                        default="incident",
                        max_length=16,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reported", "Reported"),
                            ("investigating", "Investigating"),
                            ("contained", "Contained"),
                            ("monitoring", "Monitoring"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                            ("declined", "Declined"),
                            ("duplicate", "Duplicate"),
                        ],
                        default="reported",
                        max_length=16,
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[("sev1", "SEV1"), ("sev2", "SEV2"), ("sev3", "SEV3"), ("sev4", "SEV4")], max_length=8
                    ),
                ),
                ("priority", models.PositiveSmallIntegerField(default=3, help_text="1 is the most urgent.")),
                (
                    "workflow_version",
                    models.CharField(blank=True, help_text="Version ids, separated by commas.", max_length=500),
                ),
                ("components", models.JSONField(blank=True, default=list)),
                (
                    "answers",
                    models.JSONField(
                        blank=True, default=dict, help_text="Impact answers: {dimension: yes, no or unknown}."
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
                ("is_restricted", models.BooleanField(default=False, help_text="Only participants may see it.")),
                ("started_at", models.DateTimeField(help_text="When it was first noticed.")),
                ("reported_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("triaged_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("plan", models.CharField(blank=True, help_text="What will be done, in one sentence.", max_length=500)),
                ("contained_at", models.DateTimeField(blank=True, null=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "track_generation",
                    models.PositiveIntegerField(default=0, help_text="Raised to revoke tracking links."),
                ),
                (
                    "submission_key",
                    models.CharField(
                        db_index=True, help_text="One incident for each filed form or first event.", max_length=64
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
                    "lead",
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
                    "reporter",
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
                    "rubric",
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
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Owner of the workflow, else the triage team.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="portal.team",
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
                    "hint",
                    models.CharField(blank=True, help_text="The severity that the sender suggested.", max_length=8),
                ),
                (
                    "merged_into",
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
                    "path",
                    models.CharField(blank=True, help_text="Key of the path that the rubric chose.", max_length=64),
                ),
                (
                    "trigger",
                    models.CharField(
                        blank=True, help_text="Key of the trigger of the policy that opened it.", max_length=64
                    ),
                ),
            ],
            options={
                "verbose_name": "historical incident",
                "verbose_name_plural": "historical incidents",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "event_id",
                    models.CharField(
                        help_text="Unique for each source; the body’s hash when it names none.", max_length=200
                    ),
                ),
                ("body_hash", models.CharField(max_length=64)),
                ("body", models.JSONField(help_text="Redacted.")),
                ("action", models.CharField(default="trigger", max_length=16)),
                ("dedup_key", models.CharField(max_length=200)),
                ("group_key", models.CharField(max_length=200)),
                ("group_reason", models.CharField(help_text="Why it joined or opened its incident.", max_length=500)),
                ("occurred_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField()),
                (
                    "incident",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="incidents.incident",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="incidents.source"
                    ),
                ),
                (
                    "facts",
                    models.JSONField(
                        default=dict,
                        help_text="What was read from the body: title, severity, version, components and the like.",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("opened", "opened an incident"),
                            ("joined", "joined an open incident"),
                            ("counted", "counted, not enough yet"),
                            ("silenced", "stored in silence"),
                            ("acknowledged", "somebody has it over there"),
                            ("resolved", "resolved the incident"),
                            ("told", "told the people at work"),
                            ("nothing_open", "nothing was open"),
                        ],
                        default="opened",
                        max_length=16,
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        blank=True, help_text="Key of the trigger of the policy that matched.", max_length=64
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.workflow",
                    ),
                ),
                (
                    "silence",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="incidents.silence",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["source", "group_key", "-received_at"], name="incidents_event_group"),
                    models.Index(fields=["incident", "-received_at"], name="incidents_event_incident"),
                    models.Index(fields=["source", "-received_at", "-id"], name="incidents_event_source"),
                    models.Index(
                        condition=models.Q(("silence__isnull", False)),
                        fields=["silence"],
                        name="incidents_event_silence",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "event_id"), name="incidents_event_once"),
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["trigger", "acknowledge", "resolve"])),
                        name="incidents_event_action",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    "opened",
                                    "joined",
                                    "counted",
                                    "silenced",
                                    "acknowledged",
                                    "resolved",
                                    "told",
                                    "nothing_open",
                                ],
                            )
                        ),
                        name="incidents_event_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimelineText",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="text_row",
                        serialize=False,
                        to="incidents.timelineentry",
                    ),
                ),
                ("salt", models.CharField(max_length=64)),
                ("text", models.TextField()),
            ],
        ),
    ]
