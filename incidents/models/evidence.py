"""Files that belong to an incident, addressed by their content."""

from django.conf import settings
from django.db import models

from portal import history, ids, limits

from .incidents import Incident


class Evidence(models.Model):
    """A file under DATA_DIR/evidence/<sha256>; the row says who gave it and when (D40)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="evidence")
    name = models.CharField(max_length=limits.TITLE_LENGTH)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    content_type = models.CharField(max_length=100, help_text="Found from the content, never from the name.")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    added_at = models.DateTimeField()

    history = history.track()

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [models.UniqueConstraint(fields=["incident", "sha256"], name="incidents_evidence_once")]

    def __str__(self) -> str:
        return self.name
