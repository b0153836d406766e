"""`/overrides/`: rules that are set aside for a time, setting one aside and letting it hold again (D116)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.forms import overrides as forms
from incidents.models import Override
from incidents.reads import overrides as reads
from incidents.services import overrides
from portal import access, moments
from portal.errors import DomainError
from portal.views import errors

FIELDS = {"value": "value", "until": "until_at", "reason": "reason"}


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    asked = {name: request.GET.get(name, "") for name in ("after", "before")}
    words = {
        "page": reads.page(user, at=moments.of(request), **asked),
        "may_add": bool(access.can(user, "add", Override)),
    }
    return render(request, "incidents/overrides/index.html", words)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """First which rule, by the query; then what holds instead."""
    user: Any = request.user
    answer = access.can(user, "add", Override)
    if not answer:
        return errors.refused(request, answer.reason)
    workflows = reads.workflows(user)
    which = forms.Which(request.GET or None, workflows=workflows)
    words: dict[str, Any] = {"which": which, "is_empty": not workflows}
    if not which.is_bound or not which.is_valid():
        status = 422 if which.is_bound or request.method == "POST" else 200
        return render(request, "incidents/overrides/new.html", words, status=status)
    workflow, what = which.chosen(), which.cleaned_data["what"]
    refusal = access.can(user, "add", Override(workflow=workflow))
    policy = reads.policy_of(workflow)
    words |= {"workflow": workflow, "title": dict(forms.WHAT)[what], "refusal": refusal.reason, "policy": policy}
    if policy is None or not refusal:
        return render(request, "incidents/overrides/new.html", words, status=200 if refusal else 403)
    form = forms.Instead(request.POST if request.method == "POST" else None, what=what, policy=policy)
    if form.is_bound and form.is_valid():
        at = moments.of(request)
        try:
            overrides.begin(
                **form.asked(),
                workflow=workflow,
                until=form.ends_at(at),
                reason=form.cleaned_data["reason"],
                by=user,
                at=at,
            )
        except overrides.BadOverride as error:
            field = FIELDS.get(error.field)
            if error.field == "value" and "number" in form.fields:
                field = "number"
            form.add_error(field, str(error))
        else:
            messages.success(request, _("Set aside. It falls back by itself."))
            return redirect("incidents:overrides")
    words["form"] = form
    return render(request, "incidents/overrides/new.html", words, status=422 if form.is_bound else 200)


@require_POST
@login_required
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    try:
        found = reads.get(user, pk)
    except Override.DoesNotExist:
        raise Http404 from None
    answer = access.can(user, "end", found)
    if not answer:
        return errors.refused(request, answer.reason)
    try:
        overrides.end(override=found, by=user, at=moments.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The rule holds again."))
    return redirect("incidents:overrides")
