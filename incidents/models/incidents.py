"""Incidents, the people in them and what happened, in order."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.models import Version, Workflow
from governance.models.catalog import WorkflowGroupObjectPermission, WorkflowUserObjectPermission
from portal import access, history, ids, limits, roles
from portal.models import Team, User
from portal.models.people import DataClass


class Severity(models.TextChoices):
    SEV1 = "sev1", _("SEV1")
    SEV2 = "sev2", _("SEV2")
    SEV3 = "sev3", _("SEV3")
    SEV4 = "sev4", _("SEV4")


class IncidentState(models.TextChoices):
    REPORTED = "reported", _("Reported")
    INVESTIGATING = "investigating", _("Investigating")
    CONTAINED = "contained", _("Contained")
    MONITORING = "monitoring", _("Monitoring")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    DECLINED = "declined", _("Declined")
    DUPLICATE = "duplicate", _("Duplicate")


OPEN_STATES = ["reported", "investigating", "contained", "monitoring"]
IS_OPEN = Q(state__in=OPEN_STATES)


class Incidents(models.QuerySet["Incident"]):
    """Questions about many incidents; what a person may see is judged as a set (DESIGN section 8)."""

    def open(self) -> "Incidents":
        return self.filter(IS_OPEN)

    @staticmethod
    def by_ownership(user: User) -> Q:
        """Not restricted, and the workflow (unknown: the team) is one of mine, by group or user row."""
        groups = user.memberships.values("group_id")
        rows = {"permission__codename": "view_workflow"}
        mine = WorkflowUserObjectPermission.objects.filter(user=user, **rows).values("content_object_id")
        ours = WorkflowGroupObjectPermission.objects.filter(group__in=groups, **rows).values("content_object_id")
        unknown = Q(workflow=None, team__group__in=groups)
        return Q(is_restricted=False) & (Q(workflow__in=mine) | Q(workflow__in=ours) | unknown)

    def by_participation(self, user: User) -> "Incidents":
        """I reported it, was told or joined; who is merely affected follows it on a page of their own."""
        return self.filter(pk__in=Participant.objects.insiders().filter(user=user).values("incident_id"))

    def visible_to(self, user: User) -> "Incidents":
        """Everything that `user` may open; all for auditors, nothing for inactive people.

        All-time lists are faster when they merge pages of ``incidents.access.owned`` and ``by_participation``.
        """
        if not user.is_active:
            return self.none()
        if roles.AUDITOR in access.groups(user).values():
            return self.all()
        # NOTE: the keys of what one owns, as a subquery, are all incidents of a large team (10^6: 31 s).
        took_part = Exists(Participant.objects.insiders().filter(user=user, incident=OuterRef("pk")))
        return self.filter(self.by_ownership(user) | took_part)


class Incident(models.Model):
    """Something that stopped or needs a person. Pinned to the rules that were effective when it was scored."""

    class Kind(models.TextChoices):
        INCIDENT = "incident", _("incident")
        NEAR_MISS = "near_miss", _("near miss")
        DRILL = "drill", _("drill")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    reference = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.INCIDENT)
    title = models.CharField(max_length=limits.TITLE_LENGTH)
    description = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=IncidentState, default=IncidentState.REPORTED)
    severity = models.CharField(max_length=8, choices=Severity)
    priority = models.PositiveSmallIntegerField(default=3, help_text=_("1 is the most urgent."))
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="incidents", null=True, blank=True)
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        related_name="incidents",
        help_text=_("Owner of the workflow, else the triage team."),
    )
    workflow_version = models.CharField(
        max_length=limits.REASON_LENGTH, blank=True, help_text=_("Version ids, separated by commas.")
    )
    components = models.JSONField(default=list, blank=True)
    answers = models.JSONField(
        default=dict, blank=True, help_text=_("Impact answers: {dimension: yes, no or unknown}.")
    )
    just_before = models.TextField(blank=True, help_text=_("What the reporter was doing just before (D36)."))
    who_is_hurt = models.TextField(blank=True)
    data_class = models.CharField(max_length=16, choices=DataClass, default=DataClass.INTERNAL)
    is_restricted = models.BooleanField(default=False, help_text=_("Only participants may see it."))
    rubric = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+", null=True)
    playbook = models.ForeignKey(
        Version,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text=_("The version that people work by; a newer one is a decision."),
    )
    scenario = models.CharField(
        max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key of the scenario of the playbook that they follow.")
    )
    bridge = models.CharField(
        max_length=limits.ADDRESS_LENGTH, blank=True, help_text=_("Address of the call in which people work on it.")
    )
    chat = models.CharField(
        max_length=limits.ADDRESS_LENGTH, blank=True, help_text=_("Address of the channel in which people write.")
    )
    communication = models.ForeignKey(
        Version,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text=_("The communication plan by which people are told."),
    )
    hint = models.CharField(max_length=8, blank=True, help_text=_("The severity that the sender suggested."))
    path = models.CharField(
        max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key of the path that the rubric chose.")
    )
    trigger = models.CharField(
        max_length=limits.KEY_LENGTH, blank=True, help_text=_("Key of the trigger of the policy that opened it.")
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="duplicates", null=True, blank=True, db_index=False
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reported_incidents", null=True, blank=True
    )
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="led_incidents", null=True, blank=True
    )
    started_at = models.DateTimeField(help_text=_("When it was first noticed."))
    reported_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    triaged_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    plan = models.CharField(
        max_length=limits.REASON_LENGTH, blank=True, help_text=_("What will be done, in one sentence.")
    )
    contained_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    resolution = models.TextField(blank=True)
    deviation = models.TextField(blank=True, help_text=_("How it was checked when no playbook said so."))
    track_generation = models.PositiveIntegerField(default=0, help_text=_("Raised to revoke tracking links."))
    submission_key = models.CharField(
        max_length=64, unique=True, help_text=_("One incident for each filed form or first event.")
    )

    objects = Incidents.as_manager()

    history = history.track(excluded_fields=["description", "just_before", "who_is_hurt", "resolution", "deviation"])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=IncidentState.values), name="incidents_incident_state"),
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="incidents_incident_severity"),
            models.CheckConstraint(
                condition=Q(kind__in=["incident", "near_miss", "drill"]), name="incidents_incident_kind"
            ),
            models.CheckConstraint(condition=Q(data_class__in=DataClass.values), name="incidents_incident_data_class"),
            models.CheckConstraint(
                condition=Q(state="duplicate", merged_into__isnull=False) | ~Q(state="duplicate") & Q(merged_into=None),
                name="incidents_incident_merged",
            ),
            models.CheckConstraint(condition=~Q(merged_into=models.F("id")), name="incidents_incident_merged_other"),
        ]
        indexes = [
            models.Index(fields=["severity", "-reported_at", "-id"], condition=IS_OPEN, name="incidents_incident_open"),
            models.Index(fields=["-reported_at", "-id"], name="incidents_incident_newest"),
            models.Index(
                fields=["-resolved_at"], condition=Q(resolved_at__isnull=False), name="incidents_incident_resolved"
            ),
            models.Index(fields=["workflow", "-reported_at", "-id"], name="incidents_incident_workflow"),
            models.Index(fields=["team", "-reported_at", "-id"], name="incidents_incident_team"),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="incidents_incident_duplicates"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("incidents:incident", args=[self.reference])

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class Participants(models.QuerySet["Participant"]):
    def insiders(self) -> "Participants":
        """Those who may open the incident's page: all but those who said of themselves that they are affected."""
        return self.exclude(role=Participant.Role.AFFECTED)


class Participant(models.Model):
    """`user` has something to do with the incident and may therefore open it (I18).

    Anybody can be affected: they read in plain words what they need, on the tracking page that is their own.
    """

    class Role(models.TextChoices):
        REPORTER = "reporter", _("reported it")
        TOLD = "told", _("was told")
        JOINED = "joined", _("joined")
        AFFECTED = "affected", _("is affected too")

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="participants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="participations", db_index=False
    )
    role = models.CharField(max_length=16, choices=Role)
    since = models.DateTimeField()

    objects = Participants.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "incident", "role"], name="incidents_participant_once"),
            models.CheckConstraint(
                condition=Q(role__in=["reporter", "told", "joined", "affected"]), name="incidents_participant_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.incident_id}"


class TimelineEntry(models.Model):
    """What happened. Append-only and sealed; its free text lives in an erasable row."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="timeline", db_index=False)
    at = models.DateTimeField()
    verb = models.CharField(max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    data = models.JSONField(default=dict, help_text=_("Facts for the sentence: names of people, level, states."))
    is_public = models.BooleanField(default=False, help_text=_("Shown to the reporter in plain words."))
    commitment = models.CharField(
        max_length=64, blank=True, help_text=_("SHA-256 of salt and text, when there is a text.")
    )

    class Meta:
        verbose_name_plural = "timeline entries"
        indexes = [models.Index(fields=["incident", "-id"], name="incidents_timeline_incident")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.verb}"


class TimelineText(models.Model):
    """The words that somebody typed for a timeline entry."""

    entry = models.OneToOneField(TimelineEntry, on_delete=models.PROTECT, primary_key=True, related_name="text_row")
    salt = models.CharField(max_length=64)
    text = models.TextField()

    def __str__(self) -> str:
        return str(self.entry_id)
