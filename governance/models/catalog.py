"""The catalog: platforms, the workflows that run on them and what flows between workflows."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from portal import history, ids, limits
from portal.models import Team
from portal.models.people import DataClass


class Platform(models.Model):
    """A no-code platform and what its vendor promises (D103)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.SlugField(max_length=limits.KEY_LENGTH, unique=True)
    name = models.CharField(max_length=limits.NAME_LENGTH)
    vendor = models.CharField(max_length=limits.NAME_LENGTH, blank=True)
    address = models.URLField(blank=True, help_text=_("Where people open it."))
    support = models.CharField(max_length=limits.ADDRESS_LENGTH, blank=True, help_text=_("How the vendor is reached."))
    error_handling = models.TextField(blank=True, help_text=_("What the vendor says about errors and retries."))
    privacy_note = models.TextField(blank=True, help_text=_("Where data is kept and who processes it."))

    history = history.track()

    def __str__(self) -> str:
        return self.name


class Criticality(models.TextChoices):
    HIGH = "high", _("high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")


class Environment(models.TextChoices):
    PRODUCTION = "production", _("production")
    STAGING = "staging", _("staging")
    DEVELOPMENT = "development", _("development")


class Lifecycle(models.TextChoices):
    DRAFT = "draft", _("draft")
    LIVE = "live", _("live")
    RETIRED = "retired", _("retired")


class WorkflowQuerySet(models.QuerySet["Workflow"]):
    def visible_to(self, user: Any) -> "WorkflowQuerySet":
        """The workflows whose guardian rows name `user` or a group of `user`; two indexed subqueries, no join."""
        if not getattr(user, "is_active", False):
            return self.none()
        permission = Q(permission__codename="view_workflow")
        mine = WorkflowUserObjectPermission.objects.filter(permission, user_id=user.pk)
        ours = WorkflowGroupObjectPermission.objects.filter(permission, group__memberships__user_id=user.pk)
        return self.filter(Q(pk__in=mine.values("content_object_id")) | Q(pk__in=ours.values("content_object_id")))

    def in_use(self) -> "WorkflowQuerySet":
        return self.exclude(lifecycle=Lifecycle.RETIRED)


class Workflow(models.Model):
    """An automation that somebody owns. Retired, never deleted."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.SlugField(max_length=limits.KEY_LENGTH, unique=True)
    name = models.CharField(max_length=limits.NAME_LENGTH, help_text=_("The plain name that business people use."))
    aliases = models.CharField(
        max_length=limits.TITLE_LENGTH, blank=True, help_text=_("Other names, separated by commas.")
    )
    description = models.TextField(blank=True)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="workflows")
    external_id = models.CharField(
        max_length=limits.NAME_LENGTH, blank=True, help_text=_("Its id on the platform, e.g. a Node-RED flow id.")
    )
    environment = models.CharField(max_length=16, choices=Environment, default=Environment.PRODUCTION)
    criticality = models.CharField(max_length=16, choices=Criticality, default=Criticality.MEDIUM)
    data_class = models.CharField(max_length=16, choices=DataClass, default=DataClass.INTERNAL)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="workflows")
    version_tag = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    lifecycle = models.CharField(max_length=16, choices=Lifecycle, default=Lifecycle.LIVE)

    objects = WorkflowQuerySet.as_manager()
    history = history.track()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(criticality__in=Criticality.values), name="governance_workflow_criticality"
            ),
            models.CheckConstraint(
                condition=Q(environment__in=Environment.values), name="governance_workflow_environment"
            ),
            models.CheckConstraint(condition=Q(lifecycle__in=Lifecycle.values), name="governance_workflow_lifecycle"),
            models.CheckConstraint(condition=Q(data_class__in=DataClass.values), name="governance_workflow_data_class"),
            models.UniqueConstraint(
                fields=["platform", "external_id"], condition=~Q(external_id=""), name="governance_workflow_external_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WorkflowChange(models.Model):
    """Somebody deployed or changed a workflow, as its platform told us (DESIGN section 10, change events)."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key = models.CharField(max_length=64, unique=True, help_text=_("The same call again is the same change."))
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="changes", null=True, db_index=False)
    changed_at = models.DateTimeField()
    summary = models.CharField(max_length=limits.TITLE_LENGTH)
    version = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    source = models.CharField(max_length=limits.NAME_LENGTH, help_text=_("Who told us."))
    links = models.JSONField(default=list, help_text=_("[{href, text}]"))
    details = models.JSONField(default=dict, help_text=_("Redacted."))
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["workflow", "-changed_at", "-id"], name="governance_workflowchange_of")]

    def __str__(self) -> str:
        return self.summary


class WorkflowUserObjectPermission(UserObjectPermissionBase):
    """Guardian's direct-key table: people who may see a workflow."""

    content_object = models.ForeignKey(Workflow, on_delete=models.CASCADE)


class WorkflowGroupObjectPermission(GroupObjectPermissionBase):
    """Guardian's direct-key table: teams that may see a workflow; compiled when a matrix is published."""

    content_object = models.ForeignKey(Workflow, on_delete=models.CASCADE)


class Dependency(models.Model):
    """Something flows from `upstream` to `downstream`."""

    class What(models.TextChoices):
        EVENTS = "events", _("events")
        DATA = "data", _("data set")
        CREDENTIAL = "credential", _("credential")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    upstream = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="feeds")
    downstream = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="fed_by")
    what = models.CharField(max_length=16, choices=What)
    title = models.CharField(max_length=limits.TITLE_LENGTH)
    schema_tag = models.CharField(max_length=limits.KEY_LENGTH, blank=True)
    timing = models.CharField(
        max_length=limits.NAME_LENGTH, blank=True, help_text=_("For instance: at once, or daily at 18:00.")
    )

    history = history.track()

    class Meta:
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(fields=["upstream", "downstream", "title"], name="governance_dependency_once"),
            models.CheckConstraint(condition=~Q(upstream=models.F("downstream")), name="governance_dependency_other"),
        ]

    def __str__(self) -> str:
        return f"{self.upstream} → {self.downstream}"
