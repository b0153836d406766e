"""The run that tells people, level by level, until somebody answers."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.models import Version
from portal import ids, limits

from .decisions import DecisionRequest
from .incidents import Incident, Severity


class RunState(models.TextChoices):
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    ACKNOWLEDGED = "acknowledged", _("answered")
    EXHAUSTED = "exhausted", _("everybody told")
    NOBODY_REACHED = "nobody_reached", _("nobody reached")
    STOPPED = "stopped", _("stopped")


ANSWERABLE = ["running", "paused", "acknowledged", "exhausted", "nobody_reached"]


class EscalationRun(models.Model):
    """One escalation of one incident, or of one decision, pinned to the digests of the rules it follows.

    `generation` is part of every timer and message key; it rises with unacknowledge, reopen and re-resolution.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="run", null=True)
    decision = models.OneToOneField(DecisionRequest, on_delete=models.PROTECT, related_name="run", null=True)
    state = models.CharField(max_length=16, choices=RunState, default=RunState.RUNNING)
    generation = models.PositiveIntegerField(default=1)
    severity = models.CharField(max_length=8, choices=Severity)
    criticality = models.CharField(max_length=16, default="medium")
    path = models.CharField(
        max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key of the path that the rubric chose; empty: by rule.")
    )
    policy = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    policy_digest = models.CharField(max_length=64)
    matrices = models.JSONField(default=dict, help_text=_("{version id: digest} of the matrices pinned."))
    position = models.PositiveSmallIntegerField(default=0, help_text=_("Steps of the plan taken in this generation."))
    level = models.PositiveSmallIntegerField(default=0, help_text=_("The level told last; 0 before the first."))
    steps = models.PositiveIntegerField(default=0, help_text=_("Steps taken in all generations; capped (I8)."))
    started_at = models.DateTimeField()
    generation_at = models.DateTimeField(help_text=_("Start of this generation."))
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="incidents_escalationrun_state"),
            models.CheckConstraint(
                condition=Q(incident=None, decision__isnull=False) | Q(incident__isnull=False, decision=None),
                name="incidents_escalationrun_subject",
            ),
            models.CheckConstraint(
                condition=~Q(state="acknowledged") | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
                name="incidents_escalationrun_acknowledged",
            ),
            models.CheckConstraint(
                condition=~Q(state="paused") | Q(paused_until__isnull=False), name="incidents_escalationrun_paused"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.state}"


class EscalationEvent(models.Model):
    """One person told (or not, with the reason) by one step. Sealed."""

    class Outcome(models.TextChoices):
        TOLD = "told", _("told")
        ALREADY_TOLD = "already_told", _("told before for this level")
        NOBODY = "nobody", _("nobody resolved")

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(EscalationRun, on_delete=models.PROTECT, related_name="events", db_index=False)
    generation = models.PositiveIntegerField()
    position = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField(help_text=_("Counted along the plan; 0 for news."))
    level_key = models.CharField(
        max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key of the level in the policy.")
    )
    round = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=16, help_text=_("level, repeat, fallback, news, manual or follow_up"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    outcome = models.CharField(max_length=16, choices=Outcome)
    responsibility = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    decided_by = models.CharField(max_length=limits.REASON_LENGTH, help_text=_("The deciding row in a sentence."))
    version_digest = models.CharField(max_length=64, blank=True)
    row = models.CharField(max_length=200, blank=True)
    message_key = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["told", "already_told", "nobody"]), name="incidents_escalationevent_outcome"
            )
        ]
        indexes = [models.Index(fields=["run", "id"], name="incidents_escalationevent_run")]

    def __str__(self) -> str:
        return f"{self.run_id} level {self.level} {self.outcome}"
