"""Verdicts on changes, before they take effect and, of emergencies, afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.models import ChangeRequest, Review
from governance.models.changes import ChangeState, Retrospective
from governance.services import emergencies, reviews
from governance.views import changes, confirming
from governance.views.change_page import Page
from portal.errors import DomainError


@require_POST
@login_required
def review(request: HttpRequest, reference: str) -> HttpResponse:
    """Write down a verdict; what is refused is asked again with everything that was said."""
    page = changes.page_of(request, reference)
    form = page.forms["vote"] = page.new_vote(request.POST)
    if not form.is_valid():
        return changes.answer(request, page)
    is_confirmed = form.cleaned_data["verdict"] == Review.Verdict.APPROVE and confirming.confirmed(request, form)
    if form.errors:
        return changes.answer(request, page)
    try:
        done = _give(request, page, is_confirmed)
    except reviews.TextChanged as error:
        return _read_again(request, page, error)
    except reviews.Incomplete as error:
        form.add_error(None, str(error))
        return changes.answer(request, page)
    except DomainError as error:
        del page.forms["vote"]
        return changes.refused(request, page, error)
    messages.success(request, _said(done))
    return redirect(done)


def _give(request: HttpRequest, page: Page, is_confirmed: bool) -> ChangeRequest:
    form, by = page.forms["vote"], request.user
    given: dict[str, Any] = {
        "change": page.change,
        "verdict": form.cleaned_data["verdict"],
        "rationale": form.cleaned_data["rationale"],
        "on_behalf_of": form.on_behalf_of,
        "band": form.cleaned_data["band"],
        "is_confirmed": is_confirmed,
        "by": by,
        "at": page.at,
    }
    if page.change.retrospective == Retrospective.WAITING:
        return emergencies.judge(**given)
    return reviews.review(seen=form.cleaned_data["seen"], **given)


def _read_again(request: HttpRequest, page: Page, error: DomainError) -> HttpResponse:
    """The text is another one by now: what is new since the one that was read, and the same words once more."""
    seen = page.forms["vote"].cleaned_data["seen"]
    new = changes.page_of(request, page.change.reference)
    data = request.POST.copy()
    data["seen"] = new.change.version.digest
    form = new.forms["vote"] = new.new_vote(data)
    form.is_valid()
    form.add_error(None, str(error))
    new.seen = seen
    return changes.answer(request, new)


def _said(done: ChangeRequest) -> str:
    words = {"reference": done.reference}
    if done.retrospective == Retrospective.REJECTED:
        return _("Kept. %(reference)s is not accepted: its way back was opened.") % words
    if done.retrospective == Retrospective.ACCEPTED:
        return _("Kept. %(reference)s is accepted.") % words
    if done.state == ChangeState.PUBLISHED and done.retrospective == Retrospective.NONE:
        return _("Kept. That was the last approval: %(reference)s is in force.") % words
    if done.state in (ChangeState.APPROVED, ChangeState.SCHEDULED):
        return _("Kept. %(reference)s is approved.") % words
    if done.state == ChangeState.REJECTED:
        return _("Kept. %(reference)s is rejected; whoever asked for it has been told.") % words
    if done.state == ChangeState.CONFLICTED:
        return _("Kept. %(reference)s has to be taken over onto a newer version first.") % words
    return _("Kept. Your verdict stays on record.")
