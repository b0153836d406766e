"""The reporter's page: plain words, no log-in, only with the signed link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from incidents.forms.report import AddForm
from incidents.reads import reports as reads
from incidents.services import incidents, tracking


@never_cache
def track(request: HttpRequest, token: str) -> HttpResponse:
    """Show how it stands; POST adds words for the people who work on it."""
    try:
        incident = tracking.read_track_token(token)
    except tracking.LinkRevoked as error:
        return render(request, "incidents/track/revoked.html", {"why": error}, status=404)
    form = AddForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        incidents.add_note(
            incident=incident, text=form.cleaned_data["text"], by=None, at=timezone.now(), is_public=True
        )
        return redirect(request.path)
    words = {"incident": incident, "tracked": reads.tracked(incident), "form": form}
    # NOTE: the site's Referrer-Policy, same-origin, is as strict as a page with a form can be (see answer.py).
    return render(request, "incidents/track/page.html", words, status=422 if form.is_bound else 200)
