"""The page behind the one-time link of a call: GET shows what is asked, POST takes the incident."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from incidents.models import EscalationRun
from incidents.models.escalation import ANSWERABLE, RunState
from incidents.services import escalation
from portal import links, moments
from portal.errors import DomainError
from portal.models import User
from portal.services import people


def page(grant: links.Grant, request: HttpRequest) -> HttpResponse:
    """Answer a call without signing in; the link is good for the generation of the run that it was made for."""
    rows = EscalationRun.objects.select_related("incident__workflow", "incident__lead", "acknowledged_by")
    run = rows.filter(incident_id=grant.subject_id).first()
    if run is None:
        raise links.BadLink(_("This link leads nowhere any more."))
    person = User.objects.get(pk=grant.user_id)
    context: dict[str, Any] = {"run": run, "incident": run.incident, "person": person, "error": ""}
    is_current = run.generation == grant.generation
    if request.method == "POST" and "seen" in request.POST:
        # Sent by the page's script: a mail filter that only fetches the link ends no call.
        people.has_opened(person=person, subject=run.incident)
        return HttpResponse(status=204)
    if request.method == "POST" and is_current:
        try:
            escalation.acknowledge(run=run, by=person, at=moments.of(request))
            return HttpResponseRedirect(request.path)
        except DomainError as error:
            context["error"] = str(error)
            run.refresh_from_db()
    answered = run.state == RunState.ACKNOWLEDGED
    context["is_mine"] = answered and run.acknowledged_by_id == person.pk
    context["is_open"] = is_current and not answered and run.state in ANSWERABLE
    # NOTE: no stricter Referrer-Policy than the site's same-origin: under "no-referrer" browsers post with
    # "Origin: null", and the check of the form's token refuses that.
    return render(request, "incidents/escalation/answer.html", context, status=409 if context["error"] else 200)


def register() -> None:
    links.purposes.add("acknowledge", page)
