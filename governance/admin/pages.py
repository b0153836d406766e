"""What the admin pages of documents share: read-only, with the history in view and pages of their own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from governance.models import Version
from portal.admin.base import ReadOnlyAdmin
from portal.errors import DomainError


class DocumentPages(ReadOnlyAdmin, SimpleHistoryAdmin):
    """Read-only, with the history in view and pages of its own."""

    history_list_display = ["actor_label", "reason"]

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> Any:
        if request.method == "POST":
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, extra_context)

    def page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        everything = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"governance/admin/{template}.html", everything)

    def fetch(self, request: HttpRequest, object_id: str) -> Any:
        """The object, or a redirect to the list when there is none. Raises PermissionDenied."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.get_object(request, object_id)


def attempt(form: forms.Form, work: Callable[[], Any]) -> Any:
    """The result of a service, or None with its refusal on the form."""
    try:
        return work()
    except DomainError as error:
        form.add_error(None, str(error))
        form.refusal = error  # type: ignore[attr-defined]
        return None


def findings_of(form: forms.Form) -> Any:
    """What a refused import found, each with its line."""
    return getattr(getattr(form, "refusal", None), "findings", ())


def actor(request: HttpRequest) -> Any:
    return request.user


def to_version(version: Version) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:governance_version_change", args=[version.pk]))
