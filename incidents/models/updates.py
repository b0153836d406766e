"""What is told to whom while an incident goes on, and who wants to hear of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.models import Version
from portal import history, ids, limits

from .incidents import Incident


class StatusUpdate(models.Model):
    """One update for one audience of the communication plan; it answers the five questions (D66).

    `answers` are {topic of the plan: text}, `technical` stands apart (D67). `expected_at` is a promise: `kept_at` is
    when what it promised came, `missed_at` when it had not come by then. `next_at` promises the next update.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_REVIEW = "in_review", _("to be looked over")
        SENT = "sent", _("sent")
        DROPPED = "dropped", _("dropped")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="updates", db_index=False)
    audience = models.CharField(max_length=limits.KEY_LENGTH, help_text=_("Key of an audience of the plan."))
    event = models.CharField(max_length=16, help_text=_("opened, update, workaround, delayed, resolved or wrap_up"))
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    plan = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    template = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    statement = models.CharField(max_length=limits.KEY_LENGTH, blank=True, help_text=_("Prepared words it is made of."))
    is_pre_approved = models.BooleanField(default=False)
    subject = models.CharField(max_length=limits.TITLE_LENGTH, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    business = models.TextField(blank=True)
    technical = models.TextField(blank=True)
    expected_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    history = history.track(excluded_fields=["subject", "answers", "business", "technical"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "in_review", "sent", "dropped"]), name="incidents_statusupdate_state"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at=None),
                name="incidents_statusupdate_sent",
            ),
            models.CheckConstraint(
                condition=Q(kept_at=None) | Q(missed_at=None), name="incidents_statusupdate_kept_or_missed"
            ),
        ]
        indexes = [models.Index(fields=["incident", "audience", "-sent_at"], name="incidents_update_newest")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.audience}"


class Subscription(models.Model):
    """Somebody follows an incident as one of its audiences; whoever got "started" gets "resolved" (P10)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="subscriptions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="subscriptions")
    audience = models.CharField(max_length=limits.KEY_LENGTH)
    since = models.DateTimeField()
    first_told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    history = history.track()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "user", "audience"], name="incidents_subscription_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.audience}"
