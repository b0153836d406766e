"""Every table as it is now, at once: a fresh start renders each model a few times instead of hundreds.

A database that was made by the steps in `replaces` goes on by them; drop those after the first release.
"""

import django.core.validators
import django.db.models.deletion
import governance.models.oncall
import portal.ids
import simple_history.models
from django.conf import settings
from django.db import migrations, models
from portal import migrating


class Migration(migrating.Migration):
    replaces = [
        ("governance", "0001_initial"),
        ("governance", "0002_initial"),
        ("governance", "0003_oncall"),
        ("governance", "0004_assignment_schedule"),
        ("governance", "0005_oncall_notices"),
        ("governance", "0006_leaner_references"),
        ("governance", "0007_workflow_changes"),
        ("governance", "0008_change_control"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("portal", "0001_squashed_0006_message_traffic"),
    ]

    operations = [
        migrations.CreateModel(
            name="Board",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key", models.SlugField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("purpose", models.CharField(blank=True, help_text="What it decides about.", max_length=500)),
                ("is_active", models.BooleanField(default=True)),
            ],
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
                (
                    "handover",
                    models.TimeField(
                        default=governance.models.oncall.morning, help_text="Local time of the hand-over."
                    ),
                ),
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
            ],
            options={
                "constraints": [
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
            name="ChangeRequest",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=32, unique=True)),
                (
                    "action",
                    models.CharField(
                        choices=[("publish", "put into force"), ("retire", "retire"), ("restore", "bring back")],
                        default="publish",
                        max_length=16,
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("standard", "standard"),
                            ("normal", "normal"),
                            ("emergency", "emergency"),
                            ("genesis", "first policy"),
                            ("repair", "repair of the policy"),
                        ],
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
                (
                    "answers",
                    models.JSONField(blank=True, default=dict, help_text="Risk questions that were answered with yes."),
                ),
                (
                    "stated_band",
                    models.CharField(
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high")], default="low", max_length=8
                    ),
                ),
                (
                    "calculated_band",
                    models.CharField(
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high")], default="low", max_length=8
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answer_by",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until when whoever asked has to answer; empty while reviewers have it.",
                        null=True,
                    ),
                ),
                (
                    "answer_seconds",
                    models.PositiveIntegerField(
                        default=0, help_text="Seconds that are left to answer while reviewers have it."
                    ),
                ),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, help_text="An approval that is not used lapses then.", null=True),
                ),
                (
                    "publish_at",
                    models.DateTimeField(blank=True, help_text="Not before; empty: as soon as approved.", null=True),
                ),
                (
                    "falls_back_at",
                    models.DateTimeField(
                        blank=True, help_text="A limited change: the version before comes back then (D116).", null=True
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(blank=True, help_text="Why it ended as it did.", max_length=500)),
                ("ground_type", models.CharField(blank=True, editable=False, max_length=64)),
                ("ground_id", models.UUIDField(blank=True, editable=False, null=True)),
                (
                    "ground",
                    models.CharField(
                        blank=True, help_text="The open incident that an emergency change is for.", max_length=200
                    ),
                ),
                (
                    "retrospective",
                    models.CharField(
                        choices=[
                            ("none", "not needed"),
                            ("waiting", "waits"),
                            ("accepted", "accepted"),
                            ("rejected", "rejected"),
                        ],
                        default="none",
                        max_length=16,
                    ),
                ),
                ("retrospective_by", models.DateTimeField(blank=True, null=True)),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undoes",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="governance.changerequest",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["draft", "in_review", "approved", "scheduled"])),
                        fields=["-requested_at", "-id"],
                        name="governance_changerequest_open",
                    ),
                    models.Index(fields=["-requested_at", "-id"], name="governance_changerequest_new"),
                ],
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
                        condition=models.Q(("model__in", ["standard", "normal", "emergency", "genesis", "repair"])),
                        name="governance_changerequest_model",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["publish", "retire", "restore"])),
                        name="governance_changerequest_action",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("calculated_band__in", ["low", "medium", "high"]),
                            ("stated_band__in", ["low", "medium", "high"]),
                        ),
                        name="governance_changerequest_band",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "draft"), ("state", "withdrawn"), ("submitted_at__isnull", False), _connector="OR"
                        ),
                        name="governance_changerequest_submitted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "scheduled"), _negated=True),
                            ("publish_at__isnull", False),
                            _connector="OR",
                        ),
                        name="governance_changerequest_scheduled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["published", "rolled_back"]), _negated=True),
                            ("published_at__isnull", False),
                            _connector="OR",
                        ),
                        name="governance_changerequest_published",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("falls_back_at", None),
                            ("publish_at", None),
                            ("falls_back_at__gt", models.F("publish_at")),
                            _connector="OR",
                        ),
                        name="governance_changerequest_limited",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ground_id__isnull", False), ("model", "emergency")),
                            models.Q(
                                models.Q(("model", "emergency"), _negated=True),
                                ("ground_id", None),
                                ("retrospective", "none"),
                            ),
                            _connector="OR",
                        ),
                        name="governance_changerequest_ground",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retrospective", "none"), ("retrospective_by__isnull", False), _connector="OR"
                        ),
                        name="governance_changerequest_retrospective",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "path",
                    models.CharField(
                        blank=True,
                        help_text="JSON pointer with row keys; empty: about the whole change.",
                        max_length=400,
                    ),
                ),
                ("quote", models.CharField(blank=True, help_text="What stood there.", max_length=200)),
                ("text", models.CharField(max_length=500)),
                ("is_blocking", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answers",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="governance.comment",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_comments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "change_request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="governance.changerequest",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["change_request", "at"], name="governance_comment_of")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="governance_comment_text"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at", None), ("settled_by", None)),
                            models.Q(("settled_at__isnull", False), ("settled_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="governance_comment_settled",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("answers", None), ("is_blocking", False), _connector="OR"),
                        name="governance_comment_answer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("matrix", "ownership matrix"),
                            ("escalation", "escalation policy"),
                            ("rubric", "triage rubric"),
                            ("module", "playbook module"),
                            ("playbook", "playbook"),
                            ("approval", "approval policy"),
                            ("communication", "communication plan"),
                            ("glossary", "glossary"),
                        ],
                        help_text="Only for documents of this kind; empty: for all.",
                        max_length=16,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, help_text="When it was taken back before its time.", null=True),
                ),
                ("why", models.CharField(max_length=500)),
                (
                    "board",
                    models.ForeignKey(
                        blank=True,
                        help_text="Only for the seat on this board; empty: for everything.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations",
                        to="governance.board",
                    ),
                ),
                (
                    "giver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations_given",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "taker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations_taken",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["ends_at"], name="governance_delegation_ends")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="governance_delegation_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("giver", models.F("taker")), _negated=True),
                        name="governance_delegation_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("why", ""), _negated=True), name="governance_delegation_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "",
                                    "matrix",
                                    "escalation",
                                    "rubric",
                                    "module",
                                    "playbook",
                                    "approval",
                                    "communication",
                                    "glossary",
                                ],
                            )
                        ),
                        name="governance_delegation_kind",
                    ),
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
                            ("module", "playbook module"),
                            ("playbook", "playbook"),
                            ("approval", "approval policy"),
                            ("communication", "communication plan"),
                            ("glossary", "glossary"),
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
                (
                    "review_every_days",
                    models.PositiveIntegerField(
                        blank=True, help_text="Days after which somebody looks whether it still fits.", null=True
                    ),
                ),
                ("review_by", models.DateField(blank=True, editable=False, null=True)),
                ("recheck_since", models.DateTimeField(blank=True, editable=False, null=True)),
                ("recheck_why", models.CharField(blank=True, editable=False, max_length=500)),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaces",
                        to="governance.document",
                    ),
                ),
            ],
            options={
                "permissions": [("publish_document", "Can publish a version")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "key"), name="governance_document_key"),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("kind__in", ("matrix", "escalation", "rubric", "approval", "communication", "glossary"))
                        ),
                        fields=("kind", "scope_kind", "scope_value"),
                        name="governance_document_scope",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "matrix",
                                    "escalation",
                                    "rubric",
                                    "module",
                                    "playbook",
                                    "approval",
                                    "communication",
                                    "glossary",
                                ],
                            )
                        ),
                        name="governance_document_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("review_every_days", None), ("review_every_days__gte", 1), _connector="OR"),
                        name="governance_document_review_every",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DocumentGroupObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.document"),
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
            name="DocumentUserObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.document"),
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
            name="FreezeWindow",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("matrix", "ownership matrix"),
                            ("escalation", "escalation policy"),
                            ("rubric", "triage rubric"),
                            ("module", "playbook module"),
                            ("playbook", "playbook"),
                            ("approval", "approval policy"),
                            ("communication", "communication plan"),
                            ("glossary", "glossary"),
                        ],
                        help_text="Only documents of this kind; empty: all.",
                        max_length=16,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("why", models.CharField(max_length=500)),
                ("is_withdrawn", models.BooleanField(default=False)),
            ],
            options={
                "indexes": [models.Index(fields=["ends_at"], name="governance_freezewindow_ends")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="governance_freezewindow_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("why", ""), _negated=True), name="governance_freezewindow_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "",
                                    "matrix",
                                    "escalation",
                                    "rubric",
                                    "module",
                                    "playbook",
                                    "approval",
                                    "communication",
                                    "glossary",
                                ],
                            )
                        ),
                        name="governance_freezewindow_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GovernanceReview",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=32, unique=True)),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("quarter", "every quarter"),
                            ("going_live", "a workflow goes live"),
                            ("platform", "a platform has changed"),
                            ("sev1", "a SEV1 incident was closed"),
                        ],
                        max_length=16,
                    ),
                ),
                ("key", models.CharField(help_text="One review for each occasion.", max_length=200, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("subject_type", models.CharField(blank=True, editable=False, max_length=64)),
                ("subject_id", models.UUIDField(blank=True, editable=False, null=True)),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("agenda", models.JSONField(default=list, help_text="[{key, title, facts: [text], note}]")),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.TextField(blank=True)),
                (
                    "held_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="governance_reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("held_at", None)), fields=["due_at"], name="governance_review_due")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("occasion__in", ["quarter", "going_live", "platform", "sev1"])),
                        name="governance_governancereview_occasion",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("held_at", None), ("held_by", None)),
                            models.Q(
                                ("held_at__isnull", False),
                                ("held_by__isnull", False),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="governance_governancereview_held",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalBoard",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("key", models.SlugField(max_length=64)),
                ("name", models.CharField(max_length=120)),
                ("purpose", models.CharField(blank=True, help_text="What it decides about.", max_length=500)),
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
            ],
            options={
                "verbose_name": "historical board",
                "verbose_name_plural": "historical boards",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalBoardSeat",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                (
                    "function",
                    models.CharField(
                        blank=True, help_text="For instance product, engineering or operations.", max_length=120
                    ),
                ),
                ("starts_on", models.DateField()),
                (
                    "ends_on",
                    models.DateField(blank=True, help_text="The last day; empty: until further notice.", null=True),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                    "deputy",
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
            ],
            options={
                "verbose_name": "historical board seat",
                "verbose_name_plural": "historical board seats",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
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
            name="HistoricalDelegation",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("matrix", "ownership matrix"),
                            ("escalation", "escalation policy"),
                            ("rubric", "triage rubric"),
                            ("module", "playbook module"),
                            ("playbook", "playbook"),
                            ("approval", "approval policy"),
                            ("communication", "communication plan"),
                            ("glossary", "glossary"),
                        ],
                        help_text="Only for documents of this kind; empty: for all.",
                        max_length=16,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, help_text="When it was taken back before its time.", null=True),
                ),
                ("why", models.CharField(max_length=500)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "board",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Only for the seat on this board; empty: for everything.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.board",
                    ),
                ),
                (
                    "giver",
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
                    "taker",
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
                "verbose_name": "historical delegation",
                "verbose_name_plural": "historical delegations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalFreezeWindow",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("matrix", "ownership matrix"),
                            ("escalation", "escalation policy"),
                            ("rubric", "triage rubric"),
                            ("module", "playbook module"),
                            ("playbook", "playbook"),
                            ("approval", "approval policy"),
                            ("communication", "communication plan"),
                            ("glossary", "glossary"),
                        ],
                        help_text="Only documents of this kind; empty: all.",
                        max_length=16,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("why", models.CharField(max_length=500)),
                ("is_withdrawn", models.BooleanField(default=False)),
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
                "verbose_name": "historical freeze window",
                "verbose_name_plural": "historical freeze windows",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalGovernanceReview",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("reference", models.CharField(db_index=True, max_length=32)),
                (
                    "occasion",
                    models.CharField(
                        choices=[
                            ("quarter", "every quarter"),
                            ("going_live", "a workflow goes live"),
                            ("platform", "a platform has changed"),
                            ("sev1", "a SEV1 incident was closed"),
                        ],
                        max_length=16,
                    ),
                ),
                ("key", models.CharField(db_index=True, help_text="One review for each occasion.", max_length=200)),
                ("title", models.CharField(max_length=200)),
                ("subject_type", models.CharField(blank=True, editable=False, max_length=64)),
                ("subject_id", models.UUIDField(blank=True, editable=False, null=True)),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("agenda", models.JSONField(default=list, help_text="[{key, title, facts: [text], note}]")),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "held_by",
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
            ],
            options={
                "verbose_name": "historical governance review",
                "verbose_name_plural": "historical governance reviews",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
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
                (
                    "notice_hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="Hours before a hand-over at which those concerned are told. 0: they are not told.",
                        validators=[django.core.validators.MaxValueValidator(336)],
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
            name="HistoricalTopic",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("key", models.SlugField(max_length=64)),
                ("title", models.CharField(max_length=200)),
                (
                    "valid_days",
                    models.PositiveIntegerField(
                        blank=True, help_text="Days after which it has to be learned again; empty: never.", null=True
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
            ],
            options={
                "verbose_name": "historical topic",
                "verbose_name_plural": "historical topics",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
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
                            ("recuse", "step aside"),
                        ],
                        max_length=16,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "is_confirmed",
                    models.BooleanField(default=False, help_text="The password or key was asked for once more."),
                ),
                (
                    "is_retrospective",
                    models.BooleanField(default=False, help_text="Judges an emergency change afterwards."),
                ),
                (
                    "band",
                    models.CharField(
                        blank=True, help_text="The risk as whoever validates it sees it (D52).", max_length=8
                    ),
                ),
                ("rationale", models.CharField(blank=True, max_length=500)),
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
                (
                    "delegation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="governance.delegation",
                    ),
                ),
                (
                    "on_behalf_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews_by_others",
                        to=settings.AUTH_USER_MODEL,
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
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("band__in", ["", "low", "medium", "high"])), name="governance_review_band"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("delegation", None), ("on_behalf_of", None)),
                            models.Q(("delegation__isnull", False), ("on_behalf_of__isnull", False)),
                            _connector="OR",
                        ),
                        name="governance_review_delegated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("on_behalf_of", None),
                            models.Q(("on_behalf_of", models.F("by")), _negated=True),
                            _connector="OR",
                        ),
                        name="governance_review_two",
                    ),
                ],
            },
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
                (
                    "notice_hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="Hours before a hand-over at which those concerned are told. 0: they are not told.",
                        validators=[django.core.validators.MaxValueValidator(336)],
                    ),
                ),
                ("is_active", models.BooleanField(default=True, help_text="An inactive schedule names nobody.")),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="schedules", to="portal.team"
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
                (
                    "handover",
                    models.TimeField(
                        default=governance.models.oncall.morning, help_text="Local time of the hand-over."
                    ),
                ),
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
            name="Topic",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("key", models.SlugField(max_length=64, unique=True)),
                ("title", models.CharField(max_length=200)),
                (
                    "valid_days",
                    models.PositiveIntegerField(
                        blank=True, help_text="Days after which it has to be learned again; empty: never.", null=True
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_days", None), ("valid_days__gte", 1), _connector="OR"),
                        name="governance_topic_valid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalTraining",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("learned_on", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("proof", models.CharField(blank=True, help_text="How it is known, or where.", max_length=500)),
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
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.topic",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical training",
                "verbose_name_plural": "historical trainings",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Training",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("learned_on", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("proof", models.CharField(blank=True, help_text="How it is known, or where.", max_length=500)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trainings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trainings",
                        to="governance.topic",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("topic", "person", "learned_on"), name="governance_training_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until", None), ("valid_until__gte", models.F("learned_on")), _connector="OR"
                        ),
                        name="governance_training_order",
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
                            ("module", "playbook module"),
                            ("playbook", "playbook"),
                            ("approval", "approval policy"),
                            ("communication", "communication plan"),
                            ("glossary", "glossary"),
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
                (
                    "review_every_days",
                    models.PositiveIntegerField(
                        blank=True, help_text="Days after which somebody looks whether it still fits.", null=True
                    ),
                ),
                ("review_by", models.DateField(blank=True, editable=False, null=True)),
                ("recheck_since", models.DateTimeField(blank=True, editable=False, null=True)),
                ("recheck_why", models.CharField(blank=True, editable=False, max_length=500)),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.document",
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
            name="HistoricalComment",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                (
                    "path",
                    models.CharField(
                        blank=True,
                        help_text="JSON pointer with row keys; empty: about the whole change.",
                        max_length=400,
                    ),
                ),
                ("quote", models.CharField(blank=True, help_text="What stood there.", max_length=200)),
                ("text", models.CharField(max_length=500)),
                ("is_blocking", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "answers",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.comment",
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
                    "change_request",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.changerequest",
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
                    "settled_by",
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
                "verbose_name": "historical comment",
                "verbose_name_plural": "historical comments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalChangeRequest",
            fields=[
                ("reason", models.CharField(max_length=500)),
                ("request_id", models.UUIDField(db_index=True, default=portal.ids.uuid7)),
                ("actor_label", models.CharField(max_length=120)),
                ("id", models.UUIDField(db_index=True, default=portal.ids.uuid7, editable=False)),
                ("reference", models.CharField(db_index=True, max_length=32)),
                (
                    "action",
                    models.CharField(
                        choices=[("publish", "put into force"), ("retire", "retire"), ("restore", "bring back")],
                        default="publish",
                        max_length=16,
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        choices=[
                            ("standard", "standard"),
                            ("normal", "normal"),
                            ("emergency", "emergency"),
                            ("genesis", "first policy"),
                            ("repair", "repair of the policy"),
                        ],
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
                ("requested_at", models.DateTimeField()),
                (
                    "answers",
                    models.JSONField(blank=True, default=dict, help_text="Risk questions that were answered with yes."),
                ),
                (
                    "stated_band",
                    models.CharField(
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high")], default="low", max_length=8
                    ),
                ),
                (
                    "calculated_band",
                    models.CharField(
                        choices=[("low", "low"), ("medium", "medium"), ("high", "high")], default="low", max_length=8
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answer_by",
                    models.DateTimeField(
                        blank=True,
                        help_text="Until when whoever asked has to answer; empty while reviewers have it.",
                        null=True,
                    ),
                ),
                (
                    "answer_seconds",
                    models.PositiveIntegerField(
                        default=0, help_text="Seconds that are left to answer while reviewers have it."
                    ),
                ),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, help_text="An approval that is not used lapses then.", null=True),
                ),
                (
                    "publish_at",
                    models.DateTimeField(blank=True, help_text="Not before; empty: as soon as approved.", null=True),
                ),
                (
                    "falls_back_at",
                    models.DateTimeField(
                        blank=True, help_text="A limited change: the version before comes back then (D116).", null=True
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(blank=True, help_text="Why it ended as it did.", max_length=500)),
                ("ground_type", models.CharField(blank=True, editable=False, max_length=64)),
                ("ground_id", models.UUIDField(blank=True, editable=False, null=True)),
                (
                    "ground",
                    models.CharField(
                        blank=True, help_text="The open incident that an emergency change is for.", max_length=200
                    ),
                ),
                (
                    "retrospective",
                    models.CharField(
                        choices=[
                            ("none", "not needed"),
                            ("waiting", "waits"),
                            ("accepted", "accepted"),
                            ("rejected", "rejected"),
                        ],
                        default="none",
                        max_length=16,
                    ),
                ),
                ("retrospective_by", models.DateTimeField(blank=True, null=True)),
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
                    "successor",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="What replaces it.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.document",
                    ),
                ),
                (
                    "undoes",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.changerequest",
                    ),
                ),
                (
                    "policy",
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
            name="DocumentCheck",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("confirm", "still right"),
                            ("change", "has to change"),
                            ("retire", "not needed any more"),
                        ],
                        max_length=16,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="document_checks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="governance.document"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="governance.version"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["confirm", "change", "retire"])),
                        name="governance_documentcheck_outcome",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Attestation",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attestations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attestations",
                        to="governance.version",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("person", "version"), name="governance_attestation_once")
                ],
            },
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
                    "schedule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="governance.schedule",
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
            ],
            options={
                "indexes": [models.Index(fields=["user", "workflow"], name="governance_assignment_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("letter__in", ["R", "A", "C", "I"])), name="governance_assignment_letter"
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
                    models.UniqueConstraint(
                        condition=models.Q(("letter", "A"), ("position", 0)),
                        fields=("workflow", "responsibility", "severity"),
                        name="governance_assignment_one_accountable",
                    ),
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
            name="BoardGroupObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.board"),
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
            name="BoardSeat",
            fields=[
                ("id", models.UUIDField(default=portal.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "function",
                    models.CharField(
                        blank=True, help_text="For instance product, engineering or operations.", max_length=120
                    ),
                ),
                ("starts_on", models.DateField()),
                (
                    "ends_on",
                    models.DateField(blank=True, help_text="The last day; empty: until further notice.", null=True),
                ),
                (
                    "board",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seats",
                        to="governance.board",
                    ),
                ),
                (
                    "deputy",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="board_deputies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="board_seats",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("board", "person", "starts_on"), name="governance_boardseat_once"),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                        name="governance_boardseat_term",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deputy", None), models.Q(("deputy", models.F("person")), _negated=True), _connector="OR"
                        ),
                        name="governance_boardseat_deputy",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BoardUserObjectPermission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "content_object",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="governance.board"),
                ),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "abstract": False,
                "unique_together": {("user", "permission", "content_object")},
            },
        ),
        migrations.AddField(
            model_name="changerequest",
            name="document",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="change_requests", to="governance.document"
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="successor",
            field=models.ForeignKey(
                blank=True,
                help_text="What replaces it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="governance.document",
            ),
        ),
        migrations.AddField(
            model_name="override",
            name="schedule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="overrides", to="governance.schedule"
            ),
        ),
        migrations.AddField(
            model_name="layer",
            name="schedule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="layers", to="governance.schedule"
            ),
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
        migrations.AddField(
            model_name="comment",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="comments", to="governance.version"
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="policy",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="judges",
                to="governance.version",
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="change_requests", to="governance.version"
            ),
        ),
        migrations.AddConstraint(
            model_name="layer",
            constraint=models.UniqueConstraint(fields=("schedule", "key"), name="governance_layer_key"),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("retired_at", None), ("effective_version", None), _connector="OR"),
                name="governance_document_retired",
            ),
        ),
        migrations.AddConstraint(
            model_name="changerequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("model", "normal"), ("state__in", ["draft", "in_review", "approved", "scheduled"])),
                fields=("document", "requested_by"),
                name="governance_changerequest_one_open",
            ),
        ),
    ]
