"""What responders tell those who answer for a platform or a workflow (D113)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.models import Platform, Workflow
from portal import history, ids, limits

from .incidents import Incident

PEOPLE = settings.AUTH_USER_MODEL


class Feedback(models.Model):
    """What whoever responds tells the owners of a platform or workflow, with its state and their answer (D113)."""

    class State(models.TextChoices):
        NEW = "new", _("new")
        SEEN = "seen", _("seen")
        PLANNED = "planned", _("planned")
        DONE = "done", _("done")
        DECLINED = "declined", _("not done")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="feedback", db_index=False)
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="feedback", null=True, blank=True, db_index=False
    )
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="feedback", null=True, blank=True)
    text = models.CharField(max_length=limits.REASON_LENGTH)
    by = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=State, default=State.NEW)
    answer = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    answered_by = models.ForeignKey(
        PEOPLE, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    history = history.track()

    class Meta:
        verbose_name_plural = "feedback"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="new", answered_at=None, answered_by=None)
                | Q(state="seen", answered_at__isnull=False, answered_by__isnull=False)
                | Q(state__in=["planned", "done", "declined"], answered_at__isnull=False, answered_by__isnull=False)
                & ~Q(answer=""),
                name="incidents_feedback_answered",
            )
        ]
        indexes = [models.Index(fields=["platform", "-at", "-id"], name="incidents_feedback_platform")]

    def __str__(self) -> str:
        return f"{self.reference} {self.text}"

    def get_absolute_url(self) -> str:
        return reverse("incidents:feedback", args=[self.reference])
