"""`/insights/patterns/`: what recurs now, or as the clock saw it at the beginning of a month."""

import re
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from governance.models import Document
from incidents.metrics import bottlenecks, said
from incidents.metrics import patterns as reads
from incidents.metrics.bottlenecks import Pattern
from incidents.models import PatternReport
from incidents.services import patterns
from incidents.views.insights import begin, form_of, leads, refused, sheet
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.models import User

KEPT = 24
"""Reports in the list, two years of them."""


def titles() -> dict[str, tuple[str, str]]:
    """{what patterns are about: (title, what to say when there is none)}."""
    return {
        bottlenecks.BOTTLENECK: (_("Where it stops"), _("No level, news or step is late.")),
        bottlenecks.COMPLIANCE: (_("Not as the rules say"), _("Everything went as rules and playbooks say.")),
        bottlenecks.CAUSE: (_("Causes"), _("No review has named a cause or a gap in this time.")),
        bottlenecks.NOISE: (_("Calls for nothing"), _("No source or rule has called people for nothing.")),
    }


@require_safe
@login_required
@never_cache
def now(request: HttpRequest) -> HttpResponse:
    """What is to be seen now, of what the address asks for."""
    if (answer := refused(request)) is not None:
        return answer
    form = form_of(request)
    if not form.is_valid():
        return render(request, "incidents/insights/patterns.html", {"form": form}, status=422)
    return _shown(request, reads.report(form.asked), {"form": form, "query": request.GET.urlencode()})


@require_safe
@login_required
@never_cache
def of_month(request: HttpRequest, month: str) -> HttpResponse:
    """As it was kept at the beginning of a month."""
    if (answer := refused(request)) is not None:
        return answer
    kept = _kept(month)
    report = reads.of_kept(kept.patterns, kept.since, kept.made_at)
    may = can(request.user, "look", kept) if kept.looked_at is None else False
    return _shown(request, report, {"kept": kept, "month": month, "may_look": may})


@require_POST
@login_required
def look(request: HttpRequest, month: str) -> HttpResponse:
    """The reader has looked at it."""
    if (answer := refused(request)) is not None:
        return answer
    try:
        patterns.look(report=_kept(month), by=request.user, at=moments.of(request))  # type: ignore[arg-type]
        messages.success(request, _("It is marked as looked at."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("incidents:patterns-of", month)


@require_POST
@login_required
def propose(request: HttpRequest) -> HttpResponse:
    """One click: a draft of the document of a pattern, with the pattern as its reason."""
    if (answer := refused(request)) is not None:
        return answer
    month, wanted = request.POST.get("month", ""), request.POST.get("pattern", "")
    if month:
        kept = _kept(month)
        report = reads.of_kept(kept.patterns, kept.since, kept.made_at)
    else:
        form = form_of(request, QueryDict(request.POST.get("query", "")))
        if not form.is_valid():
            raise Http404
        report = reads.report(form.asked)
    return begin(request, next((one for one in report.patterns if one.key == wanted), None), "incidents:patterns")


def _shown(request: HttpRequest, report: reads.Report, words: dict[str, Any]) -> HttpResponse:
    if request.GET.get("format") == "csv":
        return sheet({"patterns": table(report)}, "patterns", moments.of(request))
    user: User = request.user  # type: ignore[assignment]
    words |= {
        "may_now": leads(user, moments.of(request)),
        "report": report,
        "groups": [(*titles()[about], about, _with_rights(user, found)) for about, found in report.groups],
        "reports": list(PatternReport.objects.defer("patterns").select_related("looked_by").order_by("-month")[:KEPT]),
    }
    return render(request, "incidents/insights/patterns.html", words)


def _with_rights(user: User, found: list[Pattern]) -> list[tuple[Pattern, bool]]:
    """Each pattern, and whether the reader may begin a change for it; of few nobody can say what to change."""
    documents: dict[object, Document] = {one.document.pk: one.document for one in found if one.document is not None}
    may = {pk: bool(can(user, "draft", document)) for pk, document in documents.items()}
    return [(one, one.document is not None and not one.is_few and may[one.document.pk]) for one in found]


def table(report: reads.Report) -> said.Table:
    """All patterns as one table."""
    words = titles()
    rows = [
        (one.title, (words[one.about][0], one.detail, one.how_often, one.trend.text, str(one.document or "")))
        for one in report.patterns
    ]
    head = (_("Pattern"), _("About"), _("Details"), _("How often"), _("Trend"), _("Document"))
    return said.table("patterns", _("Patterns"), head, rows)


def _kept(month: str) -> PatternReport:
    if re.fullmatch(r"2\d{3}-(0[1-9]|1[0-2])", month, re.ASCII) is None:
        raise Http404
    found = (
        PatternReport.objects.select_related("looked_by").filter(month=date(int(month[:4]), int(month[5:]), 1)).first()
    )
    if found is None:
        raise Http404
    return found
