"""What programs of a person show at the API, and the answers that they may ask for twice."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal import history, ids, limits


class ApiToken(models.Model):
    """A program that shows the secret acts as `user`, within `scope`, until `expires_at`; only its SHA-256 is kept."""

    class Scope(models.TextChoices):
        READ = "read", _("read only")
        WRITE = "write", _("read and write")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=limits.NAME_LENGTH)
    scope = models.CharField(max_length=16, choices=Scope, default=Scope.READ)
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text=_("SHA-256 of the secret, hex."))
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text=_("To the minute."))
    revoked_at = models.DateTimeField(null=True, blank=True)

    history = history.track(excluded_fields=["digest", "last_used_at"])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=["read", "write"]), name="portal_apitoken_scope"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="portal_apitoken_order"),
        ]

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """The answer to a request that a program may send again; kept for a day, then the key is free."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="idempotency_keys")
    key = models.CharField(max_length=limits.ADDRESS_LENGTH)
    body_hash = models.CharField(max_length=64, help_text=_("SHA-256 of method, address and body."))
    response = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="portal_idempotencykey_once")]

    def __str__(self) -> str:
        return self.key
