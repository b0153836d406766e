"""One controlled document of any kind: what is in force, what was, and what somebody may begin with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.forms.restoring import Emergency, Retire, RollBack
from governance.models import ChangeRequest, Document
from governance.reads import approval, document_page, sections, sentences
from governance.services import emergencies, restoring, versions
from governance.views.document_page import Page
from governance.views.refusing import says_why
from portal import access, moments
from portal.errors import DomainError


def _get(pk: UUID) -> Any:
    return get_object_or_404(Document.objects.select_related("effective_version", "successor"), pk=pk)


def _page(request: HttpRequest, pk: UUID) -> Page:
    user: Any = request.user
    access.remember(user)
    return Page(_get(pk), user, at=moments.of(request), asked=request.GET)


@require_safe
@login_required
def document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything about one document, a part of it at a time."""
    return _answer(request, _page(request, pk), 200)


def _answer(request: HttpRequest, page: Page, status: int = 422) -> HttpResponse:
    return render(request, "governance/documents/page.html", page.context(), status=status)


@require_safe
@login_required
def export(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A version that is or was in force, as YAML."""
    found, asked = _get(pk), request.GET.get("version", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 7 else None
    version = document_page.version_of(found, number)
    if version is None or (asked and number is None):
        raise Http404
    name = f"{found.kind}-{found.key}-v{version.number}.yaml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(versions.export_yaml(version), content_type="application/yaml; charset=utf-8", headers=headers)


@require_POST
@login_required
@says_why
def roll_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin the draft that brings an earlier version back."""
    page = _page(request, pk)
    access.require(request.user, "draft", page.document)
    form = page.forms["roll_back"] = RollBack(request.POST, versions=page.earlier, auto_id="back_%s")

    def begin(said: dict[str, Any]) -> ChangeRequest:
        to = next(version for version in page.earlier if version.number == said["to"])
        return restoring.roll_back(document=page.document, to=to, reason=said["reason"], by=page.user, at=page.at)

    return _begun(request, page, form, begin, _("It is a draft. Send it for review when you have looked at it."))


@require_POST
@login_required
@says_why
def retire(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin the draft after which the document is in force no more."""
    page = _page(request, pk)
    access.require(request.user, "draft", page.document)
    form = page.forms["retire"] = Retire(request.POST, successors=page.successors, auto_id="retire_%s")

    def begin(said: dict[str, Any]) -> ChangeRequest:
        return restoring.retire(document=page.document, **said, by=page.user, at=page.at)

    return _begun(request, page, form, begin, _("It stays in force until those agree whom the policy asks."))


def _begun(
    request: HttpRequest, page: Page, form: Any, begin: Callable[[dict[str, Any]], ChangeRequest], word: str
) -> HttpResponse:
    """The change that `begin` makes of what was said; else the page again, with the sentence why not."""
    if not form.is_valid():
        return _answer(request, page)
    try:
        change = begin(form.cleaned_data)
    except access.Refused:
        raise
    except DomainError as error:
        form.add_error(None, str(error))
        return _answer(request, page)
    messages.success(request, word)
    return redirect(change)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@says_why
def emergency(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say which open incident an emergency change is for, and begin its draft in the editor."""
    found, at, by = _get(pk), moments.of(request), _user(request)
    access.require(by, "draft", found)
    grounds = emergencies.grounds(found, by, at=at)
    open_ones = [ground for ground in grounds if not ground.refusal]
    form = Emergency(request.POST if request.method == "POST" else None, grounds=open_ones)
    if request.method == "POST" and form.is_valid():
        try:
            change = emergencies.begin(document=found, ground=form.cleaned_data["ground"], by=by, at=at)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect(sections.address(change))
    policy = approval.in_force()
    context = {
        "document": found,
        "form": form,
        "has_grounds": bool(open_ones),
        "refused": [ground for ground in grounds if ground.refusal],
        "barred": _barred(by, at),
        "hours": policy.content.retrospective_hours if policy else None,
        "judges": [sentences.said(need.title) for need in policy.content.retrospective] if policy else [],
    }
    return render(request, "governance/documents/emergency.html", context, status=422 if form.is_bound else 200)


def _user(request: HttpRequest) -> Any:
    return request.user


def _barred(by: Any, at: Any) -> str:
    """Why the person may begin none; empty: they may."""
    try:
        emergencies.refuse_barred(by, at)
    except emergencies.Barred as error:
        return str(error)
    return ""
