"""What is known of an incident for whoever looks first: as a document, and everything that machines sent."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidents.reads import arrived
from incidents.reads import triage as reads
from incidents.views.incident import visible
from portal import moments


@login_required
@require_safe
@never_cache
def document(request: HttpRequest, reference: str) -> JsonResponse:
    """Everything for triage in one JSON file (D36); whoever may open the incident may have it."""
    found = visible(request, reference)
    made = reads.document(found, request.user, at=moments.of(request))  # type: ignore[arg-type]
    response = JsonResponse(made, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{found.reference}-triage.json"'
    return response


@login_required
@require_safe
@never_cache
def events(request: HttpRequest, reference: str) -> HttpResponse:
    """Every event of machines about the incident, the newest first, a page at a time."""
    found = visible(request, reference)
    lines, page = arrived.page(found, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return render(request, "incidents/incident/events.html", {"incident": found, "lines": lines, "page": page})
