"""Remarks beside the text of a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.forms.comments import Reply
from governance.models import Comment
from governance.services import comments
from governance.views import changes
from governance.views.change_page import Page
from portal.errors import DomainError


@require_POST
@login_required
def say(request: HttpRequest, reference: str) -> HttpResponse:
    """A remark at a place of the text, or about all of it."""
    page = changes.page_of(request, reference)
    page.part, page.on = _part(request), str(request.POST.get("path", ""))
    form = page.forms["remark"] = page.new_remark(request.POST)
    if not form.is_valid():
        return changes.answer(request, page)
    by: Any = request.user
    said = {name: form.cleaned_data[name] for name in ("text", "path")}
    blocking = form.cleaned_data.get("is_blocking", False)
    try:
        done = comments.say(change=page.change, **said, is_blocking=blocking, by=by, at=page.at)
    except DomainError as error:
        return changes.refused(request, page, error)
    messages.success(request, _("Said. %(name)s hears of it.") % {"name": page.change.requested_by.name})
    return _back(page, done)


@require_POST
@login_required
def answer(request: HttpRequest, reference: str, pk: UUID) -> HttpResponse:
    """An answer to a remark."""
    page, comment = _found(request, reference, pk)
    form = page.forms["reply"] = Reply(request.POST, auto_id="reply_%s")
    page.reply_to = pk
    if not form.is_valid():
        return changes.answer(request, page)
    text = form.cleaned_data["text"]
    word = _("Answered. %(name)s hears of it.") % {"name": comment.by.name}
    return _do(request, page, word, lambda by: comments.answer(comment=comment, text=text, by=by, at=page.at), comment)


@require_POST
@login_required
def settle(request: HttpRequest, reference: str, pk: UUID) -> HttpResponse:
    """Nothing is left to say about a remark."""
    page, comment = _found(request, reference, pk)
    act = lambda by: comments.settle(comment=comment, by=by, at=page.at)  # noqa: E731
    return _do(request, page, _("Settled."), act, comment)


def _found(request: HttpRequest, reference: str, pk: UUID) -> tuple[Page, Comment]:
    page = changes.page_of(request, reference)
    page.part = _part(request)
    rows = page.change.comments.filter(answers=None).select_related("by")
    return page, get_object_or_404(rows, pk=pk)


def _do(request: HttpRequest, page: Page, word: str, act: Callable[[Any], Any], comment: Comment) -> HttpResponse:
    try:
        act(request.user)
    except DomainError as error:
        return changes.refused(request, page, error)
    messages.success(request, word)
    return _back(page, comment)


def _part(request: HttpRequest) -> str:
    """The part of the page from which something was sent."""
    return "comments" if request.POST.get("part") == "comments" else "changes"


def _back(page: Page, comment: Comment) -> HttpResponse:
    query = f"?{urlencode({'part': page.part})}" if page.part != "changes" else ""
    return redirect(f"{page.change.get_absolute_url()}{query}#c-{comment.pk}")
