"""Documents that somebody has to look at again (D56)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.forms import checks as forms
from governance.models import Document, DocumentCheck
from governance.reads import checks as reads
from governance.services import checks
from portal import access, moments
from portal.errors import DomainError


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """All documents in force, those that wait for somebody first."""
    lines = reads.listed(request.user, at=moments.of(request))
    waiting = [line for line in lines if line.tone in ("bad", "warn")]
    return render(request, "governance/checks/index.html", {"waiting": waiting, "others": lines[len(waiting) :]})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One document: how it stands, and what came of a look at it."""
    document = _get(pk)
    if request.method == "POST":
        _require(request, document)
    form = forms.Check(
        request.POST if request.method == "POST" else None, initial={"seen": document.effective_version.digest}
    )
    if request.method == "POST" and form.is_valid():
        try:
            done = checks.check(document=document, by=request.user, at=moments.of(request), **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _said(done.check.outcome))
            return redirect(done.change) if done.change else redirect("governance:check", pk=pk)
    return _page(request, document, form, 422 if form.is_bound else 200)


@require_POST
@login_required
def every(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How often somebody looks at a document."""
    document, form = _get(pk), forms.Every(request.POST)
    _require(request, document)
    if form.is_valid():
        days = form.cleaned_data["days"]
        try:
            checks.keep(document=document, every_days=days, by=request.user, at=moments.of(request))
        except checks.NotCheckable as error:
            form.add_error("days", str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("governance:check", pk=pk)
    return _page(request, document, None, 422, form)


def _require(request: HttpRequest, document: Any) -> None:
    may = access.can(request.user, "add", DocumentCheck(document=document))
    if not may:
        raise PermissionDenied(may.reason)


def _said(outcome: str) -> str:
    return {
        "confirm": _("Saved: it still fits."),
        "change": _("Saved. Change it here, then send it for review."),
        "retire": _("Saved. Say what replaces it, then send it for review."),
    }[outcome]


def _get(pk: UUID) -> Any:
    rows = Document.objects.select_related("effective_version").filter(effective_version__isnull=False)
    return get_object_or_404(rows, pk=pk)


def _page(request: HttpRequest, document: Any, form: Any, status: int, days: Any = None) -> HttpResponse:
    words, tone = reads.state(document, on=reads.today(moments.of(request)))
    may = access.can(request.user, "add", DocumentCheck(document=document))
    context = {
        "document": document,
        "words": words,
        "tone": tone,
        "may": may,
        "form": form or forms.Check(initial={"seen": document.effective_version.digest}),
        "days": days or forms.Every(initial={"days": document.review_every_days}),
        "history": reads.history(document),
    }
    return render(request, "governance/checks/check.html", context, status=status)
