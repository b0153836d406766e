"""What is reported: every month and quarter about governance, and to people outside about one incident."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal import history, ids, limits

from .reviews import Postmortem


class GovernanceReport(models.Model):
    """How governance worked in the days from `begins_on` until before `ends_on`, as it was known then. Sealed.

    `content` are numbers, keys and ids alone: names of people and what they typed are read when it is opened, and stay
    where they can be erased.
    """

    class Period(models.TextChoices):
        MONTH = "month", _("a month")
        QUARTER = "quarter", _("a quarter")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    period = models.CharField(max_length=16, choices=Period)
    begins_on = models.DateField()
    ends_on = models.DateField(help_text=_("The day after the last one."))
    content = models.JSONField(default=dict)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "begins_on"], name="incidents_governancereport_once"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("begins_on")), name="incidents_governancereport_days"),
            models.CheckConstraint(
                condition=Q(period__in=["month", "quarter"]), name="incidents_governancereport_period"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("incidents:governance-report", args=[self.reference])


class OutsideText(models.Model):
    """What people outside may read about an incident in words; nothing else that somebody typed leaves (D102)."""

    postmortem = models.OneToOneField(
        Postmortem, on_delete=models.PROTECT, primary_key=True, related_name="outside_text"
    )
    text = models.TextField(max_length=limits.TEXT_LENGTH, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    history = history.track(excluded_fields=["text"])

    def __str__(self) -> str:
        return str(self.postmortem_id)
