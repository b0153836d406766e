"""Change requests and the reviews that bind an approval to a digest (U5)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import history, ids, limits

from .versions import Document, Version


class ChangeState(models.TextChoices):
    DRAFT = "draft", _("draft")
    IN_REVIEW = "in_review", _("in review")
    APPROVED = "approved", _("approved")
    SCHEDULED = "scheduled", _("scheduled")
    PUBLISHED = "published", _("published")
    CLOSED = "closed", _("closed")
    REJECTED = "rejected", _("rejected")
    EXPIRED = "expired", _("expired")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CONFLICTED = "conflicted", _("conflicted")
    ROLLED_BACK = "rolled_back", _("rolled back")


class ChangeModel(models.TextChoices):
    STANDARD = "standard", _("standard")
    NORMAL = "normal", _("normal")
    EMERGENCY = "emergency", _("emergency")


class ChangeRequest(models.Model):
    """The wish that `version` takes effect, and what became of it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="change_requests")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="change_requests")
    model = models.CharField(max_length=16, choices=ChangeModel, default=ChangeModel.NORMAL)
    state = models.CharField(max_length=16, choices=ChangeState, default=ChangeState.DRAFT)
    reason = models.CharField(max_length=limits.REASON_LENGTH)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="change_requests")
    requested_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    history = history.track(excluded_fields=["reason"])  # NOTE a history row has a column of that name for its own

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ChangeState.values), name="governance_changerequest_state"),
            models.CheckConstraint(condition=Q(model__in=ChangeModel.values), name="governance_changerequest_model"),
            models.UniqueConstraint(
                fields=["document", "requested_by"],
                condition=Q(model="normal", state__in=["draft", "in_review", "approved", "scheduled"]),
                name="governance_changerequest_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Review(models.Model):
    """A verdict on exactly the text with `digest`. Sealed."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", _("approve")
        REQUEST_CHANGES = "request_changes", _("ask for changes")
        VETO = "veto", _("veto")
        ABSTAIN = "abstain", _("abstain")
        RECUSE = "recuse", _("recuse")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    change_request = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="reviews")
    digest = models.CharField(max_length=64)
    verdict = models.CharField(max_length=16, choices=Verdict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    at = models.DateTimeField()
    rule = models.CharField(max_length=64, help_text=_("The rule of rules.approval under which it counts."))
    note = models.CharField(max_length=limits.REASON_LENGTH, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["approve", "request_changes", "veto", "abstain", "recuse"]),
                name="governance_review_verdict",
            )
        ]

    def __str__(self) -> str:
        return f"{self.change_request_id} {self.verdict}"
