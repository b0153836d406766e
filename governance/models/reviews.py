"""What people say about a change: verdicts that bind to a digest, comments beside the text, and who acts for whom."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal import history, ids, limits

from .boards import Board
from .changes import Band, ChangeRequest
from .versions import Kind, Version


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def in_force(self, at: datetime) -> "DelegationQuerySet":
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at), starts_at__lte=at, ends_at__gt=at)


class Delegation(models.Model):
    """`taker` may give verdicts for `giver` in [starts_at, ends_at): never more than `giver` may, and not further."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_taken")
    board = models.ForeignKey(
        Board,
        on_delete=models.PROTECT,
        related_name="delegations",
        null=True,
        blank=True,
        help_text=_("Only for the seat on this board; empty: for everything."),
    )
    kind = models.CharField(
        max_length=16, choices=Kind, blank=True, help_text=_("Only for documents of this kind; empty: for all.")
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text=_("When it was taken back before its time."))
    why = models.CharField(max_length=limits.REASON_LENGTH)

    objects = DelegationQuerySet.as_manager()
    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="governance_delegation_order"),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="governance_delegation_two"),
            models.CheckConstraint(condition=~Q(why=""), name="governance_delegation_why"),
            models.CheckConstraint(condition=Q(kind__in=["", *Kind.values]), name="governance_delegation_kind"),
        ]
        indexes = [models.Index(fields=["ends_at"], name="governance_delegation_ends")]

    def __str__(self) -> str:
        return f"{self.giver_id} → {self.taker_id}"


class Review(models.Model):
    """A verdict on exactly the text with `digest`. Sealed."""

    class Verdict(models.TextChoices):
        APPROVE = "approve", _("approve")
        REQUEST_CHANGES = "request_changes", _("ask for changes")
        VETO = "veto", _("veto")
        ABSTAIN = "abstain", _("abstain")
        RECUSE = "recuse", _("step aside")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    change_request = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="reviews")
    digest = models.CharField(max_length=64)
    verdict = models.CharField(max_length=16, choices=Verdict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews_by_others", null=True, blank=True
    )
    delegation = models.ForeignKey(Delegation, on_delete=models.PROTECT, related_name="reviews", null=True, blank=True)
    at = models.DateTimeField()
    is_confirmed = models.BooleanField(default=False, help_text=_("The password or key was asked for once more."))
    is_retrospective = models.BooleanField(default=False, help_text=_("Judges an emergency change afterwards."))
    band = models.CharField(max_length=8, blank=True, help_text=_("The risk as whoever validates it sees it (D52)."))
    rationale = models.CharField(max_length=limits.REASON_LENGTH, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["approve", "request_changes", "veto", "abstain", "recuse"]),
                name="governance_review_verdict",
            ),
            models.CheckConstraint(condition=Q(band__in=["", *Band.values]), name="governance_review_band"),
            models.CheckConstraint(
                condition=Q(on_behalf_of=None, delegation=None)
                | Q(on_behalf_of__isnull=False, delegation__isnull=False),
                name="governance_review_delegated",
            ),
            models.CheckConstraint(
                condition=Q(on_behalf_of=None) | ~Q(on_behalf_of=F("by")), name="governance_review_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change_request_id} {self.verdict}"


class CommentQuerySet(models.QuerySet["Comment"]):
    def blocking(self) -> "CommentQuerySet":
        """Those that stop publication until somebody settles them."""
        return self.filter(is_blocking=True, answers=None, settled_at=None)


class Comment(models.Model):
    """A remark beside one place of the text: it keeps its place when the text is drafted anew."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    change_request = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="comments")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="comments")
    path = models.CharField(
        max_length=400, blank=True, help_text=_("JSON pointer with row keys; empty: about the whole change.")
    )
    quote = models.CharField(max_length=limits.TITLE_LENGTH, blank=True, help_text=_("What stood there."))
    text = models.CharField(max_length=limits.REASON_LENGTH)
    is_blocking = models.BooleanField(default=False)
    answers = models.ForeignKey("self", on_delete=models.PROTECT, related_name="replies", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="change_comments")
    at = models.DateTimeField()
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = CommentQuerySet.as_manager()
    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="governance_comment_text"),
            models.CheckConstraint(
                condition=Q(settled_by=None, settled_at=None) | Q(settled_by__isnull=False, settled_at__isnull=False),
                name="governance_comment_settled",
            ),
            models.CheckConstraint(condition=Q(answers=None) | Q(is_blocking=False), name="governance_comment_answer"),
        ]
        indexes = [models.Index(fields=["change_request", "at"], name="governance_comment_of")]

    def __str__(self) -> str:
        return f"{self.change_request_id} {self.path}"
