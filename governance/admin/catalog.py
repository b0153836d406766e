"""Platforms, workflows and dependencies: kept by admins and, for their own teams, by team admins."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.models import Dependency, Platform, Workflow
from governance.services import catalog
from portal import access
from portal.admin.base import ReasonedAdmin
from portal.errors import DomainError


def is_own(request: HttpRequest, *workflows: Workflow) -> bool:
    """Whether one of `workflows` is in the hands of whoever asks."""
    groups = access.bound_to(request.user)
    return groups is None or any(workflow.team.group_id in groups for workflow in workflows)


class NotYours(DomainError):
    """A team admin keeps the catalog of the own teams only."""


class KeyedAdmin(ReasonedAdmin):
    """The key is chosen once: documents, addresses and senders use it."""

    prepopulated_fields = {"key": ["name"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["key"] if obj is not None else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj is not None else self.prepopulated_fields


@admin.register(Platform)
class PlatformAdmin(KeyedAdmin):
    list_display = ["name", "vendor", "address", "support"]
    list_filter = ["vendor"]
    search_fields = ["name", "key", "vendor"]
    ordering = ["name"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def save_model(self, request: HttpRequest, obj: Platform, form: Any, change: bool) -> None:
        catalog.save_platform(platform=obj, at=timezone.now())


@admin.register(Workflow)
class WorkflowAdmin(KeyedAdmin):
    list_display = ["name", "team", "platform", "criticality", "environment", "lifecycle"]
    list_filter = ["lifecycle", "criticality", "environment", "data_class", "platform", "team"]
    list_select_related = ["team", "platform"]
    search_fields = ["name", "key", "aliases", "external_id"]
    autocomplete_fields = ["platform", "team"]
    ordering = ["name"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or is_own(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = list(super().get_readonly_fields(request, obj))
        return fixed if access.bound_to(request.user) is None else [*fixed, "team"]

    def save_model(self, request: HttpRequest, obj: Workflow, form: Any, change: bool) -> None:
        catalog.save_workflow(workflow=obj, at=timezone.now())


@admin.register(Dependency)
class DependencyAdmin(ReasonedAdmin):
    deletable = True  # an arrow that is gone has no state of its own; its history stays
    list_display = ["upstream", "downstream", "what", "title", "timing"]
    list_filter = ["what"]
    list_select_related = ["upstream", "downstream"]
    search_fields = ["title", "upstream__name", "downstream__name"]
    autocomplete_fields = ["upstream", "downstream"]
    ordering = ["upstream__name", "downstream__name"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or is_own(request, obj.upstream, obj.downstream))

    def save_model(self, request: HttpRequest, obj: Dependency, form: Any, change: bool) -> None:
        if not is_own(request, obj.upstream, obj.downstream):
            raise NotYours(_("One side has to be a workflow of your own team."))
        catalog.save_dependency(dependency=obj, at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Dependency) -> None:
        catalog.drop_dependency(dependency=obj, at=timezone.now())
