"""Beats: signs of life that a workflow promises to send; a missing one is an incident (P4)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.models import Workflow
from portal import history, ids, limits

from .incidents import Incident, Severity


class Beat(models.Model):
    """A sign of life that `workflow` sends every so often, by interval or by cron; its secret is stored as SHA-256."""

    class State(models.TextChoices):
        NEW = "new", _("waits for its first beat")
        UP = "up", _("alive")
        MISSING = "missing", _("missing")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.SlugField(max_length=limits.KEY_LENGTH, unique=True)
    name = models.CharField(max_length=limits.NAME_LENGTH)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="beats")
    interval_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Minutes between two beats; leave empty when a cron expression says it.")
    )
    cron = models.CharField(
        max_length=limits.NAME_LENGTH, blank=True, help_text=_("Five fields, for example: 30 6 * * mon-fri.")
    )
    time_zone = models.CharField(
        max_length=64, blank=True, help_text=_("An IANA name for the cron expression; empty means the portal’s.")
    )
    grace_minutes = models.PositiveIntegerField(default=5, help_text=_("Minutes that a beat may be late."))
    severity = models.CharField(
        max_length=8, choices=Severity, blank=True, help_text=_("Suggested for the incident; empty: by the rubric.")
    )
    token_digest = models.CharField(
        max_length=64, editable=False, unique=True, help_text=_("SHA-256 of the secret in its address.")
    )
    is_active = models.BooleanField(default=True)
    state = models.CharField(max_length=16, choices=State, default=State.NEW, editable=False)
    last_at = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False, help_text=_("Missing after this, grace included."))
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="+", null=True, editable=False, db_index=False
    )

    history = history.track(excluded_fields=["token_digest", "state", "last_at", "due_at", "incident"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(interval_minutes__gte=1, cron="") | Q(interval_minutes=None) & ~Q(cron=""),
                name="incidents_beat_by_one_rule",
            ),
            models.CheckConstraint(condition=Q(state__in=["new", "up", "missing"]), name="incidents_beat_state"),
            models.CheckConstraint(condition=Q(severity__in=["", *Severity.values]), name="incidents_beat_severity"),
        ]

    def __str__(self) -> str:
        return self.name
