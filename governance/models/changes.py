"""Change requests: the wish that a version takes effect, and what became of it (U5, D52-D55, D116)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
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


OPEN_STATES = (ChangeState.DRAFT, ChangeState.IN_REVIEW, ChangeState.APPROVED, ChangeState.SCHEDULED)
"""Something can still become of it. `published` is in force, or waits for its retrospective review."""
JUDGED_STATES = (ChangeState.IN_REVIEW, ChangeState.APPROVED, ChangeState.SCHEDULED)
"""Its text is frozen and verdicts are taken."""


class ChangeModel(models.TextChoices):
    STANDARD = "standard", _("standard")
    NORMAL = "normal", _("normal")
    EMERGENCY = "emergency", _("emergency")
    GENESIS = "genesis", _("first policy")
    REPAIR = "repair", _("repair of the policy")


class ChangeAction(models.TextChoices):
    PUBLISH = "publish", _("put into force")
    RETIRE = "retire", _("retire")
    RESTORE = "restore", _("bring back")


class Band(models.TextChoices):
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")


class Retrospective(models.TextChoices):
    NONE = "none", _("not needed")
    WAITING = "waiting", _("waits")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("rejected")


class ChangeRequestQuerySet(models.QuerySet["ChangeRequest"]):
    def open(self) -> "ChangeRequestQuerySet":
        """Those of which something can still become."""
        return self.filter(state__in=OPEN_STATES)

    def judged(self) -> "ChangeRequestQuerySet":
        """Those that wait for verdicts, or for their time."""
        return self.filter(state__in=JUDGED_STATES)


class ChangeRequest(models.Model):
    """The wish that `version` takes effect, and what became of it.

    `policy` is the approval policy that was in force when it was sent for review; it judges the change to the end.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="change_requests")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="change_requests")
    action = models.CharField(max_length=16, choices=ChangeAction, default=ChangeAction.PUBLISH)
    model = models.CharField(max_length=16, choices=ChangeModel, default=ChangeModel.NORMAL)
    state = models.CharField(max_length=16, choices=ChangeState, default=ChangeState.DRAFT)
    reason = models.CharField(max_length=limits.REASON_LENGTH)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="change_requests")
    requested_at = models.DateTimeField()

    answers = models.JSONField(default=dict, blank=True, help_text=_("Risk questions that were answered with yes."))
    stated_band = models.CharField(max_length=8, choices=Band, default=Band.LOW)
    calculated_band = models.CharField(max_length=8, choices=Band, default=Band.LOW)

    submitted_at = models.DateTimeField(null=True, blank=True)
    policy = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="judges", null=True, blank=True)
    answer_by = models.DateTimeField(
        null=True, blank=True, help_text=_("Until when whoever asked has to answer; empty while reviewers have it.")
    )
    answer_seconds = models.PositiveIntegerField(
        default=0, help_text=_("Seconds that are left to answer while reviewers have it.")
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text=_("An approval that is not used lapses then."))
    publish_at = models.DateTimeField(null=True, blank=True, help_text=_("Not before; empty: as soon as approved."))
    falls_back_at = models.DateTimeField(
        null=True, blank=True, help_text=_("A limited change: the version before comes back then (D116).")
    )
    published_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=limits.REASON_LENGTH, blank=True, help_text=_("Why it ended as it did."))

    successor = models.ForeignKey(
        Document, on_delete=models.PROTECT, related_name="+", null=True, blank=True, help_text=_("What replaces it.")
    )
    undoes = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="undone_by", null=True, blank=True, editable=False
    )

    ground_type = models.CharField(max_length=64, blank=True, editable=False)
    ground_id = models.UUIDField(null=True, blank=True, editable=False)
    ground = models.CharField(
        max_length=limits.TITLE_LENGTH, blank=True, help_text=_("The open incident that an emergency change is for.")
    )
    retrospective = models.CharField(max_length=16, choices=Retrospective, default=Retrospective.NONE)
    retrospective_by = models.DateTimeField(null=True, blank=True)

    objects = ChangeRequestQuerySet.as_manager()
    history = history.track(excluded_fields=["reason"])  # NOTE a history row has a column of that name for its own

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ChangeState.values), name="governance_changerequest_state"),
            models.CheckConstraint(condition=Q(model__in=ChangeModel.values), name="governance_changerequest_model"),
            models.CheckConstraint(condition=Q(action__in=ChangeAction.values), name="governance_changerequest_action"),
            models.CheckConstraint(
                condition=Q(stated_band__in=Band.values, calculated_band__in=Band.values),
                name="governance_changerequest_band",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(state="withdrawn") | Q(submitted_at__isnull=False),
                name="governance_changerequest_submitted",
            ),
            models.CheckConstraint(
                condition=~Q(state="scheduled") | Q(publish_at__isnull=False),
                name="governance_changerequest_scheduled",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "rolled_back"]) | Q(published_at__isnull=False),
                name="governance_changerequest_published",
            ),
            models.CheckConstraint(
                condition=Q(falls_back_at=None) | Q(publish_at=None) | Q(falls_back_at__gt=models.F("publish_at")),
                name="governance_changerequest_limited",
            ),
            models.CheckConstraint(
                condition=Q(model="emergency", ground_id__isnull=False)
                | (~Q(model="emergency") & Q(ground_id=None, retrospective="none")),
                name="governance_changerequest_ground",
            ),
            models.CheckConstraint(
                condition=Q(retrospective="none") | Q(retrospective_by__isnull=False),
                name="governance_changerequest_retrospective",
            ),
            models.UniqueConstraint(
                fields=["document", "requested_by"],
                condition=Q(model="normal", state__in=["draft", "in_review", "approved", "scheduled"]),
                name="governance_changerequest_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-requested_at", "-id"],
                condition=Q(state__in=["draft", "in_review", "approved", "scheduled"]),
                name="governance_changerequest_open",
            ),
            models.Index(fields=["-requested_at", "-id"], name="governance_changerequest_new"),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("governance:change", args=[self.reference])

    @property
    def band(self) -> str:
        """The higher of the stated and the calculated risk; whoever validates may raise it with a verdict."""
        bands: list[Any] = list(Band.values)
        return max(self.stated_band, self.calculated_band, key=bands.index)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_judged(self) -> bool:
        return self.state in JUDGED_STATES
