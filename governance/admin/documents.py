"""Documents, their versions and changes: imported, read, compared and published here, never edited raw."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin

from governance.forms.documents import ImportForm, PublishForm, TextForm
from governance.models import ChangeRequest, Document, Review, Version
from governance.reads import changes as reads
from governance.services import changes, ownership, versions
from portal import access
from portal.admin.base import ReadOnlyAdmin
from portal.errors import DomainError

SHOWN_CHANGES = 200


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


@admin.register(Document)
class DocumentAdmin(DocumentPages):
    list_display = ["title", "kind", "key", "scope_kind", "effective_version"]
    list_filter = ["kind", "scope_kind"]
    list_select_related = ["effective_version__document"]
    search_fields = ["title", "key"]
    ordering = ["kind", "key"]
    change_list_template = "governance/admin/documents.html"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name="governance_document_import"),
            path("<path:object_id>/draft/", view(self.draft_view), name="governance_document_draft"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may = bool(access.can(request.user, "draft", Document))
        return super().changelist_view(request, {"may_draft": may, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The document with its versions."""
        document = self.fetch(request, object_id)
        if document is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self.page(
            request,
            "document",
            document.title,
            document=document,
            versions=document.versions.select_related("created_by").order_by("-number")[:100],
            may_draft=access.can(request.user, "draft", document),
        )

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A page to paste or upload YAML; it lands as a draft."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        first = {"kind": request.GET.get("kind", ""), "key": request.GET.get("key", "")}
        form = ImportForm(request.POST or None, request.FILES or None, initial=first)
        if request.method == "POST" and form.is_valid():
            cleaned = form.cleaned_data
            drafted = attempt(
                form,
                lambda: versions.import_yaml(
                    kind=cleaned["kind"],
                    text=cleaned["source"],
                    key=cleaned["key"],
                    by=actor(request),
                    at=timezone.now(),
                ),
            )
            if drafted is not None:
                messages.success(request, _("The draft is here. Nothing is in force yet."))
                return to_version(drafted[1])
        return self.page(request, "import", _("Import a document"), form=form, findings=findings_of(form))

    def draft_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """POST begins a draft that says what is in force."""
        document = self.fetch(request, object_id)
        if document is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            try:
                draft = versions.draft_from_effective(document=document, by=actor(request), at=timezone.now())
            except DomainError as error:
                messages.error(request, str(error))
            else:
                return to_version(draft)
        return HttpResponseRedirect(reverse("admin:governance_document_change", args=[document.pk]))


@admin.register(Version)
class VersionAdmin(DocumentPages):
    list_display = ["document", "number", "created_by", "created_at", "frozen_at", "digest"]
    list_filter = ["document__kind", "frozen_at"]
    list_select_related = ["document", "created_by"]
    search_fields = ["document__title", "document__key", "digest"]
    ordering = ["-created_at"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/edit/", view(self.edit_view), name="governance_version_edit"),
            path("<path:object_id>/publish/", view(self.publish_view), name="governance_version_publish"),
            path("<path:object_id>/export/", view(self.export_view), name="governance_version_export"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        return self._version_page(request, self.fetch(request, object_id), object_id, PublishForm())

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """POST publishes the draft with the reason given."""
        version, form = self.fetch(request, object_id), PublishForm(request.POST or None)
        if version is not None and request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            done = attempt(
                form, lambda: changes.publish(version=version, reason=reason, by=actor(request), at=timezone.now())
            )
            if done is not None:
                words = _("%(version)s is in force (%(change)s), published without a second person.")
                messages.success(request, words % {"version": version, "change": done.reference})
                return to_version(version)
        return self._version_page(request, version, object_id, form)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The text of a draft, to be changed."""
        version = self.fetch(request, object_id)
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if version.frozen_at is not None:
            return to_version(version)
        shown = {} if request.method == "POST" else {"text": versions.export_yaml(version)}
        form = TextForm(request.POST or None, request.FILES or None, initial=shown)
        if request.method == "POST" and form.is_valid():
            source = form.cleaned_data["source"]
            edit = attempt(
                form, lambda: versions.edit(version=version, text=source, by=actor(request), at=timezone.now())
            )
            if edit is not None:
                messages.success(request, _("The draft is saved. Nothing is in force yet."))
                return to_version(version)
        title = _("Edit %(version)s") % {"version": version}
        return self.page(request, "edit", title, version=version, form=form, findings=findings_of(form))

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        version = self.fetch(request, object_id)
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        name = f"{version.document.kind}-{version.document.key}-v{version.number}.yaml"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(
            versions.export_yaml(version), content_type="application/yaml; charset=utf-8", headers=headers
        )

    def _version_page(self, request: HttpRequest, version: Any, object_id: str, form: forms.Form) -> HttpResponse:
        """What a version says; of a draft also what it lacks and what publishing would change."""
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context: dict[str, Any] = {"version": version, "document": version.document, "form": form}
        if version.frozen_at is None:
            found, difference = reads.findings(version, at=timezone.now()), reads.difference(version)
            context |= {
                "findings": found,
                "is_blocked": any(finding.blocking for finding in found),
                "changes": difference[:SHOWN_CHANGES],
                "more_changes": max(0, len(difference) - SHOWN_CHANGES),
                "preview": ownership.preview(version),
                "may_publish": access.can(request.user, "publish", version.document),
                "is_stale": version.based_on_id != version.document.effective_version_id,
            }
        else:
            context["requests"] = version.change_requests.prefetch_related("reviews__by").select_related("requested_by")
        context["text"] = versions.export_yaml(version)
        return self.page(request, "version", str(version), **context)


@admin.register(ChangeRequest)
class ChangeRequestAdmin(DocumentPages):
    list_display = ["reference", "document", "version", "model", "state", "requested_by", "published_at"]
    list_filter = ["state", "model", "document__kind"]
    list_select_related = ["document", "version__document", "requested_by"]
    search_fields = ["reference", "document__title", "reason"]
    ordering = ["-requested_at"]


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ["change_request", "verdict", "by", "at", "rule", "note", "digest"]
    list_filter = ["verdict", "rule"]
    list_select_related = ["change_request", "by"]
    search_fields = ["change_request__reference", "digest"]
    ordering = ["-at"]


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
