"""Pages of changes: the inbox, and one page for everything about one change with what its author does there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from governance.forms.changes import BreakGlass, Why
from governance.models import ChangeRequest
from governance.models.changes import ChangeState
from governance.reads import approval, choosing, inbox
from governance.services import changes, emergencies, publishing, restoring
from governance.views import confirming
from governance.views.change_page import Page
from portal import access, moments
from portal.errors import DomainError
from portal.views import errors


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """What waits for the reader, the changes of everybody, and what was decided last."""
    user: Any = request.user
    asked, at = inbox.filters(request.GET), moments.of(request)
    ends = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = inbox.page(user, asked, at=at, **ends)
    is_first = asked == inbox.Filters() and not any(ends.values())
    context = {
        "asked": asked,
        "page": page,
        "shown": ngettext("%d change", "%d changes", len(page.rows)) % len(page.rows),
        **_waiting(request, asked, at, is_shown=not any(ends.values())),
        "recent": inbox.recent() if is_first else [],
        "kinds": inbox.kinds(),
        "may_begin": bool(choosing.kinds(user)),
        "views": _views(asked),
    }
    return render(request, "governance/changes/index.html", context)


def _waiting(request: HttpRequest, asked: inbox.Filters, at: datetime, *, is_shown: bool) -> dict[str, Any]:
    """What waits for the reader: the first ones, or all that were asked for."""
    user: Any = request.user
    every = inbox.waiting(user, at=at) if is_shown else []
    shown = every if request.GET.get("waiting") == "all" else every[: inbox.CARDS]
    rest = asked.address()
    return {
        "waiting": shown,
        "waiting_count": len(every),
        "waiting_more": len(every) - len(shown),
        "waiting_url": f"{rest}{'&' if len(rest) > 1 else ''}waiting=all",
        "is_inbox": is_shown,
    }


def _views(asked: inbox.Filters) -> list[dict[str, Any]]:
    words = {
        "open": _("Open"),
        "draft": _("Drafts"),
        "review": _("In review"),
        "approved": _("Approved"),
        "decided": _("Decided"),
    }
    return [
        {"word": word, "url": asked.address(state=state), "current": asked.state == state}
        for state, word in words.items()
    ]


@require_safe
@login_required
def change(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything about one change, a part of it at a time."""
    user: Any = request.user
    access.remember(user)
    return answer(request, page_of(request, reference), 200)


def page_of(request: HttpRequest, reference: str) -> Page:
    """The page of a change for whoever asks. Raises Http404."""
    user: Any = request.user
    found = get_object_or_404(approval.select(ChangeRequest.objects.all()), reference=reference)
    part, on, view = (str(request.GET.get(name, "")) for name in ("part", "on", "view"))
    return Page(found, user, at=moments.of(request), part=part, on=on, view=view)


def answer(request: HttpRequest, page: Page, status: int = 422) -> HttpResponse:
    return render(request, "governance/changes/page.html", page.context(), status=status)


SAID_AT = {changes.ReasonMissing: "reason", changes.EndsTooEarly: "falls_back_at", changes.Unanswered: None}
"""Where in the description stands what is refused; None: above all its questions."""


def refused(request: HttpRequest, page: Page, error: DomainError) -> HttpResponse:
    """The page again with the sentence why nothing was done, as the change stands now."""
    if isinstance(error, access.Refused):
        return errors.refused(request, str(error))
    messages.error(request, str(error))
    return answer(request, page_again(request, page))


def page_again(request: HttpRequest, page: Page) -> Page:
    """The page of the change as it is now, with the forms that were refused."""
    new = page_of(request, page.change.reference)
    new.forms, new.part, new.on, new.reply_to = page.forms, page.part, page.on, page.reply_to
    return new


# What its author does


@require_POST
@login_required
def describe(request: HttpRequest, reference: str) -> HttpResponse:
    """Keep what was said about a draft: in passing (then a note and what the policy says now), or by the button."""
    page = page_of(request, reference)
    form = page.forms["describe"] = page.new_describe(request.POST)
    is_passing = bool(getattr(request, "htmx", False))
    if not form.is_valid():
        note = _("Not saved yet: look at the marked fields.")
        return _note(request, page, note) if is_passing else answer(request, page)
    try:
        _describe(request, page)
    except DomainError as error:
        if is_passing:
            return _note(request, page, str(error))
        return _refused_at_field(request, page, error)
    if is_passing:
        return _note(request, page_of(request, reference), _("Saved."))
    messages.success(request, _("Saved. Nobody is asked before you send it for review."))
    return redirect(page.change)


def _describe(request: HttpRequest, page: Page) -> ChangeRequest:
    by: Any = request.user
    return changes.describe(change=page.change, by=by, at=page.at, said=page.forms["describe"].said)


def _refused_at_field(request: HttpRequest, page: Page, error: DomainError) -> HttpResponse:
    """The page again; where what was said about the change is to blame, the sentence stands there."""
    if type(error) not in SAID_AT:
        return refused(request, page, error)
    page.forms["describe"].add_error(SAID_AT[type(error)], str(error))
    return answer(request, page)


def _note(request: HttpRequest, page: Page, note: str) -> HttpResponse:
    context = page.context() | {"note": note}
    return render(request, "governance/changes/_foretold.html", context)


@require_POST
@login_required
def submit(request: HttpRequest, reference: str) -> HttpResponse:
    """Keep what was said and send the draft for review; a standard change is in force at once."""
    page = page_of(request, reference)
    form = page.forms["describe"] = page.new_describe(request.POST)
    if not form.is_valid():
        return answer(request, page)
    by: Any = request.user
    try:
        _describe(request, page)
        for_review = form.cleaned_data["for_review"]
        done = changes.submit(change=page.change, by=by, at=page.at, for_review=for_review)
    except DomainError as error:
        return _refused_at_field(request, page, error)
    messages.success(request, _sent(done))
    return redirect(done)


def _sent(done: ChangeRequest) -> str:
    words = {"reference": done.reference}
    if done.state == ChangeState.PUBLISHED:
        return _("%(reference)s is in force: the policy approves such changes in advance.") % words
    if done.state in (ChangeState.APPROVED, ChangeState.SCHEDULED):
        return _("%(reference)s is approved in advance and takes effect in time.") % words
    return _("%(reference)s is in review. You hear of every verdict.") % words


def _plainly(request: HttpRequest, reference: str, act: Callable[[Page, Any], Any], word: Any) -> HttpResponse:
    """Do something that needs no words; what refuses it stands on the page."""
    page, by = page_of(request, reference), request.user
    try:
        done = act(page, by)
    except DomainError as error:
        return refused(request, page, error)
    messages.success(request, word(done) if callable(word) else word)
    return redirect(page.change)


@require_POST
@login_required
def recall(request: HttpRequest, reference: str) -> HttpResponse:
    """Call a change back to work on its text."""
    word = _("It is a draft again. Change it, then send it for review anew.")
    return _plainly(request, reference, lambda page, by: changes.recall(change=page.change, by=by, at=page.at), word)


@require_POST
@login_required
def publish(request: HttpRequest, reference: str) -> HttpResponse:
    """Put an approved change into force now."""
    word = _("It is in force. Running incidents keep the version that they began with.")
    return _plainly(
        request, reference, lambda page, by: publishing.publish(change=page.change, by=by, at=page.at), word
    )


@require_POST
@login_required
def rebase(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a change over onto what came into force meanwhile."""

    def word(done: tuple[ChangeRequest, tuple[str, ...]]) -> str:
        if not done[1]:
            return _("It is a draft on top of the newer version now. Look at it, then send it for review.")
        said = ngettext(
            "It is a draft on top of the newer version now. In %(count)s place your words stand; look at it first.",
            "It is a draft on top of the newer version now. In %(count)s places your words stand; look at them first.",
            len(done[1]),
        )
        return said % {"count": len(done[1])}

    return _plainly(request, reference, lambda page, by: restoring.rebase(change=page.change, by=by, at=page.at), word)


@require_POST
@login_required
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Give a change up, with the reason."""
    page = page_of(request, reference)
    form = page.forms["why"] = Why(request.POST, auto_id="why_%s")
    if not form.is_valid():
        return answer(request, page)
    by: Any = request.user
    try:
        changes.withdraw(change=page.change, why=form.cleaned_data["why"], by=by, at=page.at)
    except DomainError as error:
        return refused(request, page, error)
    messages.success(request, _("Withdrawn. What is in force stays as it is."))
    return redirect(page.change)


@require_POST
@login_required
def break_glass(request: HttpRequest, reference: str) -> HttpResponse:
    """Put a draft into force now for an open incident; it is judged afterwards."""
    page = page_of(request, reference)
    if not page.grounds:
        return refused(request, page, emergencies.NoGround(_("There is no open incident that this could be for.")))
    form = page.forms["glass"] = BreakGlass(request.POST, grounds=page.grounds, auto_id="glass_%s")
    if not form.is_valid():
        return answer(request, page)
    is_confirmed = confirming.confirmed(request, form)
    if form.errors:
        return answer(request, page)
    by: Any = request.user
    ground = UUID(form.cleaned_data["ground"])
    try:
        emergencies.break_glass(change=page.change, ground=ground, by=by, at=page.at, is_confirmed=is_confirmed)
    except emergencies.NotConfirmed as error:
        form.add_error(confirming.FIELD, str(error))
        return answer(request, page)
    except DomainError as error:
        return refused(request, page, error)
    messages.success(request, _("It is in force. Whoever judges it afterwards has been told."))
    return redirect(page.change)
