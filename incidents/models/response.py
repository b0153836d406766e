"""The playbook at work: scope and aim, steps, what was contained, what holds for now, what was looked at again."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.models import Version, Workflow
from portal import history, ids, limits

from .evidence import Evidence
from .incidents import Incident


class Function(models.TextChoices):
    """Who is asked to agree to scope and aim (D37)."""

    PRODUCT = "product", _("Product")
    ENGINEERING = "engineering", _("Engineering")
    OPERATIONS = "operations", _("Operations")
    SUPPORT = "support", _("Support")


class ScopeStatement(models.Model):
    """What is affected and what is to be reached; each change is a statement of its own. Sealed.

    `overruled`: whoever commands goes on without all answers, and `reason` says why.
    """

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="scopes", db_index=False)
    number = models.PositiveIntegerField()
    scope = models.CharField(max_length=limits.REASON_LENGTH)
    aim = models.CharField(max_length=limits.REASON_LENGTH)
    overruled = models.BooleanField(default=False)
    reason = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="incidents_scopestatement_number"),
            models.CheckConstraint(
                condition=Q(overruled=False) | ~Q(reason=""), name="incidents_scopestatement_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.number}"


class ScopeAnswer(models.Model):
    """One function agrees to a statement or objects to it; the newest answer of a function counts. Sealed."""

    id = models.BigAutoField(primary_key=True)
    statement = models.ForeignKey(ScopeStatement, on_delete=models.PROTECT, related_name="answers")
    function = models.CharField(max_length=16, choices=Function)
    agrees = models.BooleanField()
    why = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(function__in=["product", "engineering", "operations", "support"]),
                name="incidents_scopeanswer_function",
            ),
            models.CheckConstraint(condition=Q(agrees=True) | ~Q(why=""), name="incidents_scopeanswer_why"),
        ]

    def __str__(self) -> str:
        return f"{self.statement_id} {self.function}"


class StepEntry(models.Model):
    """What somebody did with a step of the pinned playbook. Sealed; the course is computed from these rows.

    `given` is what the step asked for: {"checked": [places], "artefact", "rationale", "result", "option"}; of one that
    was given back because its owner has left or handed over {"freed": "left" | "handed_over"}.
    """

    class Did(models.TextChoices):
        TAKEN = "taken", _("took it on")
        RELEASED = "released", _("gave it back")
        DONE = "done", _("did it")
        CHANGED = "changed", _("did it otherwise")
        SKIPPED = "skipped", _("left it out")

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="steps", db_index=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+", db_index=False)
    scenario = models.CharField(max_length=limits.KEY_LENGTH)
    step = models.CharField(max_length=limits.KEY_LENGTH)
    did = models.CharField(max_length=16, choices=Did)
    given = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    evidence = models.ForeignKey(
        Evidence, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "step entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(did__in=["taken", "released", "done", "changed", "skipped"]),
                name="incidents_stepentry_did",
            ),
            models.CheckConstraint(
                condition=~Q(did__in=["changed", "skipped"]) | ~Q(reason=""), name="incidents_stepentry_reason"
            ),
        ]
        indexes = [models.Index(fields=["incident", "id"], name="incidents_stepentry_incident")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.step} {self.did}"


class Containment(models.Model):
    """What was halted or isolated, by whom, since when, and its release (D39)."""

    class Kind(models.TextChoices):
        HALTED = "halted", _("halted")
        ISOLATED = "isolated", _("isolated")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="containments")
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="containments", null=True, blank=True, db_index=False
    )
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.HALTED)
    what = models.CharField(max_length=limits.REASON_LENGTH)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    released_at = models.DateTimeField(null=True, blank=True)
    release = models.CharField(max_length=limits.REASON_LENGTH, blank=True, help_text=_("How one knows it is safe."))

    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["halted", "isolated"]), name="incidents_containment_kind"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__isnull=False, released_at__gte=F("since"), released_by__isnull=False) & ~Q(release=""),
                name="incidents_containment_released",
            ),
        ]
        indexes = [models.Index(fields=["workflow"], condition=Q(released_at=None), name="incidents_containment_open")]

    def __str__(self) -> str:
        return self.what


class Remedy(models.Model):
    """A workaround, which ends by itself, or a permanent fix, which does not (D90)."""

    class Kind(models.TextChoices):
        WORKAROUND = "workaround", _("workaround")
        PERMANENT = "permanent", _("permanent fix")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="remedies")
    kind = models.CharField(max_length=16, choices=Kind)
    what = models.CharField(max_length=limits.REASON_LENGTH)
    rationale = models.CharField(max_length=limits.REASON_LENGTH)
    artefact = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    history = history.track()

    class Meta:
        verbose_name_plural = "remedies"
        constraints = [
            models.CheckConstraint(
                # NOTE: a comparison with NULL is neither true nor false, and what is not false passes a check.
                condition=Q(kind="workaround", expires_at__isnull=False, expires_at__gt=F("at"))
                | Q(kind="permanent", expires_at=None),
                name="incidents_remedy_expires",
            )
        ]

    def __str__(self) -> str:
        return self.what


class Recheck(models.Model):
    """A component or a workflow downstream, looked at again before resolving, or not and why. Sealed."""

    class Result(models.TextChoices):
        PASSED = "passed", _("works again")
        FAILED = "failed", _("does not work")
        WAIVED = "waived", _("not looked at")

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="rechecks")
    subject = models.CharField(max_length=limits.TITLE_LENGTH, help_text=_("Name of the component."))
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    result = models.CharField(max_length=16, choices=Result)
    note = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(result="passed") | Q(result__in=["failed", "waived"]) & ~Q(note=""),
                name="incidents_recheck_note",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.result}"
