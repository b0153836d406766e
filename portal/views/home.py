"""`/`: what needs me now."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal import moments
from portal.reads import home, people


@require_safe
@login_required
def now(request: HttpRequest) -> HttpResponse:
    at = moments.of(request)
    context = {
        "now": home.now(request.user, at=at, every=request.GET.get("show") == "all"),
        "parts": home.parts(request.user, at=at),
        "unread": people.unread(request.user),
        "hour": timezone.localtime(at).hour,
    }
    return render(request, "portal/home/page.html", context)
