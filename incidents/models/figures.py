"""What figures are read from: facts of each incident and decision, and sums of them by week (P13).

Both are computed from everything else and can be made anew at any time.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from governance.models import Platform, Version, Workflow
from portal import history, ids
from portal.models import Team

from .incidents import Severity


class Fact(models.Model):
    """What is measured of one incident or decision: `measures` {key: whole number}, times in seconds.

    `week` is the Monday of the week in which it was reported or asked, in the time zone of the portal. `people`
    {id: [how often called, how often at night where they live]}.
    """

    class Kind(models.TextChoices):
        INCIDENT = "incident"
        NEAR_MISS = "near_miss"
        DRILL = "drill"
        DECISION = "decision"

    subject_id = models.UUIDField(primary_key=True, help_text="Of the incident or the decision.")
    kind = models.CharField(max_length=16, choices=Kind)
    week = models.DateField()
    severity = models.CharField(max_length=8, choices=Severity)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    playbook = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+", null=True)
    measures = models.JSONField(default=dict)
    people = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["workflow", "kind", "week"], name="incidents_fact_workflow"),
            models.Index(fields=["team", "kind", "week"], name="incidents_fact_team"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class FigureSum(models.Model):
    """How many facts of a week and a scope have a measure in a bucket, and their total.

    `scope` is "all", "team:<id>", "severity:<key>", "team:<id> severity:<key>", "platform:<id>", "platform:<id>
    severity:<key>", "platform:<id> team:<id>", "workflow:<id>" (its totals all in bucket 0), "playbook:<id of a
    version>" or "person:<id>"; "none" stands for no id.
    """

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=96)
    kind = models.CharField(max_length=16, choices=Fact.Kind)
    measure = models.CharField(max_length=16)
    week = models.DateField()
    bucket = models.PositiveIntegerField()
    count = models.IntegerField(default=0)
    total = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "kind", "measure", "week", "bucket"], name="incidents_figuresum_cell"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.measure} {self.week}"


class PatternReport(models.Model):
    """What recurs, as the clock saw it at the beginning of a month, and who has looked at it (D29, D81).

    `patterns` are those of ``incidents.metrics.patterns``, of the time from `since` to `made_at`.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    month = models.DateField(unique=True, help_text="Its first day.")
    since = models.DateTimeField()
    made_at = models.DateTimeField()
    patterns = models.JSONField(default=list)
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )

    history = history.track(excluded_fields=["patterns"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(looked_at=None, looked_by=None) | Q(looked_at__isnull=False, looked_by__isnull=False),
                name="incidents_patternreport_looked",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
