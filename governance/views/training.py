"""What one has learned, and for whom something is missing (D10, D108)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.models import Training
from governance.reads import training as reads
from portal import access, moments


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """One's own training; those who keep the rules see also who lacks what."""
    at, sees = moments.of(request), access.can(request.user, "view", Training)
    context = {
        "lines": reads.own(request.user, at=at),
        "sees": sees,
        "lacking": reads.lacking(at=at) if sees else [],
    }
    return render(request, "governance/training/page.html", context)
