"""Who is told what, by whom and how often, for everybody to read (D60, D62)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.reads import communication


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The communication plan of the company, with examples in place of what its templates leave open."""
    return render(request, "governance/communication/page.html", {"plan": communication.plan()})
