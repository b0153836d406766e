"""Every score that an incident ever got."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from governance.models import Version
from portal import ids, limits

from .incidents import Incident, Severity


class ImpactScore(models.Model):
    """One scoring by the rubric, or a person's confirmation with the reason. Sealed (D28)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="scores")
    rubric = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict)
    breakdown = models.JSONField(default=list, help_text="[{dimension, answer, weight, points}]")
    total = models.PositiveIntegerField()
    severity = models.CharField(max_length=8, choices=Severity)
    priority = models.PositiveSmallIntegerField(default=3)
    rule = models.CharField(
        max_length=limits.KEY_LENGTH, blank=True, help_text="Key of the threshold or signal that decided."
    )
    path = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    hint = models.CharField(max_length=8, blank=True, help_text="The severity that the sender suggested.")
    criticality = models.CharField(max_length=16, blank=True, help_text="Of the workflow, when it was scored.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField()
    reason = models.CharField(max_length=limits.REASON_LENGTH, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="incidents_impactscore_severity")
        ]
        indexes = [models.Index(fields=["incident", "-id"], name="incidents_impactscore_incident")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.total}"
