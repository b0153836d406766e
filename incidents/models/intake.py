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

    history = history.track(excluded_fields=["signing_secret"])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(format__in=["generic", "node_red"]), name="incidents_source_format")
        ]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """One accepted call of a source, redacted, with the reason why it was grouped."""

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
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="events", null=True)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "event_id"], name="incidents_event_once"),
            models.CheckConstraint(condition=Q(action__in=["trigger", "resolve"]), name="incidents_event_action"),
        ]
        indexes = [
            models.Index(fields=["source", "group_key", "-received_at"], name="incidents_event_group"),
            models.Index(fields=["incident", "-received_at"], name="incidents_event_incident"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.event_id}"


class ReportDraft(models.Model):
    """Answers of a person who has not sent the report yet; survives a lost session."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="report_draft")
    content = models.JSONField(default=dict)
    submission_key = models.CharField(max_length=64, unique=True)
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.saved_at:%H:%M}"
