"""One button: follow an incident as one of its audiences, or no more."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from incidents.models import Incident
from incidents.reads import following as reads
from incidents.services import subscriptions
from portal import moments
from portal.errors import DomainError
from portal.models import User


@require_POST
@login_required
def follow(request: HttpRequest, reference: str) -> HttpResponse:
    """`audience` is the key, `end` says no more, `next` where to go back to; 404 for what the reader may not know."""
    user: User = request.user  # type: ignore[assignment]
    at, audience = moments.of(request), request.POST.get("audience", "")
    rows = Incident.objects.select_related("workflow__team", "team", "communication")
    incident = rows.filter(reference=reference).first()
    if incident is None or not (reads.allowed(user, incident, at=at) or reads.of_incident(user, incident)):
        raise Http404
    try:
        if "end" in request.POST:
            subscriptions.unfollow(incident=incident, user=user, audience=audience, at=at)
            messages.success(request, _("You hear no more of %(reference)s.") % {"reference": reference})
        else:
            subscriptions.follow(incident=incident, user=user, audience=audience, at=at)
            messages.success(request, _("We tell you when there is news of %(reference)s.") % {"reference": reference})
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("incidents:status")
