"""The report whether an incident ran as governance wants it; whoever may open the incident may read it (D99)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidents.reads import conformance as reads
from incidents.reads import incident as incident_reads
from incidents.views.incident import visible
from portal import moments


def _report(request: HttpRequest, reference: str) -> reads.Report:
    found = visible(request, reference)
    return reads.report(found, incident_reads.get_run(found), at=moments.of(request))


@login_required
@require_safe
@never_cache
def conformance(request: HttpRequest, reference: str) -> HttpResponse:
    """The report as a page that can be printed."""
    return render(request, "incidents/conformance/page.html", {"report": _report(request, reference)})


@login_required
@require_safe
@never_cache
def document(request: HttpRequest, reference: str) -> JsonResponse:
    """The same as a JSON file."""
    made = _report(request, reference)
    response = JsonResponse(reads.document(made), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{made.incident.reference}-conformance.json"'
    return response
