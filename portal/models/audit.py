"""The ledger: one sealed entry for each state change, its words apart so that they can be erased."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from portal import ids, limits


class AuditEntry(models.Model):
    """Who did what to what and when; `commitment` = SHA-256(salt || canonical payload), see ``portal.audit``."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="audit_entries", db_index=False
    )
    actor_label = models.CharField(max_length=limits.NAME_LENGTH, help_text="Name of a process when no person acted.")
    verb = models.CharField(max_length=64)
    target_type = models.CharField(max_length=64)
    target_id = models.CharField(max_length=64)
    request_id = models.UUIDField(default=ids.uuid7)
    commitment = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["target_type", "target_id", "id"], name="portal_audit_target"),
            models.Index(fields=["request_id"], name="portal_audit_request"),
            models.Index(fields=["at"], name="portal_audit_at"),
            models.Index(fields=["actor", "id"], condition=Q(actor__isnull=False), name="portal_audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_type} {self.target_id}"


class AuditPayload(models.Model):
    """The erasable words of an entry: salt and canonical JSON (RFC 8785)."""

    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, primary_key=True, related_name="payload")
    salt = models.CharField(max_length=64)
    content = models.TextField(help_text="Canonical JSON: reason, data, and the commitments of the history rows.")

    def __str__(self) -> str:
        return str(self.entry_id)
