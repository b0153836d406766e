"""The review of an incident: what it says, what was supposed and found, and where its cause was seen again."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.models import ChangeRequest, Document, Version
from portal import history, ids, limits

from .evidence import Evidence
from .incidents import Incident

PEOPLE = settings.AUTH_USER_MODEL


class Section(models.TextChoices):
    """What a review says, in the order of the report, and what it asks besides (D82, D92, D93)."""

    TIMELINE = "timeline", _("What happened")
    IMPACT = "impact", _("Impact")
    CAUSE = "cause", _("Root cause")
    REMEDIATION = "remediation", _("What put it right")
    VERIFICATION = "verification", _("How we know that it works")
    PREVENTION = "prevention", _("What keeps it from coming back")
    DECISIONS = "decisions", _("Were decisions taken in time?")
    INFORMATION = "information", _("Did people know in time what they had to know?")
    COORDINATION = "coordination", _("How did technical and business people work together?")


PROMPTS = (Section.DECISIONS, Section.INFORMATION, Section.COORDINATION)
"""Sections that no rule requires; they ask what facts alone do not say."""


class Postmortem(models.Model):
    """The review of one incident. `required` are its sections by the rule of `policy` at the time it was opened.

    `questions` is what whoever led the incident leaves open for `owner`, who writes the review until `due_at`.
    """

    class State(models.TextChoices):
        OPEN = "open", _("being written")
        PUBLISHED = "published", _("published")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="postmortem")
    policy = models.ForeignKey(
        Version, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    is_demanded = models.BooleanField(default=False, help_text=_("The incident does not close before it is published."))
    required = models.JSONField(default=list, blank=True)
    owner = models.ForeignKey(
        PEOPLE,
        on_delete=models.PROTECT,
        related_name="postmortems",
        null=True,
        blank=True,
        help_text=_("None while the matrix names nobody for the review and nobody led the incident."),
    )
    handed_by = models.ForeignKey(
        PEOPLE, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    questions = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        PEOPLE, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )

    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", published_at=None, published_by=None)
                | Q(state="published", published_at__isnull=False, published_by__isnull=False),
                name="incidents_postmortem_published",
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="open"), name="incidents_postmortem_open"),
            models.Index(fields=["-opened_at", "-id"], name="incidents_postmortem_newest"),
        ]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("incidents:review", args=[self.reference])


class PostmortemSection(models.Model):
    """What a review says under one heading; its history is every edit (U7)."""

    id = models.BigAutoField(primary_key=True)
    postmortem = models.ForeignKey(Postmortem, on_delete=models.PROTECT, related_name="sections", db_index=False)
    section = models.CharField(max_length=16, choices=Section)
    text = models.TextField(blank=True)
    by = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    history = history.track()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "section"], name="incidents_postmortemsection_once"),
            models.CheckConstraint(condition=Q(section__in=Section.values), name="incidents_postmortemsection_section"),
        ]

    def __str__(self) -> str:
        return f"{self.postmortem_id} {self.section}"


class Hypothesis(models.Model):
    """A supposed cause, how it is tested, and what the test said (D86)."""

    class Method(models.TextChoices):
        REPLAY = "replay", _("run it again with the same input")
        SANDBOX = "sandbox", _("try it in a sandbox")
        DATA_SET = "data_set", _("look at the data")
        OBSERVATION = "observation", _("watch it for a while")

    class Verdict(models.TextChoices):
        OPEN = "open", _("not tested yet")
        CONFIRMED = "confirmed", _("confirmed")
        REFUTED = "refuted", _("refuted")
        UNCLEAR = "unclear", _("not clear")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    postmortem = models.ForeignKey(Postmortem, on_delete=models.PROTECT, related_name="hypotheses", db_index=False)
    number = models.PositiveSmallIntegerField()
    cause = models.CharField(
        max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key of a likely cause of the rubric or of a module.")
    )
    text = models.CharField(max_length=limits.REASON_LENGTH)
    test = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    method = models.CharField(max_length=16, choices=Method, default=Method.OBSERVATION)
    owner = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False)
    result = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    verdict = models.CharField(max_length=16, choices=Verdict, default=Verdict.OPEN)
    evidence = models.ForeignKey(
        Evidence, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    judged_by = models.ForeignKey(
        PEOPLE, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    judged_at = models.DateTimeField(null=True, blank=True)

    history = history.track()

    class Meta:
        verbose_name_plural = "hypotheses"
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "number"], name="incidents_hypothesis_number"),
            models.CheckConstraint(
                condition=Q(verdict="open", judged_at=None, judged_by=None)
                | Q(verdict__in=["confirmed", "refuted", "unclear"], judged_at__isnull=False, judged_by__isnull=False)
                & ~Q(result="")
                & ~Q(test=""),
                name="incidents_hypothesis_judged",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Finding(models.Model):
    """What a review has found: a cause, a gap of governance, a guardrail to revisit, something that went well.

    `module` is the failure pattern that it shows, `playbook` and `step` the place that should say something else, and
    `change` the change request that will say it; the finding is closed when that is published.
    """

    class Kind(models.TextChoices):
        CAUSE = "cause", _("a cause")
        GAP = "gap", _("a gap in governance")
        GUARDRAIL = "guardrail", _("a guardrail to revisit")
        WENT_WELL = "went_well", _("something that went well")

    class Origin(models.TextChoices):
        SYSTEMIC = "systemic", _("in how we work")
        EXTERNAL = "external", _("outside")
        BOTH = "both", _("both")

    class Area(models.TextChoices):
        ACCESS = "access", _("access")
        VERSIONS = "versions", _("versions")
        DEPENDENCIES = "dependencies", _("dependencies")
        VENDOR = "vendor", _("a vendor")
        TESTS = "tests", _("tests before publishing")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    postmortem = models.ForeignKey(Postmortem, on_delete=models.PROTECT, related_name="findings", db_index=False)
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16, choices=Kind)
    text = models.CharField(max_length=limits.REASON_LENGTH)
    origin = models.CharField(max_length=16, choices=Origin, blank=True)
    area = models.CharField(max_length=16, choices=Area, blank=True)
    cause = models.CharField(max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key by which it is known again."))
    hypothesis = models.OneToOneField(
        Hypothesis, on_delete=models.PROTECT, related_name="finding", null=True, blank=True
    )
    module = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    playbook = models.ForeignKey(
        Document, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    step = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    change = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="findings", null=True, blank=True)
    by = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closing = models.CharField(max_length=limits.REASON_LENGTH, blank=True, help_text=_("Why nothing has to change."))

    history = history.track()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "number"], name="incidents_finding_number"),
            models.CheckConstraint(
                condition=Q(kind="cause") & ~Q(origin="") | Q(kind__in=["gap", "guardrail", "went_well"], origin=""),
                name="incidents_finding_origin",
            ),
            models.CheckConstraint(
                condition=Q(kind="gap") & ~Q(area="") | Q(kind__in=["cause", "guardrail", "went_well"]),
                name="incidents_finding_area",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Recurrence(models.Model):
    """The cause of an earlier incident is seen again in `incident`, and by what. Sealed (D97)."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="recurrences", db_index=False)
    earlier = models.ForeignKey(Postmortem, on_delete=models.PROTECT, related_name="recurrences")
    because = models.CharField(max_length=16, help_text=_("cause, pattern or workflow, the strongest of them."))
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "earlier", "because"], name="incidents_recurrence_once"),
            models.CheckConstraint(
                condition=Q(because__in=["cause", "pattern", "workflow"]), name="incidents_recurrence_because"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.because}"


class ReportReading(models.Model):
    """Somebody is asked to read a published review, and says that they have."""

    id = models.BigAutoField(primary_key=True)
    postmortem = models.ForeignKey(Postmortem, on_delete=models.PROTECT, related_name="readings", db_index=False)
    user = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="report_readings", db_index=False)
    role = models.CharField(max_length=limits.NAME_LENGTH, help_text=_("For which role or team they read it."))
    asked_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    history = history.track()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "postmortem"], name="incidents_reportreading_once")]

    def __str__(self) -> str:
        return f"{self.postmortem_id} {self.user_id}"
