"""`/changes/policy/`: who approves what; `/changes/dashboard/`: how governance itself works."""

from __future__ import annotations

import csv
import io

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.reads import dry_run, policies
from governance.reads import governance_dashboard as reads
from portal import moments


@require_safe
@login_required
def policy(request: HttpRequest) -> HttpResponse:
    """The approval policy in force in words, and what a draft of it would have done."""
    at = moments.of(request)
    shown = policies.shown(at=at)
    asked = request.GET.get("draft", "")
    chosen = next((draft for draft in shown.drafts if draft.reference == asked), None) if shown else None
    context = {
        "shown": shown,
        "chosen": chosen,
        "dry": dry_run.of_change(chosen, at=at) if chosen else None,
        "install": policies.INSTALL,
    }
    return render(request, "governance/policy/page.html", context)


@require_safe
@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """How governance itself works in the last days that the address names; as a sheet with ``?format=csv``."""
    days = reads.period(request.GET.get("days", ""))
    shown = reads.dashboard(days=days, at=moments.of(request))
    if request.GET.get("format") == "csv":
        return _sheet(shown)
    periods = [(item, item == days) for item in reads.PERIODS]
    return render(request, "governance/dashboard/page.html", {"shown": shown, "periods": periods})


def _sheet(shown: reads.Dashboard) -> HttpResponse:
    out = io.StringIO()
    csv.writer(out).writerows(reads.table(shown))
    headers = {"Content-Disposition": f'attachment; filename="governance-{shown.days}-days.csv"'}
    return HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
