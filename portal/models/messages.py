"""The outbox: messages to people and the attempts to deliver them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import ids, limits

from .people import Channel, ContactMethod, DataClass, Lane


class MessageState(models.TextChoices):
    PENDING = "pending", _("waiting")
    SENDING = "sending", _("being sent")
    SENT = "sent", _("sent")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed, next way used")
    DEAD = "dead", _("could not be delivered")
    SUPPRESSED = "suppressed", _("not needed any more")
    BUNDLED = "bundled", _("bundled")


class Message(models.Model):
    """One message to one person on one channel; changed only by ``portal.delivery``."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    event = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64)
    subject_id = models.UUIDField()
    thread = models.CharField(
        max_length=64, blank=True, help_text=_("Messages of one incident share it; e-mail References.")
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    channel = models.CharField(max_length=16, choices=Channel)
    method = models.ForeignKey(
        ContactMethod, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages", db_index=False
    )
    key = models.CharField(max_length=200, help_text=_("Idempotency key."))
    lane = models.CharField(max_length=16, choices=Lane)
    data_class = models.CharField(max_length=16, choices=DataClass, default=DataClass.INTERNAL)
    context = models.JSONField(default=dict, help_text=_("One redacted context per data class: {class: {…}}."))
    state = models.CharField(max_length=16, choices=MessageState, default=MessageState.PENDING)
    due_at = models.DateTimeField(help_text=_("Earliest next attempt."))
    deadline_at = models.DateTimeField(help_text=_("Dead when not sent by then."))
    tries = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True, help_text=_("Of the present claim; a lost lease changes nothing."))
    maybe_duplicate = models.BooleanField(default=False)
    fallback_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="fallbacks", db_index=False
    )
    step = models.PositiveSmallIntegerField(
        default=0, help_text=_("Which of the person’s ways this is: 0 the first, then those that wait their turn.")
    )
    bundle = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="bundled",
        db_index=False,
        help_text=_("The message that lists this one instead of sending it."),
    )
    reason = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    died_at = models.DateTimeField(null=True, blank=True, help_text=_("When it was given up."))

    class Meta:
        # NOTE: every index here is paid for by every message, so each is as partial as its readers allow.
        constraints = [
            models.UniqueConstraint(fields=["key"], name="portal_message_key"),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="portal_message_state"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="portal_message_channel"),
            models.CheckConstraint(condition=Q(lane__in=Lane.values), name="portal_message_lane"),
            models.CheckConstraint(condition=Q(data_class__in=DataClass.values), name="portal_message_data_class"),
            models.CheckConstraint(
                condition=Q(state="sending", token__isnull=False, lease_until__isnull=False)
                | (~Q(state="sending") & Q(token=None, lease_until=None)),
                name="portal_message_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["lane", "due_at"], condition=Q(state="pending"), name="portal_message_due"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="portal_message_leased"),
            models.Index(fields=["died_at"], condition=Q(state="dead"), name="portal_message_died"),
            models.Index(fields=["subject_id", "created_at"], name="portal_message_subject"),
            models.Index(fields=["method"], condition=Q(method__isnull=False), name="portal_message_method"),
            models.Index(
                fields=["fallback_of"], condition=Q(fallback_of__isnull=False), name="portal_message_fallback"
            ),
            models.Index(
                fields=["recipient", "-created_at"], condition=Q(channel="inbox"), name="portal_message_inbox"
            ),
            models.Index(
                fields=["recipient", "channel"],
                condition=Q(state__in=["pending", "sending"]),
                name="portal_message_waiting",
            ),
            models.Index(
                fields=["recipient", "channel", "sent_at"],
                condition=Q(sent_at__isnull=False) & ~Q(channel="inbox"),
                name="portal_message_traffic",
            ),
            models.Index(fields=["bundle"], condition=Q(bundle__isnull=False), name="portal_message_bundle"),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.recipient_id} ({self.channel})"


class Breaker(models.Model):
    """A channel, or one address of it, that does not answer: open until `retry_at`, people are reached otherwise."""

    name = models.CharField(
        max_length=200,
        primary_key=True,
        help_text=_("The channel, or the channel and the host: webhook:hooks.example."),
    )
    failures = models.PositiveIntegerField(default=0, help_text=_("In a row."))
    opened_at = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True, help_text=_("When one message may try again."))
    reason = models.CharField(max_length=limits.REASON_LENGTH, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_at=None, retry_at=None) | Q(opened_at__isnull=False, retry_at__isnull=False),
                name="portal_breaker_open",
            )
        ]

    def __str__(self) -> str:
        return self.name


class AttemptResult(models.TextChoices):
    SENT = "sent", _("sent")
    REFUSED = "refused", _("refused")
    RETRY = "retry", _("not accepted now")
    UNKNOWN = "unknown", _("no answer")


class Attempt(models.Model):
    """One try to send; begun before the first byte. Sealed: one update ends it."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField()
    token = models.UUIDField()
    worker = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=limits.ADDRESS_LENGTH, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=16, choices=AttemptResult, blank=True)
    detail = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of what was sent."))
    maybe_duplicate = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="portal_attempt_number")]

    def __str__(self) -> str:
        return f"{self.message_id} #{self.number} {self.result or 'open'}"
