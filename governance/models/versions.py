"""Controlled documents: everything that steers people, version by version (U5)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from portal import history, ids, limits


class Kind(models.TextChoices):
    MATRIX = "matrix", _("ownership matrix")
    ESCALATION = "escalation", _("escalation policy")
    RUBRIC = "rubric", _("triage rubric")
    MODULE = "module", _("playbook module")
    PLAYBOOK = "playbook", _("playbook")
    APPROVAL = "approval", _("approval policy")
    COMMUNICATION = "communication", _("communication plan")
    GLOSSARY = "glossary", _("glossary")


ONE_PER_SCOPE = (Kind.MATRIX, Kind.ESCALATION, Kind.RUBRIC, Kind.APPROVAL, Kind.COMMUNICATION, Kind.GLOSSARY)
"""Kinds of which the most specific document applies. Of modules and playbooks there are many for one scope."""


class Document(models.Model):
    """One controlled document; `effective_version` is moved only by publishing."""

    class ScopeKind(models.TextChoices):
        DEFAULT = "default", _("the whole company")
        CRITICALITY = "criticality", _("workflows of one criticality")
        DEPARTMENT = "department", _("one department")
        TEAM = "team", _("one team")
        WORKFLOW = "workflow", _("one workflow")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind)
    key = models.SlugField(max_length=limits.KEY_LENGTH)
    title = models.CharField(max_length=limits.TITLE_LENGTH)
    scope_kind = models.CharField(max_length=16, choices=ScopeKind, default=ScopeKind.DEFAULT)
    scope_value = models.CharField(
        max_length=64, blank=True, help_text=_("Id of the team, department or workflow, or the criticality.")
    )
    effective_version = models.ForeignKey(
        "governance.Version", on_delete=models.PROTECT, related_name="+", null=True, blank=True, editable=False
    )
    review_every_days = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("Days after which somebody looks whether it still fits.")
    )
    review_by = models.DateField(null=True, blank=True, editable=False)
    recheck_since = models.DateTimeField(null=True, blank=True, editable=False)
    recheck_why = models.CharField(max_length=limits.REASON_LENGTH, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    successor = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="replaces", null=True, blank=True, editable=False
    )

    history = history.track()

    class Meta:
        permissions = [("publish_document", "Can publish a version")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="governance_document_key"),
            models.UniqueConstraint(
                fields=["kind", "scope_kind", "scope_value"],
                condition=Q(kind__in=ONE_PER_SCOPE),
                name="governance_document_scope",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="governance_document_kind"),
            models.CheckConstraint(
                condition=Q(retired_at=None) | Q(effective_version=None), name="governance_document_retired"
            ),
            models.CheckConstraint(
                condition=Q(review_every_days=None) | Q(review_every_days__gte=1),
                name="governance_document_review_every",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DocumentUserObjectPermission(UserObjectPermissionBase):
    """Guardian's direct-key table: people who may draft a document; compiled when a matrix is published."""

    content_object = models.ForeignKey(Document, on_delete=models.CASCADE)


class DocumentGroupObjectPermission(GroupObjectPermissionBase):
    """Guardian's direct-key table: teams that may draft a document; compiled when a matrix is published."""

    content_object = models.ForeignKey(Document, on_delete=models.CASCADE)


class Version(models.Model):
    """One state of a document. Immutable once `frozen_at` is set; identified by the digest of its canonical text."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    schema = models.PositiveSmallIntegerField(default=1)
    content = models.TextField(help_text=_("Canonical JSON (RFC 8785)."))
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of the stored canonical text."))
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, related_name="successors", null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True, blank=True)

    history = history.track(excluded_fields=["content"])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="governance_version_number")]

    def __str__(self) -> str:
        return f"{self.document} v{self.number}"


class Edit(models.Model):
    """One edit of a draft: its editors are the contributors of the version. Sealed."""

    id = models.BigAutoField(primary_key=True)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="edits")
    row = models.CharField(max_length=200)
    field = models.CharField(max_length=64, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.version_id} {self.row}"


class Reference(models.Model):
    """`version` names something by its id: serves "used in" and the checks."""

    id = models.BigAutoField(primary_key=True)
    # NOTE: no index of its own, since the constraint below begins with the version.
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="references", db_index=False)
    target_type = models.CharField(max_length=64)
    target_id = models.UUIDField()
    path = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["target_type", "target_id"], name="governance_reference_target")]
        constraints = [
            models.UniqueConstraint(fields=["version", "path", "target_id"], name="governance_reference_once")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.path}"
