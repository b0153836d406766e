"""Who holds which role in an incident, from when to when."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal import history, ids, limits

from .incidents import Incident


class RoleAssignment(models.Model):
    """`user` holds a role of the matrix in this incident (D5); at most one person holds a role at any moment.

    Whoever takes a role that the matrix does not give them does its work without its limits (`is_authorized`).
    `handover` keeps what the form of the hand-over asked for: {"criteria": {text: true}, "artefacts": {text: where}}.
    """

    class Entered(models.TextChoices):
        ASSUMED = "assumed", _("took it on")
        ASSIGNED = "assigned", _("was given it")
        HANDED_OVER = "handed_over", _("had it handed over")
        STEPPED_IN = "stepped_in", _("stepped in")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="roles", db_index=False)
    role = models.CharField(max_length=limits.KEY_LENGTH, help_text=_("Key of a role of the matrix."))
    title = models.CharField(max_length=limits.TITLE_LENGTH, help_text=_("As the pinned matrix called it."))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="incident_roles")
    entered = models.CharField(max_length=16, choices=Entered, default=Entered.ASSUMED)
    before = models.OneToOneField("self", on_delete=models.PROTECT, related_name="after", null=True, blank=True)
    assumed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    is_authorized = models.BooleanField(
        default=False,
        help_text=_(
            "The limits of the role count for the holder: the matrix names them, or whoever passed it on had them."
        ),
    )
    handover = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=limits.REASON_LENGTH, blank=True)

    history = history.track(excluded_fields=["note", "handover"])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "role"], condition=Q(ended_at=None), name="incidents_roleassignment_one"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("assumed_at")), name="incidents_roleassignment_ends"
            ),
            models.CheckConstraint(
                condition=Q(entered__in=["assumed", "assigned", "handed_over", "stepped_in"]),
                name="incidents_roleassignment_entered",
            ),
        ]
        indexes = [models.Index(fields=["incident", "assumed_at"], name="incidents_roles_incident")]

    def __str__(self) -> str:
        return f"{self.title}: {self.user_id}"
