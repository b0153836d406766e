"""Files of an incident: added by those who work on it, given back as downloads only."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from incidents import access
from incidents.forms.report import EvidenceForm
from incidents.models import Evidence, Incident
from incidents.services import evidence as services
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.views import errors


def visible(request: HttpRequest, reference: str) -> Incident:
    try:
        return access.get(request.user, reference)  # type: ignore[arg-type]
    except Incident.DoesNotExist:
        raise Http404 from None


@login_required
def add(request: HttpRequest, reference: str) -> HttpResponse:
    """A form for files, and its answer."""
    incident = visible(request, reference)
    answer = can(request.user, "evidence", incident)
    if not answer.allowed:
        return errors.refused(request, answer.reason)
    form = EvidenceForm(request.POST, request.FILES) if request.method == "POST" else EvidenceForm()
    if form.is_valid():
        try:
            at = moments.of(request)
            with services.keeping(form.cleaned_data["files"], at=at) as kept:
                services.add(incident=incident, files=kept, by=request.user, at=at)  # type: ignore[arg-type]
            return redirect(incident)
        except DomainError as error:
            form.add_error("files", str(error))
    words = {"incident": incident, "form": form}
    return render(request, "incidents/evidence/add.html", words, status=422 if form.is_bound else 200)


@login_required
@require_GET
def download(request: HttpRequest, reference: str, pk: str) -> HttpResponseBase:
    """The file as it was given; never shown inside the site, whatever it contains."""
    incident = visible(request, reference)
    found = Evidence.objects.filter(incident=incident, pk=pk).first()
    if found is None:
        raise Http404
    try:
        path = services.take(found, by=request.user, at=moments.of(request))  # type: ignore[arg-type]
    except FileNotFoundError:
        raise Http404 from None
    except services.Spoiled as error:
        return errors.refused(request, str(error))
    response = FileResponse(path.open("rb"), as_attachment=True, filename=found.name)
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
