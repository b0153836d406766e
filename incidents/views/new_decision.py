"""`/decisions/new/`: a person asks for a decision. First what it is about, then the question; whom it asks is shown."""

import secrets
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from governance.reads import documents
from incidents import access
from incidents.forms import decisions as forms
from incidents.models import DecisionRequest, Incident
from incidents.reads import asking_decisions as reads
from incidents.services import decisions
from portal import moments
from portal.access import Refused, can
from portal.views import errors

KEY = "key"
"""Made with the page, so that a question that is sent twice is asked once."""


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Two steps in one address: the query says what it is about."""
    user: Any = request.user
    answer = can(user, "add", DecisionRequest)
    if not answer:
        return errors.refused(request, answer.reason)
    at, incident = moments.of(request), _incident(request)
    words: dict[str, Any] = {"incident": incident}
    try:
        known = reads.known(user, incident)
        about = forms.AboutForm(request.GET if "severity" in request.GET else None, known=known)
        words["about"] = about
        if not about.is_bound or not about.is_valid():
            status = 422 if about.is_bound or request.method == "POST" else 200
            return render(request, "incidents/decisions/new.html", words, status=status)
        given = about.cleaned_data
        workflow = about.workflow_chosen()
        chosen = {name: given[name] for name in ("name", "category", "severity", "risk")}
        plan = reads.foretold(workflow=workflow, lead=incident.lead_id if incident else None, at=at, **chosen)
    except documents.NothingInForce as error:
        return render(request, "incidents/decisions/new.html", words | {"nothing": str(error)})
    form = forms.QuestionForm(
        request.POST if request.method == "POST" else None, choices=plan.choices, needed=plan.needed
    )
    if form.is_bound and form.is_valid():
        typed = {name: form.cleaned_data[name] for name in reads.TYPED}
        asking = decisions.Asking(
            **typed, **chosen, choices=form.ways, given=form.given, workflow=workflow, incident=incident
        )
        key = f"form:{user.pk}:{request.POST.get(KEY, '')[:64] or secrets.token_hex(8)}"
        try:
            made = decisions.ask(asking, asked="form", key=key, at=at, by=user)
        except decisions.NotAskable as error:
            field = {"choices": "way_1"}.get(error.field, error.field)
            form.add_error(field if field in form.fields else None, str(error))
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Asked. You are told as soon as it is decided."))
            return redirect(made)
    words |= {"form": form, "plan": plan, "workflow": workflow, KEY: request.POST.get(KEY) or secrets.token_hex(8)}
    return render(request, "incidents/decisions/new.html", words, status=422 if form.is_bound else 200)


def _incident(request: HttpRequest) -> Incident | None:
    """The incident that the query names; 404 when the reader may not know of it."""
    reference = request.GET.get("incident", "")
    if not reference:
        return None
    try:
        return access.get(request.user, reference)  # type: ignore[arg-type]
    except Incident.DoesNotExist:
        raise Http404 from None
