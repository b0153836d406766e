"""Timers, the heartbeat of the processes that serve them, and counters."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import limits


class TimerState(models.TextChoices):
    ARMED = "armed", _("armed")
    FIRED = "fired", _("fired")
    CANCELLED = "cancelled", _("cancelled")
    SUPERSEDED = "superseded", _("superseded")
    PARKED = "parked", _("parked")


class Timer(models.Model):
    """A promise with a time. Written with its cause, fired by ``manage.py clock``, never deleted while open."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=64, help_text=_("Name of the handler, e.g. escalation.step."))
    subject_type = models.CharField(max_length=64, help_text=_("Model label, e.g. incidents.escalationrun."))
    subject_id = models.UUIDField()
    key = models.CharField(max_length=200, help_text=_("Unique among armed timers."))
    data = models.JSONField(default=dict, blank=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=TimerState, default=TimerState.ARMED)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(state="armed"), name="portal_timer_armed_key"),
            models.CheckConstraint(condition=Q(state__in=TimerState.values), name="portal_timer_state"),
            models.CheckConstraint(
                condition=Q(state="armed", ended_at=None) | (~Q(state="armed") & Q(ended_at__isnull=False)),
                name="portal_timer_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="armed"), name="portal_timer_due"),
            models.Index(fields=["subject_id"], condition=Q(state="armed"), name="portal_timer_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M:%S}"


class Heartbeat(models.Model):
    """When a process last did its round; one row for each kind of process."""

    process = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"{self.process} {self.at:%H:%M:%S}"


class Counter(models.Model):
    """The last number given out under `name`."""

    name = models.CharField(max_length=64, primary_key=True)
    value = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} {self.value}"
