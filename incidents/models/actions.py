"""What is done so that it does not come back, and whether it helps."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.models import ChangeRequest
from portal import history, ids, limits

from .incidents import Incident
from .reviews import Finding

PEOPLE = settings.AUTH_USER_MODEL


class ActionItem(models.Model):
    """Something that is done so that it does not come back: by whom, until when, and how one sees that it helps.

    `metric` is the key of a figure of the portal or empty; then `measure` says in words what is counted. `baseline`,
    `goal` and `value` are numbers as text. `effect` is known after the effect check (D94-D96, D101).
    """

    class Horizon(models.TextChoices):
        IMMEDIATE = "immediate", _("at once")
        LONG_TERM = "long_term", _("in the long run")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    class Effect(models.TextChoices):
        UNKNOWN = "unknown", _("not known")
        HELPED = "helped", _("it helps")
        NOT_HELPED = "not_helped", _("it does not help")

    class Artefact(models.TextChoices):
        WORKFLOW = "workflow", _("a workflow and its version")
        SCHEMA = "schema", _("a schema")
        CONFIGURATION = "configuration", _("a configuration")
        CHANGE = "change", _("a change request")
        OTHER = "other", _("something else")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="actions")
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="actions", null=True, blank=True)
    title = models.CharField(max_length=limits.TITLE_LENGTH)
    horizon = models.CharField(max_length=16, choices=Horizon, default=Horizon.LONG_TERM)
    impact = models.PositiveSmallIntegerField(default=2, help_text=_("1 is little, 3 is much."))
    effort = models.PositiveSmallIntegerField(default=2, help_text=_("1 is little, 3 is much."))
    owner = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="actions")
    due_at = models.DateTimeField()
    metric = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    measure = models.CharField(max_length=limits.REASON_LENGTH)
    baseline = models.CharField(max_length=40, blank=True)
    goal = models.CharField(max_length=40, blank=True)
    is_up = models.BooleanField(default=False, help_text=_("More is better."))
    artefact_kind = models.CharField(max_length=16, choices=Artefact, default=Artefact.OTHER)
    artefact = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    change = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="actions", null=True, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    by = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=limits.REASON_LENGTH, blank=True, help_text=_("What was done, or why not."))
    effect_due_at = models.DateTimeField(null=True, blank=True)
    effect = models.CharField(max_length=16, choices=Effect, default=Effect.UNKNOWN)

    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(impact__range=(1, 3), effort__range=(1, 3)), name="incidents_action_board"
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None)
                | Q(state__in=["done", "dropped"], ended_at__isnull=False) & ~Q(ending=""),
                name="incidents_action_ended",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("at")), name="incidents_action_due"),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="open"), name="incidents_action_open"),
            models.Index(fields=["-at", "-id"], name="incidents_action_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("incidents:action", args=[self.reference])


class EffectCheck(models.Model):
    """What was seen when somebody, or the clock (`by` None), looked whether an action helps. Sealed (D96)."""

    id = models.BigAutoField(primary_key=True)
    action = models.ForeignKey(ActionItem, on_delete=models.PROTECT, related_name="checks")
    at = models.DateTimeField()
    by = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    value = models.CharField(max_length=40, blank=True)
    moved = models.BooleanField(null=True)
    came_back = models.PositiveIntegerField(default=0)
    helps = models.PositiveIntegerField(default=0)
    not_helps = models.PositiveIntegerField(default=0)
    effect = models.CharField(max_length=16, choices=ActionItem.Effect)
    note = models.CharField(max_length=limits.REASON_LENGTH, blank=True)

    def __str__(self) -> str:
        return f"{self.action_id} {self.effect}"


class HelpAnswer(models.Model):
    """Whether an action helps, as somebody says who reported the incident or is affected; the newest counts (D98)."""

    id = models.BigAutoField(primary_key=True)
    action = models.ForeignKey(ActionItem, on_delete=models.PROTECT, related_name="answers", db_index=False)
    user = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+", db_index=False)
    helps = models.BooleanField()
    note = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    at = models.DateTimeField()

    history = history.track()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "user"], name="incidents_helpanswer_once")]

    def __str__(self) -> str:
        return f"{self.action_id} {self.helps}"
