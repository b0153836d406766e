"""Silence: for a while the events of a source or a workflow are stored and nobody is told (P4)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.models import Workflow
from portal import history, ids, limits

from .intake import Source


class Silence(models.Model):
    """From `starts_at` until `ends_at` events of one source or one workflow are stored and nobody is told.

    A planned maintenance window is one that begins later than it was made. What is still open at the end tells.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="silences", null=True, blank=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="silences", null=True, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    why = models.CharField(max_length=limits.REASON_LENGTH)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True, help_text=_("When somebody ended it early."))
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("When what was still open was told."))

    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(source__isnull=False, workflow=None) | Q(source=None, workflow__isnull=False),
                name="incidents_silence_of_one",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="incidents_silence_order"),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=Q(ended_at=None), name="incidents_silence_open")]

    def __str__(self) -> str:
        return f"{self.source or self.workflow}: {self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M}"

    @property
    def is_planned(self) -> bool:
        """Whether it was made ahead: a maintenance window."""
        return self.starts_at > self.made_at
