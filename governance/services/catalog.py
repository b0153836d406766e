"""The catalog: what a change of a workflow, a platform or an integration means for people and documents."""

from datetime import datetime

from governance.models import Dependency, Platform, Workflow
from governance.models.catalog import Lifecycle
from governance.services import governance_reviews, ownership, rechecks, versions
from portal import history

TOLD = ("name", "vendor", "address", "support", "error_handling", "privacy_note")
"""What people read of a platform."""


def save_workflow(*, workflow: Workflow, at: datetime) -> Workflow:
    """Save `workflow` and compile its rows; call inside ``audit.action``. Going live opens a governance review.

    Locks the matrices first: a publication holds them while it compiles all workflows.
    """
    versions.lock_matrices()
    before = Workflow.objects.filter(pk=workflow.pk).values_list("lifecycle", flat=True).first()
    workflow.save()
    ownership.rebuild([workflow.pk])
    if workflow.lifecycle == Lifecycle.LIVE and before != Lifecycle.LIVE:
        governance_reviews.went_live(workflow=workflow, at=at)
    return workflow


def save_platform(*, platform: Platform, at: datetime) -> Platform:
    """Save `platform`; a change of what is known of it has documents looked at and opens a governance review.

    Call inside ``audit.action``.
    """
    before = Platform.objects.filter(pk=platform.pk).first()
    platform.save()
    if before is not None and any(getattr(before, name) != getattr(platform, name) for name in TOLD):
        rechecks.platform_changed(platform=platform, at=at)
        governance_reviews.platform_changed(platform=platform, at=at)
    return platform


def save_dependency(*, dependency: Dependency, at: datetime) -> Dependency:
    """Save `dependency`; what names one of its sides is looked at. Call inside ``audit.action``."""
    before = history.latest(Dependency, [dependency.pk]).get(dependency.pk)
    dependency.save()
    if history.latest(Dependency, [dependency.pk])[dependency.pk] != before:
        rechecks.integration_changed(upstream=dependency.upstream, downstream=dependency.downstream, at=at)
    return dependency


def drop_dependency(*, dependency: Dependency, at: datetime) -> None:
    """Delete `dependency`; what names one of its sides is looked at. Call inside ``audit.action``."""
    upstream, downstream = dependency.upstream, dependency.downstream
    dependency.delete()
    rechecks.integration_changed(upstream=upstream, downstream=downstream, at=at)
