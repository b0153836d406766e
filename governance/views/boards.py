"""`/boards/`: who decides together, who is away now, and when nothing is published."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.reads import boards as reads
from portal import moments


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    at = moments.of(request)
    context = {
        "boards": reads.boards(request.user, at=at),
        "freezes": reads.freezes(at=at),
        "may_keep": request.user.is_staff and request.user.has_perm("governance.change_board"),
    }
    return render(request, "governance/boards/page.html", context)
