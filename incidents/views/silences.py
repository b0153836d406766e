"""`/silences/`: when nobody is told, now, planned and before; planning maintenance and lifting (P4)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.forms import silences as forms
from incidents.models import Silence
from incidents.reads import silences as reads
from incidents.services import silences
from portal import access, moments
from portal.errors import DomainError
from portal.views import errors


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    asked = {name: request.GET.get(name, "") for name in ("after", "before")}
    words = {
        "page": reads.page(user, at=moments.of(request), **asked),
        "may_plan": bool(access.can(user, "add", Silence)),
    }
    return render(request, "incidents/silences/index.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def plan(request: HttpRequest) -> HttpResponse:
    """A maintenance window of a workflow or a source."""
    user: Any = request.user
    answer = access.can(user, "add", Silence)
    if not answer:
        return errors.refused(request, answer.reason)
    workflows, sources = reads.choices(user)
    at = moments.of(request)
    soon = timezone.localtime(at).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    initial = {"what": request.GET.get("what", "")[:80], "starts_at": soon, "ends_at": soon + timedelta(hours=2)}
    data = request.POST if request.method == "POST" else None
    form = forms.Window(data, workflows=workflows, sources=sources, initial=initial)
    if data is not None and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "reason")}
        try:
            silences.plan(**form.target(), **wanted, by=user, at=at)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Planned. Events in that time are stored, and nobody is told."))
            return redirect("incidents:silences")
    words = {"form": form, "is_empty": not workflows and not sources}
    return render(request, "incidents/silences/plan.html", words, status=422 if form.is_bound else 200)


@require_POST
@login_required
def lift(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    try:
        found = reads.get(user, pk)
    except Silence.DoesNotExist:
        raise Http404 from None
    answer = access.can(user, "lift", found)
    if not answer:
        return errors.refused(request, answer.reason)
    try:
        silences.lift(silence=found, by=user, at=moments.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Lifted. Whatever is still open is told now."))
    back = found.source.key if found.source and request.POST.get("back") == "source" else ""
    return redirect("incidents:source", back) if back else redirect("incidents:silences")
