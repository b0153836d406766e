"""A decision above somebody's limit: the page says whom to ask instead, and asks them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.rules.authority import Authority
from incidents import access
from incidents.forms.authority import AskForm
from incidents.models import Incident
from incidents.reads.actions import FITS
from incidents.services import authority
from portal import moments
from portal.errors import DomainError
from portal.models import User


def offer(request: HttpRequest, incident: Incident, action: str, beyond: Authority) -> HttpResponse:
    """Instead of a refusal: why this is above the limit, and the people to ask. What was typed is kept."""
    typed = next((request.POST[name] for name in ("plan", "note", "resolution", "reason") if name in request.POST), "")
    form = AskForm(initial={"text": typed}, people=_people(beyond))
    return page(request, incident, action, beyond, form, status=422 if request.method == "POST" else 200)


def page(
    request: HttpRequest, incident: Incident, action: str, beyond: Authority, form: AskForm, *, status: int
) -> HttpResponse:
    words = {"incident": incident, "slug": action, "title": FITS[action].words, "beyond": beyond, "form": form}
    return render(request, "incidents/authority/page.html", words, status=status)


def _people(beyond: Authority) -> list[object]:
    return [item.person for item in beyond.escalate_to]


@require_POST
@login_required
def ask(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Ask the person of the button that was pressed; back to the incident."""
    user: User = request.user  # type: ignore[assignment]
    at = moments.of(request)
    try:
        incident = access.get(user, reference)
    except Incident.DoesNotExist:
        raise Http404 from None
    if action not in access.LIMITED:
        raise Http404
    beyond = access.beyond(user, action, incident, at=at)
    if beyond is None:  # theirs to decide, or not theirs to see: that page says which
        return redirect("incidents:act", reference, action)
    form = AskForm(request.POST, people=_people(beyond))
    if form.is_valid():
        to, text = form.cleaned_data["to"], form.cleaned_data["text"]
        try:
            authority.ask(incident=incident, action=action, to=to, text=text, by=user, at=at)
            messages.success(request, _("%(name)s is told now and decides.") % {"name": to})
            return redirect(incident)
        except DomainError as error:
            form.add_error(None, str(error))
    return page(request, incident, action, beyond, form, status=422)
