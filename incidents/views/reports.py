"""Reports about incidents and about governance: as pages, and as files each of which is written down."""

import json
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from governance.reads import checks
from governance.rules import periods
from incidents.forms.reports import OutsideForm
from incidents.models import GovernanceReport, Incident, OutsideText, Postmortem
from incidents.reads import (
    report_governance,
    report_incident,
    report_outside,
    report_rights,
    report_thanks,
    reports_written,
)
from incidents.reads import reviews as review_reads
from incidents.reads.report_rights import EXECUTIVE, FULL, OUTSIDE
from incidents.services import readings, report_sharing
from portal import access, moments, papers
from portal.errors import DomainError
from portal.models import User
from portal.papers import Paper
from portal.views import errors

PROFILES: dict[str, Callable[[report_incident.Known], Paper]] = {
    FULL: report_incident.full,
    EXECUTIVE: report_incident.brief,
    OUTSIDE: report_outside.outside,
}
TITLES = {
    FULL: gettext_lazy("Whole report"),
    EXECUTIVE: gettext_lazy("For leadership"),
    OUTSIDE: gettext_lazy("For people outside"),
}
TYPES = {"pdf": "application/pdf", "md": "text/markdown; charset=utf-8", "json": "application/json"}
FORMATS = {"pdf": "PDF", "md": "Markdown", "json": "JSON"}
QUARTER = 3
BESIDE = ("workflow", "team", "lead", "reporter")


@require_GET
@login_required
@never_cache
def of_review(request: HttpRequest, reference: str) -> HttpResponse:
    """The report about the incident of a review."""
    return _of_incident(request, _review(request, reference).incident)


@require_GET
@login_required
@never_cache
def of_incident(request: HttpRequest, reference: str) -> HttpResponse:
    """The same by the incident, which may have no review."""
    rows = Incident.objects.select_related(*BESIDE)
    return _of_incident(request, get_object_or_404(rows, reference=reference))


def _of_incident(request: HttpRequest, incident: Incident) -> HttpResponse:
    """A profile of the report, or 404 when the reader may not know that there is such an incident."""
    user: User = request.user  # type: ignore[assignment]
    at = moments.of(request)
    profile = request.GET.get("profile", FULL)
    if profile not in PROFILES or not report_rights.may_read(user, incident, profile, at=at):
        raise Http404
    found = report_incident.known(incident, user, at=at)
    paper = PROFILES[profile](found)
    if "format" in request.GET:
        return _file(request, paper, incident, at)
    return render(request, "incidents/reports/incident.html", _words(request, found, paper, profile, None))


def _words(
    request: HttpRequest, known: report_incident.Known, paper: Paper, profile: str, form: OutsideForm | None
) -> dict[str, object]:
    user: User = request.user  # type: ignore[assignment]
    review = known.review
    may_share = review is not None and profile == OUTSIDE and bool(report_rights.may_share(user, known.incident))
    if may_share and form is None:
        form = OutsideForm(written=_outside_text(review))
    can_open = bool(access.can(user, "view", known.incident))
    profiles = [(key, word, key == profile) for key, word in TITLES.items() if can_open or key == EXECUTIVE]
    return {
        "paper": paper,
        "incident": known.incident,
        "review": review,
        "profile": profile,
        "profiles": profiles,
        "formats": FORMATS.items(),
        "can_open": can_open,
        "form": form if may_share else None,
        "reading": reports_written.own(review, user) if review is not None and profile == FULL else None,
        "is_published": review is not None and review.state == Postmortem.State.PUBLISHED,
    }


def _outside_text(review: Postmortem | None) -> str:
    row = OutsideText.objects.filter(postmortem=review).first()
    return row.text if row is not None else ""


def _file(request: HttpRequest, paper: Paper, target: models.Model, at: datetime) -> HttpResponse:
    """The paper as a file; who takes it is written into the ledger."""
    form = request.GET["format"]
    if form not in TYPES:
        raise Http404
    try:
        data = _made(paper, form)
    except DomainError as error:
        return errors.refused(request, str(error))
    user: User = request.user  # type: ignore[assignment]
    report_sharing.taken(target, kind=paper.kind, form=form, data=data, by=user, at=at)
    name = paper.kind if paper.kind == "outside-report" else f"{paper.reference}-{paper.kind}"
    response = HttpResponse(data, content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _made(paper: Paper, form: str) -> bytes:
    if form == "pdf":
        from portal.papers.as_pdf import as_pdf  # takes half a second to import

        return as_pdf(paper)
    if form == "md":
        return papers.as_markdown(paper).encode()
    return json.dumps(papers.as_json(paper), indent=2, ensure_ascii=False).encode()


def _review(request: HttpRequest, reference: str) -> Postmortem:
    """The review; whether its incident may be known is judged by the profile."""
    rows = Postmortem.objects.select_related(
        *(f"incident__{name}" for name in ("workflow", "team", "lead", "reporter"))
    )
    return get_object_or_404(rows, reference=reference)


@require_POST
@login_required
def read(request: HttpRequest, reference: str) -> HttpResponse:
    """ "I have read it": one click."""
    review = _visible(request, reference)
    try:
        readings.confirm(review=review, by=request.user, at=moments.of(request))  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Thank you. It is kept that you have read this report."))
    return redirect("incidents:review-report", review.reference)


@require_POST
@login_required
def write_outside(request: HttpRequest, reference: str) -> HttpResponse:
    """What people outside may read; what is refused stands in the form again."""
    review, at = _visible(request, reference), moments.of(request)
    user: User = request.user  # type: ignore[assignment]
    if not (answer := report_rights.may_share(user, review.incident)):
        raise PermissionDenied(answer.reason)
    form = OutsideForm(request.POST, written=_outside_text(review))
    if form.is_valid():
        said = form.cleaned_data
        try:
            report_sharing.write_outside(review=review, text=said["text"], seen=said["seen"], by=user, at=at)
        except DomainError as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, _("Kept. It stands in the report for people outside."))
            return redirect(f"{reverse('incidents:review-report', args=[review.reference])}?profile={OUTSIDE}")
    found = report_incident.known(review.incident, user, at=at)
    words = _words(request, found, report_outside.outside(found), OUTSIDE, form)
    return render(request, "incidents/reports/incident.html", words, status=422)


def _visible(request: HttpRequest, reference: str) -> Postmortem:
    try:
        return review_reads.get(request.user, reference)  # type: ignore[arg-type]
    except Postmortem.DoesNotExist:
        raise Http404 from None


# Governance


def _governs(request: HttpRequest) -> None:
    answer = access.can(request.user, "view", GovernanceReport)
    if not answer:
        raise PermissionDenied(answer.reason)


@require_GET
@login_required
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """Every report about governance that was made, the newest first."""
    _governs(request)
    rows, newer, older = reports_written.page(after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return render(request, "incidents/reports/index.html", {"rows": rows, "newer": newer, "older": older})


@require_GET
@login_required
@never_cache
def of_governance(request: HttpRequest, reference: str) -> HttpResponse:
    """One of them, as it was known then."""
    _governs(request)
    found = get_object_or_404(GovernanceReport, reference=reference)
    paper = report_governance.paper(found, request.user)  # type: ignore[arg-type]
    if "format" in request.GET:
        return _file(request, paper, found, moments.of(request))
    return render(request, "incidents/reports/governance.html", {"paper": paper, "formats": FORMATS.items()})


@require_GET
@login_required
def thanks(request: HttpRequest) -> HttpResponse:
    """What teams are thanked for in the last quarter, for everybody to see."""
    at = moments.of(request)
    begin = periods.moment(periods.shifted(checks.today(at), 1 - QUARTER), settings.TIME_ZONE)
    rows = report_thanks.thanks(report_thanks.counted(begin, at))
    words = {"table": report_governance.thanks_table(rows), "rows": rows, "since": begin}
    return render(request, "incidents/reports/thanks.html", words)
