"""The reporter's page: plain words, no log-in, only with the signed link."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from incidents.forms.report import AddForm, NotYetForm
from incidents.models import Incident
from incidents.models.incidents import IncidentState
from incidents.reads import reports as reads
from incidents.services import incidents, tracking
from portal.errors import DomainError

Forms = tuple[AddForm, NotYetForm]


@never_cache
def track(request: HttpRequest, token: str) -> HttpResponse:
    """Show how it stands; POST adds words, or says whether it works again (answer=yes, answer=no)."""
    try:
        incident = tracking.read_track_token(token)
    except tracking.LinkRevoked as error:
        return render(request, "incidents/track/revoked.html", {"why": error}, status=404)
    answer = request.POST.get("answer", "")
    add = AddForm(request.POST if request.method == "POST" and not answer else None)
    not_yet = NotYetForm(request.POST if answer == "no" else None)
    error = ""
    if request.method == "POST":
        try:
            if thanks := _take(incident, answer, (add, not_yet)):
                messages.success(request, thanks)
                return redirect(request.path)
        except DomainError as refusal:
            error = str(refusal)
    asks = incident.state == IncidentState.RESOLVED and incident.reporter is not None
    words = {
        "incident": incident,
        "tracked": reads.tracked(incident),
        "form": add,
        "not_yet": not_yet,
        "asks": asks,
        "error": error,
    }
    # NOTE: the site's Referrer-Policy, same-origin, is as strict as a page with a form can be (see answer.py).
    return render(request, "incidents/track/page.html", words, status=422 if request.method == "POST" else 200)


def _take(incident: Incident, answer: str, forms: Forms) -> str:
    """Do what the reporter sent and return the thanks; empty when a form has to be corrected. Raises DomainError.

    Whoever holds the link speaks for the reporter.
    """
    add, not_yet = forms
    at = timezone.now()
    if answer == "yes" and incident.reporter is not None:
        incidents.close(incident=incident, by=incident.reporter, at=at)
        return _("Thank you. Your report is closed.")
    if answer == "no" and incident.reporter is not None and not_yet.is_valid():
        incidents.reopen(incident=incident, reason=not_yet.cleaned_data["reason"], by=incident.reporter, at=at)
        return _("Thank you for telling us. The team is called again.")
    if not answer and add.is_valid():
        incidents.add_note(incident=incident, text=add.cleaned_data["text"], by=None, at=at, is_public=True)
        return _("Thank you. The team has it.")
    return ""
