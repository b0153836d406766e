"""How incidents arrive: sources of machines, their events, and drafts of people."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.models import Workflow
from portal import history, ids, limits

from .incidents import Incident


class Source(models.Model):
    """An inbound integration; its bearer token is stored as SHA-256, its signing secret encrypted."""

    class Format(models.TextChoices):
        GENERIC = "generic", _("generic JSON")
        NODE_RED = "node_red", _("Node-RED")
        N8N = "n8n", _("n8n")
        ALERTMANAGER = "alertmanager", _("Prometheus Alertmanager")
        PAGERDUTY = "pagerduty", _("PagerDuty Events v2")
        SLACK = "slack", _("Slack incoming webhook")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.SlugField(max_length=limits.KEY_LENGTH, unique=True)
    name = models.CharField(max_length=limits.NAME_LENGTH)
    format = models.CharField(max_length=16, choices=Format, default=Format.GENERIC)
    workflow = models.ForeignKey(
        Workflow,
        on_delete=models.PROTECT,
        related_name="sources",
        null=True,
        blank=True,
        help_text=_("Used when an event names none that we know."),
    )
    token_digest = models.CharField(max_length=64, editable=False, help_text=_("SHA-256 of the bearer token."))
    signing_secret = models.TextField(blank=True, editable=False, help_text=_("Encrypted with DATA_KEYS."))
    is_active = models.BooleanField(default=True)
    mapping = models.JSONField(
        default=dict, blank=True, help_text=_("Of generic JSON: {field of an event: path in the body}.")
    )
    redact = models.JSONField(default=list, blank=True, help_text=_("Paths in the body that are never stored."))
    per_minute = models.PositiveIntegerField(
        default=limits.EVENTS_PER_MINUTE,
        help_text=_("Calls a minute; what is beyond is refused before it is accepted."),
    )

    history = history.track(excluded_fields=["signing_secret"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(format__in=["generic", "node_red", "n8n", "alertmanager", "pagerduty", "slack"]),
                name="incidents_source_format",
            ),
            models.CheckConstraint(condition=Q(per_minute__gte=1), name="incidents_source_per_minute"),
            models.UniqueConstraint(fields=["token_digest"], name="incidents_source_token"),
        ]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """One accepted call of a source, redacted, with what became of it and why."""

    class Outcome(models.TextChoices):
        OPENED = "opened", _("opened an incident")
        JOINED = "joined", _("joined an open incident")
        COUNTED = "counted", _("counted, not enough yet")
        SILENCED = "silenced", _("stored in silence")
        ACKNOWLEDGED = "acknowledged", _("somebody has it over there")
        RESOLVED = "resolved", _("resolved the incident")
        TOLD = "told", _("told the people at work")
        NOTHING_OPEN = "nothing_open", _("nothing was open")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="events")
    event_id = models.CharField(
        max_length=200, help_text=_("Unique for each source; the body’s hash when it names none.")
    )
    body_hash = models.CharField(max_length=64)
    body = models.JSONField(help_text=_("Redacted."))
    action = models.CharField(max_length=16, default="trigger")
    dedup_key = models.CharField(max_length=200)
    group_key = models.CharField(max_length=200)
    group_reason = models.CharField(
        max_length=limits.REASON_LENGTH, help_text=_("Why it joined or opened its incident.")
    )
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.OPENED)
    trigger = models.CharField(
        max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key of the trigger of the policy that matched.")
    )
    facts = models.JSONField(
        default=dict, help_text=_("What was read from the body: title, severity, version, components and the like.")
    )
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    silence = models.ForeignKey(
        "incidents.Silence", on_delete=models.PROTECT, related_name="events", null=True, db_index=False
    )
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="events", null=True)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "event_id"], name="incidents_event_once"),
            models.CheckConstraint(
                condition=Q(action__in=["trigger", "acknowledge", "resolve"]), name="incidents_event_action"
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        *("opened", "joined", "counted", "silenced", "acknowledged"),
                        *("resolved", "told", "nothing_open"),
                    ]
                ),
                name="incidents_event_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "group_key", "-received_at"], name="incidents_event_group"),
            models.Index(fields=["incident", "-received_at"], name="incidents_event_incident"),
            models.Index(fields=["source", "-received_at", "-id"], name="incidents_event_source"),
            models.Index(fields=["silence"], condition=Q(silence__isnull=False), name="incidents_event_silence"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.event_id}"


class RefusedCall(models.Model):
    """A call that was not accepted, so that whoever sets up a source sees why; only the newest ones are kept."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="refusals", db_index=False)
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(help_text=_("The HTTP status that was answered."))
    error = models.CharField(max_length=limits.KEY_LENGTH)
    field = models.CharField(max_length=limits.TITLE_LENGTH, blank=True)
    detail = models.CharField(max_length=limits.REASON_LENGTH)
    excerpt = models.TextField(blank=True, help_text=_("The beginning of the body, redacted."))

    class Meta:
        indexes = [models.Index(fields=["source", "-id"], name="incidents_refusedcall_source")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.status} {self.error}"


class ReportDraft(models.Model):
    """Answers of a person who has not sent the report yet; survives a lost session."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="report_draft")
    content = models.JSONField(default=dict)
    submission_key = models.CharField(max_length=64, unique=True)
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.saved_at:%H:%M}"
