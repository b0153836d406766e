"""Documents, their versions and changes: imported, read, compared and published here, never edited raw."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.admin import grid, sections
from governance.admin.pages import DocumentPages, actor, attempt, findings_of, to_version
from governance.admin.sheets import SheetPages
from governance.documents.facts import Finding
from governance.forms.documents import CompareForm, EditForm, ImportForm, PublishForm
from governance.models import ChangeRequest, Document, Review, Version
from governance.models.changes import ChangeState
from governance.reads import changes as reads
from governance.reads import drafts, history, references, sight, told_otherwise
from governance.reads import sections as part_reads
from governance.services import changes, ownership, sheets, versions
from portal import access
from portal.admin.base import ReadOnlyAdmin
from portal.errors import DomainError

SHOWN_VERSIONS = 100


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
            *grid.urls(view),
            *sections.urls(view),
            path("import/", view(self.import_view), name="governance_document_import"),
            path("<path:object_id>/draft/", view(self.draft_view), name="governance_document_draft"),
            path("<path:object_id>/compare/", view(self.compare_view), name="governance_document_compare"),
            path("<path:object_id>/everything/", view(self.everything_view), name="governance_document_everything"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may = bool(access.can(request.user, "draft", Document))
        return super().changelist_view(request, {"may_draft": may, **(extra_context or {})})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The document with its versions, what it names and where it is used."""
        document = self.fetch(request, object_id)
        if document is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        rows = document.versions.defer("content").select_related("created_by").order_by("-number")
        found = list(rows[:SHOWN_VERSIONS])
        shown = document.effective_version or (found[0] if found else None)
        return self.page(
            request,
            "document",
            document.title,
            document=document,
            versions=found,
            shown=shown,
            scope=references.said_of_scope(document),
            refers_to=references.refers_to(shown),
            used_in=references.used_in(document, request.user),
            governed=references.governed(document),
            compare=CompareForm(versions=found) if len(found) > 1 else None,
            may_draft=access.can(request.user, "draft", document),
        )

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Any two versions, one turned into the other."""
        document = self.fetch(request, object_id)
        if document is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        known = list(document.versions.defer("content").select_related("created_by").order_by("-number"))
        form = CompareForm(request.GET if "old" in request.GET else None, versions=known)
        context: dict[str, Any] = {"document": document, "form": form}
        if form.is_valid():
            old, new = (document.versions.get(number=form.cleaned_data[name]) for name in ("old", "new"))
            context |= {"old": old, "new": new, "redline": reads.redline(reads.content(old), reads.content(new))}
        return self.page(request, "compare", _("Compare versions"), **context)

    def everything_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everything that happened to the document, one entry for each action."""
        document = self.fetch(request, object_id)
        if document is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        before = request.GET.get("before", "")
        key = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        page = history.page(document, before=key)
        return self.page(request, "everything", _("Full history"), document=document, page=page, is_first=key is None)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """A page to paste or upload YAML; it lands as a draft."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        first = {"kind": request.GET.get("kind", ""), "key": request.GET.get("key", "")}
        form = ImportForm(request.POST or None, request.FILES or None, initial=first)
        if request.method == "POST" and form.is_valid():
            cleaned = form.cleaned_data
            if "look" in request.POST:
                context = self._looked(request, form)
                form = form.again() if context else form
                return self.page(
                    request, "import", _("Import a document"), form=form, findings=findings_of(form), **context
                )
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

    def _looked(self, request: HttpRequest, form: ImportForm) -> dict[str, Any]:
        """What the text would change, and what is to be said about it; nothing when it was refused."""
        given = {
            "kind": form.cleaned_data["kind"],
            "text": form.cleaned_data["source"],
            "key": form.cleaned_data["key"],
        }
        shown = attempt(form, lambda: sheets.preview_yaml(**given, by=actor(request), at=timezone.now()))
        return {"redline": reads.redline(shown.before, shown.read.data), "found": shown.findings} if shown else {}

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
class VersionAdmin(SheetPages):
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
            *self.sheet_urls(),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        return self._version_page(request, self.fetch(request, object_id), object_id, PublishForm())

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """POST sends the draft for review with the reason given; a standard change is in force at once."""
        version, form = self.fetch(request, object_id), PublishForm(request.POST or None)
        if version is not None and request.method == "POST" and form.is_valid():
            reason, by, at = form.cleaned_data["reason"], actor(request), timezone.now()
            given: dict[str, Any] = {"version": version, "reason": reason, "by": by, "at": at}
            done = attempt(form, lambda: changes.send(**given))
            if isinstance(getattr(form, "refusal", None), changes.Unanswered):
                done = changes.propose(**given)
                messages.warning(request, _("Answer the questions about the risk, then send it."))
            if done is not None and done.state == ChangeState.PUBLISHED:
                words = _("%(version)s is in force (%(change)s): a standard change.")
                messages.success(request, words % {"version": version, "change": done.reference})
                return to_version(version)
            if done is not None:
                return HttpResponseRedirect(done.get_absolute_url())
        return self._version_page(request, version, object_id, form)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The text of a draft, to be changed."""
        version = self.fetch(request, object_id)
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if version.frozen_at is not None:
            return to_version(version)
        shown = {"text": versions.export_yaml(version), "seen": version.digest} if request.method != "POST" else {}
        form = EditForm(request.POST or None, request.FILES or None, initial=shown)
        context: dict[str, Any] = {"version": version}
        if request.method == "POST" and form.is_valid():
            cleaned = form.cleaned_data
            save = {"text": cleaned["source"], "seen": cleaned["seen"], "by": actor(request), "at": timezone.now()}
            if attempt(form, lambda: versions.edit(version=version, **save)) is not None:
                messages.success(request, _("The draft is saved. Nothing is in force yet."))
                return to_version(version)
            refusal = getattr(form, "refusal", None)
            if isinstance(refusal, versions.Stale):
                form = form.again(refusal.digest)
                context |= {"redline": reads.redline(refusal.theirs, refusal.mine), "stale": str(refusal)}
        title = _("Edit %(version)s") % {"version": version}
        return self.page(request, "edit", title, form=form, findings=findings_of(form), **context)

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
        may_draft = access.can(request.user, "draft", version.document)
        context: dict[str, Any] = {"version": version, "document": version.document, "form": form}
        context["may_draft"] = may_draft
        if version.frozen_at is None:
            found = reads.findings(version, at=timezone.now())
            preview = ownership.preview(version)
            context |= {
                "findings": found,
                "blocking": sum(finding.blocking for finding in found),
                "preview": preview,
                "views": sight.said(preview.added, preview.removed),
                **(_where_edited(version, found) if may_draft else {}),
                **told_otherwise.shown(version, at=timezone.now()),
                "is_stale": version.based_on_id != version.document.effective_version_id,
            }
        else:
            context["requests"] = version.change_requests.prefetch_related("reviews__by").select_related("requested_by")
        before = version.based_on if version.frozen_at else version.document.effective_version
        context["redline"] = reads.redline(reads.content(before), reads.content(version))
        context["text"] = versions.export_yaml(version)
        return self.page(request, "version", str(version), **context)


def _where_edited(version: Version, found: list[Finding]) -> dict[str, str]:
    """Where the draft is edited: in forms (or "", when nobody has asked for it yet), and where a finding is mended."""
    text = reverse("admin:governance_version_edit", args=[version.pk])
    change = next((item for item in version.change_requests.select_related("document") if drafts.is_open(item)), None)
    if change is None:
        return {"forms": "", "mend": text}
    forms = part_reads.address(change)
    pages = [url for item in found if item.blocking and (url := part_reads.mend(change, item.path))]
    return {"forms": forms, "mend": pages[0] if pages else forms}


@admin.register(ChangeRequest)
class ChangeRequestAdmin(DocumentPages):
    list_display = ["reference", "document", "version", "model", "state", "requested_by", "published_at"]
    list_filter = ["state", "model", "document__kind"]
    list_select_related = ["document", "version__document", "requested_by"]
    search_fields = ["reference", "document__title", "reason"]
    ordering = ["-requested_at"]


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ["change_request", "verdict", "by", "at", "rationale", "on_behalf_of", "digest"]
    list_filter = ["verdict", "is_retrospective"]
    list_select_related = ["change_request", "by"]
    search_fields = ["change_request__reference", "digest"]
    ordering = ["-at"]
