"""The editor: a page for each part of a draft and for each large row in it, without a word of YAML."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.documents import section_places, sections
from governance.documents.section_places import NEW, Place
from governance.forms.documents import EditForm
from governance.forms.editor import AGAIN, DRAFT, SAVE
from governance.models import ChangeRequest
from governance.reads import changes as change_reads
from governance.reads import drafts, preview
from governance.reads import sections as reads
from governance.services import drafts as service
from governance.services import versions
from governance.views.edit_page import Page
from governance.views.refusing import says_why
from portal import access, moments
from portal.errors import DomainError


@require_safe
@login_required
@says_why
def edit(request: HttpRequest, reference: str) -> HttpResponse:
    """The first part of the draft that holds rows; with ``?part=preview`` all of it as readers will see it."""
    change = _change(request, reference)
    if not drafts.is_open(change):
        return _over(request, change)
    if request.GET.get("part") == "preview":
        content = drafts.of(change.document, change).content
        context = {"change": change, "document": change.document, "parts": preview.parts(change.document, content)}
        return render(request, "governance/changes/edit_preview.html", context)
    found = reads.of(change.document)
    first = next((item for item in found if item.key != sections.BASICS and not item.elsewhere), found[0])
    is_begun = change.document.effective_version_id is not None
    return redirect(reads.address(change, first.key if is_begun else found[0].key))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@says_why
def section(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """One part, or with ``?row=`` one row in it; POST keeps it, or adds, moves and removes rows."""
    change = _change(request, reference)
    if not drafts.is_open(change):
        return _over(request, change)
    place = _place(request, change, key)
    if place.section.elsewhere:
        return redirect(next(tab.url for tab in reads.tabs(change, (), {}, {}) if tab.key == key))
    page = Page(change, place, request.POST if request.method == "POST" else None, at=moments.of(request))
    if request.method == "POST":
        return _sent(request, page)
    if place.is_row and not place.is_new and not page.form.is_there:
        messages.info(request, _("This entry is not there any more."))
        return redirect(reads.address(change, key, place.around))
    return _answer(request, page)


def _sent(request: HttpRequest, page: Page) -> HttpResponse:
    form = page.form
    if form.order == DRAFT:
        return _keep(request, page)
    new = form.opens()
    if form.order in (SAVE, AGAIN) or new:
        return _save(request, page, new)
    page.focus = form.arrange(reads.kept(page.change.document))
    return _answer(request, page)


def _save(request: HttpRequest, page: Page, new: str = "") -> HttpResponse:
    """Save the page and go on to the address `new`; what is refused is asked again with everything that was typed."""
    form = page.form
    if form.problems:
        page.refusal = _("Nothing was saved yet. Look at the marked fields first.")
        return _answer(request, page, 422)
    try:
        kept = _put(request, page)
    except versions.NothingChanged:
        if not new:
            messages.success(request, _("Everything is saved."))  # by the autosave, or there was nothing to save
        return redirect(reads.address(page.change, page.place.section.key, new or page.place.address))
    except access.Refused:
        raise
    except DomainError as error:
        page.refuse(error)
        return _answer(request, page, 422)
    if form.order == AGAIN:
        new = "/".join(filter(None, [kept.address.rpartition("/")[0], NEW]))
    if not new:
        messages.success(request, _("Saved in the draft. Nothing is in force yet."))
    return redirect(reads.address(page.change, page.place.section.key, new or kept.address))


def _keep(request: HttpRequest, page: Page) -> HttpResponse:
    """Keep in passing what was typed, removals left out; the page says what became of it."""
    form = page.form
    form.read(keep_gone=True)
    if form.problems:
        page.note = _("Not saved yet: look at the marked fields.")
    elif not form.is_blank:
        try:
            kept = _put(request, page)
        except versions.NothingChanged:
            page.note = _("Everything is saved.")
        except access.Refused:
            raise
        except DomainError as error:
            page.note = str(error)
        else:
            page = page.after(kept)
            page.note = _("Saved in the draft.")
    page.form.read()
    return _answer(request, page)


def _put(request: HttpRequest, page: Page) -> service.Kept:
    form = page.form
    by: Any = request.user
    return service.put(
        change=page.change, place=page.place, parts=form.parts, seen=form.seen, by=by, at=moments.of(request)
    )


def _answer(request: HttpRequest, page: Page, status: int = 200) -> HttpResponse:
    return render(request, "governance/changes/edit.html", page.context(), status=status)


@require_safe
@login_required
@says_why
def export(request: HttpRequest, reference: str) -> HttpResponse:
    """The draft as YAML."""
    change = _change(request, reference)
    name = f"{change.document.kind}-{change.document.key}-{change.reference}.yaml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    text = versions.export_yaml(change.version)
    return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@says_why
def bring(request: HttpRequest, reference: str) -> HttpResponse:
    """The text of the draft, to be changed or replaced by a file."""
    change = _change(request, reference)
    if not drafts.is_open(change):
        return _over(request, change)
    shown = {"text": versions.export_yaml(change.version), "seen": change.version.digest}
    form = EditForm(request.POST if request.method == "POST" else None, request.FILES or None, initial=shown)
    context: dict[str, Any] = {"change": change, "document": change.document}
    if request.method == "POST" and form.is_valid():
        given = {"text": form.cleaned_data["source"], "seen": form.cleaned_data["seen"]}
        by: Any = request.user
        try:
            service.replace(change=change, **given, by=by, at=moments.of(request))
        except access.Refused:
            raise
        except DomainError as error:
            if isinstance(error, versions.Stale):
                form = form.again(error.digest)
                context["stale"] = change_reads.redline(error.theirs, error.mine)
            context |= {"refusal": str(error), "findings": getattr(error, "findings", ())}
        else:
            messages.success(request, _("The draft says what the text says. Nothing is in force yet."))
            return redirect(reads.address(change))
    status = 422 if request.method == "POST" else 200
    return render(request, "governance/changes/edit_text.html", {**context, "form": form}, status=status)


def _change(request: HttpRequest, reference: str) -> ChangeRequest:
    """The change, for whoever may draft its document. Raises Http404, access.Refused."""
    rows = ChangeRequest.objects.select_related("document__effective_version", "version__based_on", "requested_by")
    change = get_object_or_404(rows, reference=reference)
    change.version.document = change.document
    may = access.can(request.user, "draft", change.document)
    if not may:
        raise access.Refused(may.reason)
    return change


def _over(request: HttpRequest, change: ChangeRequest) -> HttpResponse:
    words = {"reference": change.reference, "state": change.get_state_display()}
    messages.info(request, _("%(reference)s is %(state)s: its text cannot be changed now.") % words)
    return redirect(change)


def _place(request: HttpRequest, change: ChangeRequest, key: str) -> Place:
    section = next((item for item in reads.of(change.document) if item.key == key), None)
    data = request.POST if request.method == "POST" and "row" in request.POST else request.GET
    place = section_places.place(section, str(data.get("row", ""))) if section is not None else None
    if place is None:
        raise Http404
    return place
