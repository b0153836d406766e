"""`/actions/`: the board of what is planned, and one action with whether it helps."""

from collections.abc import Callable
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.forms import action_items as forms
from incidents.models import ActionItem, Finding
from incidents.reads import action_items as reads
from incidents.services import actions, effects
from incidents.services.reviews import NotReviewed
from incidents.views.incident import visible as incident_of
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.models import User
from portal.views import errors

VIEWS = {
    "board": gettext_lazy("Open"),
    "mine": gettext_lazy("Yours"),
    "done": gettext_lazy("Done"),
    "dropped": gettext_lazy("Dropped"),
}
SIZES = {3: gettext_lazy("much"), 2: gettext_lazy("some"), 1: gettext_lazy("little")}
DONE = {
    "new": gettext_lazy("It is planned."),
    "change": gettext_lazy("It is changed."),
    "done": gettext_lazy("It is done. Later we look whether it helps."),
    "drop": gettext_lazy("It is dropped."),
    "check": gettext_lazy("What you have seen is saved."),
}
ID = "%s_%%s"
"""Several forms stand on one page: each has ids of its own."""


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    view = request.GET.get("show", "board")
    view = view if view in reads.VIEWS else "board"
    page = reads.page(user, view, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    newer, older = (part + f"&show={view}" if part else "" for part in (page.newer, page.older))
    words = {"page": page, "newer": newer, "older": older, "view": view, "views": VIEWS.items(), "sizes": SIZES}
    return render(request, "incidents/action_items/index.html", words)


def visible(request: HttpRequest, reference: str) -> ActionItem:
    """The action, or 404 when the reader may not know that it exists."""
    try:
        return reads.get(request.user, reference)  # type: ignore[arg-type]
    except ActionItem.DoesNotExist:
        raise Http404 from None


@require_safe
@login_required
@never_cache
def action(request: HttpRequest, reference: str) -> HttpResponse:
    return render(request, "incidents/action_items/page.html", shown(request, visible(request, reference)))


def shown(request: HttpRequest, item: ActionItem, bound: dict[str, Any] | None = None) -> dict[str, Any]:
    """All that the page says; `bound` are forms that were refused, by name."""
    may = bool(can(request.user, "review", item.incident))
    fresh: dict[str, Any] = {}
    if may and item.state == ActionItem.State.OPEN:
        fresh = {
            "done": forms.DoneForm(auto_id=ID % "done"),
            "change": forms.PlanForm(item=item, auto_id=ID % "change"),
            "drop": forms.DropForm(auto_id=ID % "drop"),
        }
    elif may and item.state == ActionItem.State.DONE:
        fresh = {"check": forms.CheckForm(auto_id=ID % "check")}
    return {
        "item": item,
        "incident": item.incident,
        "standing": reads.standing(item, request.user),
        "may": may,
        "forms": fresh | (bound or {}),
        "sizes": SIZES,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest, reference: str) -> HttpResponse:
    """An action that follows an incident; `finding` names what it answers."""
    incident = incident_of(request, reference)
    answer = can(request.user, "review", incident)
    if not answer:
        return errors.refused(request, answer.reason)
    number = request.GET.get("finding", "")
    findings = Finding.objects.filter(postmortem__incident=incident).select_related("postmortem")
    finding = findings.filter(number=number).first() if number.isascii() and number.isdecimal() else None
    form = forms.PlanForm(
        request.POST if request.method == "POST" else None, initial={"title": finding.text if finding else ""}
    )
    if form.is_valid():
        try:
            made = actions.plan(
                incident=incident,
                plan=form.plan,
                by=request.user,  # type: ignore[arg-type]
                at=moments.of(request),
                finding=finding,
            )
            messages.success(request, str(DONE["new"]))
            return redirect(made)
        except DomainError as error:
            refuse(form, error)
    words = {"incident": incident, "form": form, "finding": finding}
    return render(request, "incidents/action_items/new.html", words, status=422 if form.is_bound else 200)


def refuse(form: django_forms.Form, error: DomainError) -> None:
    """What `error` says stands with the fields that it names."""
    fields = error.fields if isinstance(error, NotReviewed) and error.fields else {"": str(error)}
    for field, sentence in fields.items():
        name = {"due_at": "due_on", "ending": "what" if "what" in form.fields else "why"}.get(field, field)
        form.add_error(name if name in form.fields else None, sentence)


@require_POST
@login_required
def act(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """One move; what is refused stands in its form again, with what was typed."""
    item = visible(request, reference)
    if action not in MOVES:
        raise Http404
    answer = can(request.user, "review", item.incident)
    if not answer:
        return errors.refused(request, answer.reason)
    kind, move = MOVES[action]
    form = kind(request.POST, auto_id=ID % action)
    if form.is_valid():
        try:
            move(item, form, request.user, moments.of(request))
            messages.success(request, str(DONE[action]))
            return redirect(item)
        except DomainError as error:
            refuse(form, error)
    return render(request, "incidents/action_items/page.html", shown(request, item, {action: form}), status=422)


Move = Callable[[ActionItem, Any, Any, Any], object]
MOVES: dict[str, tuple[type[django_forms.Form], Move]] = {
    "change": (forms.PlanForm, lambda item, form, by, at: actions.change(item=item, plan=form.plan, by=by, at=at)),
    "done": (forms.DoneForm, lambda item, form, by, at: actions.done(item=item, by=by, at=at, **form.cleaned_data)),
    "drop": (forms.DropForm, lambda item, form, by, at: actions.drop(item=item, by=by, at=at, **form.cleaned_data)),
    "check": (forms.CheckForm, lambda item, form, by, at: effects.check(item=item, by=by, at=at, **form.cleaned_data)),
}
