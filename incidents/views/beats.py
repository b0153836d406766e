"""`/beats/`: which signs of life are expected, whether they come, and setting them up (P4)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from governance.models import Workflow
from incidents.forms import beats as forms
from incidents.forms.asking import ReasonForm
from incidents.models import Beat
from incidents.reads import beats as reads
from incidents.services import beats
from portal import access, moments
from portal.errors import DomainError
from portal.views import errors

SECRET = "0" * 40  # stands for one in a path


def address(secret: str) -> str:
    """Where the beat of `secret` is posted."""
    return settings.SITE_URL + reverse("incidents:beat", args=[SECRET]).replace(SECRET, secret)


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    answer = access.can(user, "view", Beat)
    if not answer:
        return errors.refused(request, answer.reason)
    page = reads.page(user, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    words = {"page": page, "may_add": bool(access.can(user, "add", Beat))}
    return render(request, "incidents/beats/index.html", words)


@require_safe
@login_required
def beat(request: HttpRequest, key: str) -> HttpResponse:
    return _page(request, _visible(request, key))


def _visible(request: HttpRequest, key: str) -> Beat:
    try:
        return reads.get(request.user, key)  # type: ignore[arg-type]
    except Beat.DoesNotExist:
        raise Http404 from None


def _page(request: HttpRequest, found: Beat, secret: str = "") -> HttpResponse:
    words = {
        "row": reads.shown(request.user, found),  # type: ignore[arg-type]
        "beat": found,
        "address": address(secret or "…"),
        "secret": secret,
        "may_change": bool(access.can(request.user, "change", found)),
    }
    return render(request, "incidents/beats/beat.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """A new beat; the secret of its address is shown in the answer and never again."""
    user: Any = request.user
    answer = access.can(user, "add", Beat)
    if not answer:
        return errors.refused(request, answer.reason)
    workflows = Workflow.objects.in_use().order_by("name", "key")
    form = forms.New(request.POST if request.method == "POST" else None, workflows=workflows)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = beats.set_up(**form.cleaned_data, by=user, at=moments.of(request))
        except DomainError as error:
            form.add_error(getattr(error, "field", None), str(error))
        else:
            return _page(request, made, secret)
    return render(request, "incidents/beats/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def act(request: HttpRequest, key: str, action: str) -> HttpResponse:
    """Pause, resume or renew the secret of a beat, with a reason."""
    user: Any = request.user
    found = _visible(request, key)
    titles = {"pause": _("Pause"), "resume": _("Resume"), "secret": _("New secret")}
    if action not in titles:
        raise Http404
    answer = access.can(user, "change", found)
    if not answer:
        return errors.refused(request, answer.reason)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _done(request, found, action, form.cleaned_data["reason"])
        except DomainError as error:
            form.add_error(None, str(error))
    words = {"beat": found, "form": form, "action": action, "title": titles[action]}
    return render(request, "incidents/beats/act.html", words, status=422 if form.is_bound else 200)


def _done(request: HttpRequest, found: Beat, action: str, reason: str) -> HttpResponse:
    given: dict[str, Any] = {"beat": found, "by": request.user, "reason": reason, "at": moments.of(request)}
    if action == "secret":
        return _page(request, found, beats.rotate(**given))
    if action == "pause":
        beats.pause(**given)
        messages.success(request, _("Paused. Nobody waits for it."))
    else:
        beats.resume(**given)
        messages.success(request, _("Resumed. It is waited for from the next beat on."))
    return redirect("incidents:beat-page", found.key)
