"""`/sources/`: where events come from, what became of each, and setting up what sends them."""

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

from incidents.forms import silences as silence_forms
from incidents.forms import sources as forms
from incidents.forms.asking import ReasonForm
from incidents.models import Source
from incidents.reads import sources as reads
from incidents.services import silences, source_settings
from portal import access, moments
from portal.errors import DomainError
from portal.views import errors

FIRST = 10  # refused calls that are shown at once


def visible(request: HttpRequest, key: str) -> Source:
    try:
        return reads.get(request.user, key)  # type: ignore[arg-type]
    except Source.DoesNotExist:
        raise Http404 from None


def address(source: Source) -> str:
    """Where its sender posts to."""
    if source.format == Source.Format.PAGERDUTY:
        return settings.SITE_URL + reverse("incidents:pagerduty")
    return settings.SITE_URL + reverse("incidents:intake", args=[source.key])


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    answer = access.can(user, "view", Source)
    if not answer:
        return errors.refused(request, answer.reason)
    page = reads.page(
        user, at=moments.of(request), after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    words = {"page": page, "may_add": bool(access.can(user, "add", Source))}
    return render(request, "incidents/sources/index.html", words)


@require_safe
@login_required
def source(request: HttpRequest, key: str) -> HttpResponse:
    return _page(request, visible(request, key))


def _page(request: HttpRequest, found: Source, secrets: Any = None) -> HttpResponse:
    user: Any = request.user
    at = moments.of(request)
    asked = {name: request.GET.get(name, "") for name in ("after", "before")}
    calls = reads.refusals(found)
    may_change = bool(access.can(user, "change", found))
    in_force = reads.silences_of(found, at=at)
    words = {
        "source": found,
        "address": address(found),
        "events": reads.events(user, found, **asked),
        "is_first": not any(asked.values()),
        "refused": calls[:FIRST],
        "more_refused": calls[FIRST:],
        "silences": [(row, bool(access.can(user, "lift", row))) for row in in_force],
        "may_silence": bool(access.can(user, "silence", found)),
        "may_change": may_change,
        "secrets": secrets,
    }
    return render(request, "incidents/sources/source.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def silence(request: HttpRequest, key: str) -> HttpResponse:
    """Nobody is told of its events from now on, until a time."""
    found = visible(request, key)
    answer = access.can(request.user, "silence", found)
    if not answer:
        return errors.refused(request, answer.reason)
    form = silence_forms.Silence(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        at = moments.of(request)
        try:
            silences.plan(
                source=found,
                starts_at=at,
                ends_at=form.ends_at(at),
                reason=form.cleaned_data["reason"],
                by=request.user,  # type: ignore[arg-type]
                at=at,
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Silent. Events are stored, and what is still open at the end is told then."))
            return redirect("incidents:source", found.key)
    status = 422 if form.is_bound else 200
    return render(request, "incidents/sources/silence.html", {"source": found, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """A new source; its secrets are shown in the answer and never again."""
    user: Any = request.user
    answer = access.can(user, "add", Source)
    if not answer:
        return errors.refused(request, answer.reason)
    form = forms.New(request.POST if request.method == "POST" else None, workflows=reads.workflows_to_choose())
    if request.method == "POST" and form.is_valid():
        try:
            made, secrets = source_settings.set_up(**form.cleaned_data, by=user, at=moments.of(request))
        except DomainError as error:
            form.add_error("key", str(error))
        else:
            return _page(request, made, secrets)
    return render(request, "incidents/sources/new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def secret(request: HttpRequest, key: str) -> HttpResponse:
    """New secrets instead of the old ones; shown in the answer and never again."""
    user: Any = request.user
    found = visible(request, key)
    answer = access.can(user, "change", found)
    if not answer:
        return errors.refused(request, answer.reason)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            secrets = source_settings.rotate(source=found, by=user, at=moments.of(request), **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return _page(request, found, secrets)
    words = {"source": found, "form": form}
    return render(request, "incidents/sources/secret.html", words, status=422 if form.is_bound else 200)
