"""A version as CSV and XLSX: out as a file, in through a page that shows what would change."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.admin.pages import DocumentPages, actor, attempt, findings_of, to_version
from governance.forms.documents import ConfirmForm, RowsForm
from governance.models import Version
from governance.reads import changes as reads
from governance.services import sheets
from portal import access

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class SheetPages(DocumentPages):
    """The pages of a version for sheets."""

    def sheet_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/rows/", view(self.rows_view), name="governance_version_rows"),
            path("<path:object_id>/sheet/<slug:format>/", view(self.sheet_view), name="governance_version_sheet"),
        ]

    def sheet_view(self, request: HttpRequest, object_id: str, format: str) -> HttpResponse:
        """The rows of a matrix, or everything that another document says, as a file."""
        version = self.fetch(request, object_id)
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if format not in TYPES:
            raise Http404
        name = f"{version.document.kind}-{version.document.key}-v{version.number}.{format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
        return HttpResponse(sheets.export(version, format), content_type=TYPES[format], headers=headers)

    def rows_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A sheet in: first what it would change, then, when that is confirmed, a draft."""
        version = self.fetch(request, object_id)
        if version is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not (may := access.can(request.user, "draft", version.document)):
            raise PermissionDenied(may.reason)
        if request.method == "POST" and "seen" in request.POST:
            return self._confirmed(request, version)
        form = RowsForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            given = {"source": form.cleaned_data["file"], "by": actor(request), "at": timezone.now()}
            shown = attempt(form, lambda: sheets.preview(version=version, **given))
            context = self._shown(shown) if shown is not None else {}
        return self._rows_page(request, version, form, findings_of(form), context)

    def _confirmed(self, request: HttpRequest, version: Version) -> HttpResponse:
        form = ConfirmForm(request.POST)
        if form.is_valid():
            rows = form.cleaned_data["rows"]
            stored = {"seen": form.cleaned_data["seen"], "by": actor(request), "at": timezone.now()}
            made = attempt(form, lambda: sheets.draft(version=version, source=rows, **stored))
            if made is not None:
                messages.success(request, _("The draft is here. Nothing is in force yet."))
                return to_version(made)
            if isinstance(form.refusal, sheets.Moved):  # type: ignore[attr-defined]
                again = attempt(
                    form, lambda: sheets.preview(version=version, source=rows, by=stored["by"], at=stored["at"])
                )
                context = self._shown(again) if again is not None else {}
                return self._rows_page(request, version, form, findings_of(form), context)
        else:
            form.add_error(None, _("The rows got lost on the way. Choose the sheet again."))
        return self._rows_page(request, version, form, findings_of(form), {})

    def _shown(self, shown: sheets.Preview) -> dict[str, Any]:
        return {
            "redline": reads.redline(shown.before, shown.read.data),
            "confirm": ConfirmForm(initial={"rows": json.dumps(shown.rows), "seen": shown.seen}),
            "found": shown.findings,
        }

    def _rows_page(
        self, request: HttpRequest, version: Version, form: Any, findings: Any, context: dict[str, Any]
    ) -> HttpResponse:
        upload = form if isinstance(form, RowsForm) else RowsForm()
        errors = form.non_field_errors() if upload is not form else ()
        title = _("Import a sheet into %(document)s") % {"document": version.document}
        context |= {"version": version, "form": upload, "refusals": errors, "findings": findings}
        return self.page(request, "rows", title, **context)
