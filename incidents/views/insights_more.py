"""The other pages of insights: who was called, playbooks against what happened, processes at risk, and now."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidents import access
from incidents.metrics import figures, risks, said
from incidents.metrics import now as now_reads
from incidents.metrics import playbooks as playbook_reads
from incidents.models import DecisionRequest
from incidents.reads import workload
from incidents.views.insights import form_of, leads, refused, sheet
from portal import moments
from portal.models import User
from portal.templatetags.ui import name_of
from portal.views import errors


@require_safe
@login_required
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    """How often people were called, and how often at night where they live: their own, or of those one answers for."""
    user: User = request.user  # type: ignore[assignment]
    if (answer := refused(request)) is not None:
        return answer
    form = form_of(request)
    if not form.is_valid():
        return render(request, "incidents/insights/people.html", {"form": form}, status=422)
    at, asked = moments.of(request), form.asked
    seen = workload.sight(user, at=at, team=asked.team)
    span = figures.Asked(until=asked.until, weeks=asked.weeks)
    ids = [person.pk for person in seen.people]
    now, before = figures.load(span, ids), figures.load(span.before, ids)
    table = _load_table(seen.people, now, before)
    if request.GET.get("format") == "csv":
        return sheet({table.key: table}, table.key, at)
    words = {"form": form, "table": table, "sight": seen, "may_now": leads(user, at)}
    return render(request, "incidents/insights/people.html", words)


def _load_table(people: list[User], now: Any, before: Any) -> said.Table:
    """Everybody who was called, those called most at night first."""
    rows = []
    for person in sorted(people, key=lambda one: (-now.get(one.pk, (0, 0))[1], -now.get(one.pk, (0, 0))[0], one.name)):
        calls, nights = now.get(person.pk, (0, 0))
        was_calls, was_nights = before.get(person.pk, (0, 0))
        if calls or was_calls:
            trend = said.Cell(said.of_counts(calls, was_calls).text, number=False)
            nightly = said.Cell(said.of_counts(nights, was_nights).text, number=False)
            rows.append((name_of(person), (str(calls), trend, str(nights), nightly)))
    head = (_("Person"), _("Calls"), _("Trend"), _("At night"), _("Trend at night"))
    return said.table("people", _("Who was called"), head, rows, most=100)


@require_safe
@login_required
@never_cache
def playbooks(request: HttpRequest) -> HttpResponse:
    """Every version that ran, with its own success metrics."""
    user: User = request.user  # type: ignore[assignment]
    if (answer := refused(request)) is not None:
        return answer
    form = form_of(request)
    if not form.is_valid():
        return render(request, "incidents/insights/playbooks.html", {"form": form}, status=422)
    at = moments.of(request)
    found = playbook_reads.ran(form.asked, at=at)
    if request.GET.get("format") == "csv":
        return sheet({"playbooks": playbook_reads.table(found)}, "playbooks", at)
    return render(
        request, "incidents/insights/playbooks.html", {"form": form, "found": found, "may_now": leads(user, at)}
    )


@require_safe
@login_required
@never_cache
def processes(request: HttpRequest) -> HttpResponse:
    """Processes by what they put at risk."""
    user: User = request.user  # type: ignore[assignment]
    if (answer := refused(request)) is not None:
        return answer
    form = form_of(request)
    if not form.is_valid():
        return render(request, "incidents/insights/processes.html", {"form": form}, status=422)
    at = moments.of(request)
    found = risks.lines(form.asked, at=at)
    if request.GET.get("format") == "csv":
        return sheet({"risks": risks.table(found)}, "risks", at)
    listed = [line for line in found if line.risk.points]
    words = {"form": form, "lines": listed[:100], "more": len(listed[100:]), "quiet": len(found) - len(listed)}
    words["may_now"] = leads(user, at)
    return render(request, "incidents/insights/processes.html", words)


@require_safe
@login_required
@never_cache
def now(request: HttpRequest) -> HttpResponse:
    """How it stands now; the part that changes asks for itself with ``?part=now&cursor=<mark>``."""
    user: User = request.user  # type: ignore[assignment]
    at = moments.of(request)
    if not leads(user, at):
        return errors.refused(request, _("This page is for senior leadership and governance admins."))
    visible = DecisionRequest.objects.filter(access.visible_decisions(user))
    found = now_reads.now(at=at, visible=visible)
    if request.GET.get("part") == "now":
        if request.GET.get("cursor") == found.mark:
            return HttpResponse(status=204)
        return render(request, "incidents/insights/_now.html", {"now": found})
    return render(request, "incidents/insights/now.html", {"now": found})
