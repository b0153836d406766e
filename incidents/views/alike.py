"""What happened before that is like an incident: a part of its page, and a page of its own."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.reads import alike as reads
from incidents.views.incident import visible
from portal.models import User


@login_required
@require_safe
def similar(request: HttpRequest, reference: str) -> HttpResponse:
    """`part=card` answers what the page of the incident fetches once it is there."""
    found = visible(request, reference)
    user: User = request.user  # type: ignore[assignment]
    words = {"incident": found, "similar": reads.of_incident(found, user)}
    part = request.GET.get("part") == "card"
    return render(request, "incidents/alike/_card.html" if part else "incidents/alike/page.html", words)
