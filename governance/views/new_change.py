"""Where a change begins: at a document that there is, at a new one, or at a text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from governance.forms.new_change import BringForm, StartForm
from governance.models import ChangeRequest, Document
from governance.models.versions import Kind
from governance.reads import choosing
from governance.reads import sections as section_reads
from governance.services import changes
from governance.services import drafts as service
from governance.views.refusing import says_why
from portal import access, limits, moments
from portal.errors import DomainError

BEGIN, START, BRING = "begin", "start", "bring"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@says_why
def new(request: HttpRequest) -> HttpResponse:
    """Choose what to change; POST begins the draft and opens it in the editor."""
    by: Any = request.user
    allowed = choosing.kinds(by)
    if request.method == "POST" and not allowed:
        raise access.Refused(_("Your role does not include proposing changes. A governance admin can do it for you."))
    order = request.POST.get("do", "") if request.method == "POST" else ""
    if order == BEGIN:
        return _begin(request)
    first = {"kind": request.GET.get("kind", ""), "key": request.GET.get("key", ""), "scope": "default"}
    start = StartForm(request.POST if order == START else None, allowed=allowed, initial=first)
    sent = (request.POST, request.FILES) if order == BRING else (None, None)
    bring = BringForm(*sent, allowed=allowed, initial=first)
    refused: DomainError | None = None
    try:
        change = _made(request, order, start, bring)
    except access.Refused:
        raise
    except DomainError as error:
        refused, change = error, None
        (start if order == START else bring).add_error(None, str(error))
    if change is not None:
        return redirect(section_reads.address(change))
    context = {**_shown(request), "start": start, "bring": bring, "allowed": allowed, "order": order}
    context |= {"findings": getattr(refused, "findings", ()), "taken": getattr(refused, "document", None)}
    status = 422 if request.method == "POST" else 200
    return render(request, "governance/changes/new.html", context, status=status)


def _made(request: HttpRequest, order: str, start: StartForm, bring: BringForm) -> ChangeRequest | None:
    """The draft that was asked for; None when nothing was, or when a form has to be asked again."""
    by: Any = request.user
    if order == START and start.is_valid():
        said = start.cleaned_data
        kind, value = said["scope"]
        given = {"kind": said["kind"], "title": said["title"], "scope_kind": kind, "scope_value": value}
        return service.start(**given, by=by, at=moments.of(request))
    if order == BRING and bring.is_valid():
        said = bring.cleaned_data
        given = {"kind": said["kind"], "key": said["key"], "text": said["source"]}
        return service.bring(**given, by=by, at=moments.of(request))
    return None


def _begin(request: HttpRequest) -> HttpResponse:
    document = get_object_or_404(Document, pk=_uuid(request.POST.get("document", "")))
    by: Any = request.user
    try:
        change = changes.begin(document=document, by=by, at=moments.of(request))
    except access.Refused:
        raise
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(section_reads.begins(document))
    return redirect(section_reads.address(change))


def _shown(request: HttpRequest) -> dict[str, Any]:
    """The documents on the page: the one that was asked for, or those that the search finds."""
    by: Any = request.user
    wanted = _uuid(request.GET.get("document", ""))
    kind = request.GET.get("kind", "")
    words = request.GET.get("q", "").strip()[: limits.NAME_LENGTH]
    found = choosing.documents(kind=kind, words=words)
    rows = found if wanted is None else choosing.documents().filter(pk=wanted)
    page = Paginator(rows, limits.PAGE_ROWS).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return {
        "choices": choosing.choices(page.object_list, by),
        "page": page,
        "query": query.urlencode(),
        "kinds": [(value, capfirst(str(word))) for value, word in Kind.choices],
        "kind": kind,
        "q": words,
        "is_one": wanted is not None,
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
