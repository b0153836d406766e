"""The read model of the effective matrices: rebuilt at each publication, never edited."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import limits
from portal.models import Team

from .catalog import Workflow
from .oncall import Schedule
from .versions import Version


class Assignment(models.Model):
    """For `workflow` and `severity`, `responsibility` is held as `letter` by exactly one holder at `position`."""

    class Letter(models.TextChoices):
        RESPONSIBLE = "R", _("responsible")
        ACCOUNTABLE = "A", _("accountable")
        CONSULTED = "C", _("consulted")
        INFORMED = "I", _("informed")

    id = models.BigAutoField(primary_key=True)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="assignments")
    responsibility = models.CharField(max_length=limits.KEY_LENGTH)
    severity = models.CharField(max_length=8, default="any")
    letter = models.CharField(max_length=1, choices=Letter)
    position = models.PositiveSmallIntegerField(
        default=0, help_text=_("0 is the holder, then the alternates in order.")
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assignments", null=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="assignments", null=True)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="assignments", null=True)
    role = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="assignments")
    row = models.CharField(max_length=200, help_text=_("Key of the row that decided."))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(letter__in=["R", "A", "C", "I"]), name="governance_assignment_letter"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, team=None, schedule=None, role="")
                | Q(user=None, team__isnull=False, schedule=None, role="")
                | Q(user=None, team=None, schedule__isnull=False, role="")
                | (Q(user=None, team=None, schedule=None) & ~Q(role="")),
                name="governance_assignment_one_holder",
            ),
            models.UniqueConstraint(
                fields=["workflow", "responsibility", "severity"],
                condition=Q(letter="A", position=0),
                name="governance_assignment_one_accountable",
            ),
        ]
        indexes = [models.Index(fields=["user", "workflow"], name="governance_assignment_user")]

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.responsibility} {self.letter}"
