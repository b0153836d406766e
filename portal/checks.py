"""System checks of the portal; those of the database run with ``check --database default``."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core import checks
from django.db import connections

from portal import history, registry, seal

APPS = ("portal", "governance", "incidents")
TRACK = "Make it tracked: history = history.track() (portal.history), and a migration."


@checks.register(checks.Tags.database)
def tables_are_sealed(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Name every sealed table that could be changed, e.g. because its trigger was lost.

    A table that a migration has still to make is none of them: ``migrate`` asks this before it begins.
    """
    tables = connections["default"].introspection.table_names() if databases else []
    if "portal_auditentry" not in tables:
        return []
    return [
        checks.Error(f"{label} is not sealed.", hint="Run manage.py migrate: it writes the triggers.", id="portal.E001")
        for label in seal.unsealed()
        if apps.get_model(label)._meta.db_table in tables
    ]


@checks.register()
def changes_leave_a_trace(**_: Any) -> list[checks.CheckMessage]:
    """Name every table whose changes nobody could reconcile with the ledger."""
    import_module(settings.ROOT_URLCONF)  # it loads the pages and takes foreign models off the admin
    ours = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    return [*_without_trace(ours), *_without_account(), *_of_no_use(ours), *_edited_untracked()]


def _without_trace(models: Iterable[Any]) -> Iterator[checks.CheckMessage]:
    sealed = {model for _seal, model in seal.sealed()}
    for model in models:
        if not history.is_tracked(model) and model not in sealed and model._meta.label not in seal.UNTRACKED:
            yield checks.Error(
                f"{model._meta.label} is neither tracked nor sealed.",
                hint=f"{TRACK} A log belongs into SEALS of portal.seal; for a table that only the portal itself "
                "writes, say in UNTRACKED there why nothing is lost.",
                obj=model,
                id="portal.E002",
            )


def _without_account() -> Iterator[checks.CheckMessage]:
    """NOTE: history is its own account."""
    for item in seal.SEALS:
        if registry.accounts.get(item.label) is None:
            yield checks.Error(
                f"{item.label} is sealed, but nothing says how its rows are tied to the ledger.",
                hint="Add an Account to registry.accounts (portal.reads.accounts) in the app of the table.",
                id="portal.E003",
            )


def _of_no_use(models: Iterable[Any]) -> Iterator[checks.CheckMessage]:
    known = {model._meta.label: model for model in models}
    for label in seal.UNTRACKED:
        if label not in known or history.is_tracked(known[label]):
            yield checks.Error(
                f"{label} stands in UNTRACKED, but it is {'tracked' if label in known else 'no table of ours'}.",
                hint="Remove it from UNTRACKED of portal.seal.",
                id="portal.E004",
            )


def _edited_untracked() -> Iterator[checks.CheckMessage]:
    for model, where in (*_in_admin(), *_in_forms()):
        if not history.is_tracked(model):
            yield checks.Error(
                f"People edit {model._meta.label} ({where}), and it is not tracked: nobody could prove who changed it.",
                hint=f"{TRACK} Or let nobody edit it: ReadOnlyAdmin (portal.admin.base), or a service behind the form.",
                obj=model,
                id="portal.E005",
            )


class Anybody:
    """Somebody who may do everything that a page of the admin does not refuse to all."""

    pk = None
    is_active = is_staff = is_superuser = is_authenticated = True
    is_anonymous = False

    def has_perm(self, *_: Any) -> bool:
        return True

    has_module_perms = has_perms = has_perm


def _in_admin() -> Iterator[tuple[Any, str]]:
    """Tables that somebody can add to, change or delete from in the admin, by their own pages or as parts of others."""
    request = SimpleNamespace(user=Anybody(), method="GET", GET={}, POST={}, META={}, path="/admin/")
    for model, page in admin.site._registry.items():
        if _lets_edit(page, request):
            yield model, f"in the admin, by {type(page).__name__}"
        for inline in page.inlines:
            if _lets_edit(inline(model, admin.site), request, None):
                yield inline.model, f"in the admin, by {inline.__name__}"


def _lets_edit(page: Any, request: Any, *parent: Any) -> bool:
    return bool(
        page.has_add_permission(request, *parent)
        or page.has_change_permission(request)
        or page.has_delete_permission(request)
    )


def _in_forms() -> Iterator[tuple[Any, str]]:
    """Tables behind model forms of ours."""
    waiting: list[Any] = [forms.ModelForm]
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        meta = getattr(form, "_meta", None)
        if meta is not None and meta.model is not None and form.__module__.partition(".")[0] in APPS:
            yield meta.model, f"by {form.__module__}.{form.__qualname__}"
