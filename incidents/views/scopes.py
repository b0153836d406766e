"""The page behind the one-time link about scope and aim: GET shows them, POST agrees or objects (D37)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from incidents.forms import steps as step_forms
from incidents.models import Incident
from incidents.reads import scopes as reads
from incidents.services import scopes
from portal import links, moments
from portal.errors import DomainError
from portal.models import User


def page(grant: links.Grant, request: HttpRequest) -> HttpResponse:
    """Agree or object without signing in; the link is good for the statement that it was made for."""
    incident = Incident.objects.select_related("workflow", "lead").filter(pk=grant.subject_id).first()
    if incident is None:
        raise links.BadLink(_("This link leads nowhere any more."))
    person, status = User.objects.get(pk=grant.user_id), 200
    says = request.POST.get("says", "") if request.method == "POST" else ""
    form = step_forms.WhyForm(request.POST if says == "object" else None)
    context: dict[str, Any] = {"incident": incident, "person": person, "form": form, "error": ""}
    if says == "agree" or (says == "object" and form.is_valid()):
        why = form.cleaned_data["why"] if says == "object" else ""
        answer = {"number": grant.generation, "agrees": says == "agree", "why": why, "by": person}
        try:
            scopes.answer(incident=incident, at=moments.of(request), **answer)
            return HttpResponseRedirect(request.path)
        except DomainError as error:
            context["error"], status = str(error), 409
    elif form.is_bound:
        status = 422
    return render(request, "incidents/steps/answer.html", context | _shown(incident, person, grant), status=status)


def _shown(incident: Incident, person: User, grant: links.Grant) -> dict[str, Any]:
    """What is asked now, and whether this person still is."""
    scope = reads.of(incident, person)
    said = scope.statement
    is_current = said is not None and said.number == grant.generation
    mine = [item for item in scope.said if item.is_mine] if is_current else []
    answered = any(item.answer is not None and item.answer.by_id == person.pk for item in scope.said)
    return {"said": said, "mine": mine, "is_open": bool(mine), "has_answered": is_current and answered and not mine}


def register() -> None:
    links.purposes.add("scope", page)
