"""What keeps the rules alive: checks of documents, who has read them, training, governance reviews."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import history, ids, limits

from .versions import Document, Version


class DocumentCheck(models.Model):
    """Somebody looked whether the version in force still fits (review-by date, D56). Sealed."""

    class Outcome(models.TextChoices):
        CONFIRM = "confirm", _("still right")
        CHANGE = "change", _("has to change")
        RETIRE = "retire", _("not needed any more")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="checks")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="checks")
    outcome = models.CharField(max_length=16, choices=Outcome)
    note = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="document_checks")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["confirm", "change", "retire"]), name="governance_documentcheck_outcome"
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.outcome}"


class Attestation(models.Model):
    """`person` has read and understood exactly the text with `digest` (D108). Sealed.

    It is void as soon as another version is in force.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="attestations", db_index=False
    )
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="attestations")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "version"], name="governance_attestation_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.version_id}"


class Topic(models.Model):
    """Something that people have to have learned before they hold a role or a duty (D10, D108)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.SlugField(max_length=limits.KEY_LENGTH, unique=True)
    title = models.CharField(max_length=limits.TITLE_LENGTH)
    valid_days = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Days after which it has to be learned again; empty: never.")
    )
    is_active = models.BooleanField(default=True)

    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(valid_days=None) | Q(valid_days__gte=1), name="governance_topic_valid")
        ]

    def __str__(self) -> str:
        return self.title


class Training(models.Model):
    """`person` has learned `topic` on a day; it holds until `valid_until` (inclusive; empty: for good)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trainings")
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="trainings", db_index=False)
    learned_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    proof = models.CharField(max_length=limits.REASON_LENGTH, blank=True, help_text=_("How it is known, or where."))

    history = history.track()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "person", "learned_on"], name="governance_training_once"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=models.F("learned_on")),
                name="governance_training_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.topic_id}"


class GovernanceReview(models.Model):
    """People look together at how the rules work: every quarter and at milestones (D61, D96, D115)."""

    class Occasion(models.TextChoices):
        QUARTER = "quarter", _("every quarter")
        GOING_LIVE = "going_live", _("a workflow goes live")
        PLATFORM = "platform", _("a platform has changed")
        SEV1 = "sev1", _("a SEV1 incident was closed")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    occasion = models.CharField(max_length=16, choices=Occasion)
    key = models.CharField(max_length=limits.TITLE_LENGTH, unique=True, help_text=_("One review for each occasion."))
    title = models.CharField(max_length=limits.TITLE_LENGTH)
    subject_type = models.CharField(max_length=64, blank=True, editable=False)
    subject_id = models.UUIDField(null=True, blank=True, editable=False)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    agenda = models.JSONField(default=list, help_text=_("[{key, title, facts: [text], note}]"))
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="governance_reviews", null=True, blank=True
    )
    outcome = models.TextField(blank=True)

    history = history.track(excluded_fields=["outcome"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(occasion__in=["quarter", "going_live", "platform", "sev1"]),
                name="governance_governancereview_occasion",
            ),
            models.CheckConstraint(
                condition=Q(held_at=None, held_by=None)
                | (Q(held_at__isnull=False, held_by__isnull=False) & ~Q(outcome="")),
                name="governance_governancereview_held",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(held_at=None), name="governance_review_due")]

    def __str__(self) -> str:
        return self.reference
