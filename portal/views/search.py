"""`/search/`: what fits some words, and the same as parts of the command palette."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.reads import search as reads


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    text = reads.clean(request.GET.get("q", ""))
    found = reads.search(request.user, text, limit=reads.MANY)
    return render(request, "portal/search/page.html", {"q": text, "found": found})


@require_safe
@login_required
def palette(request: HttpRequest) -> HttpResponse:
    """The list of the palette for what was typed so far: places to go, then what was found."""
    text = reads.clean(request.GET.get("q", ""))
    found = reads.search(request.user, text, limit=reads.FEW)
    return render(request, "portal/search/_palette.html", {"q": text, "typed": text.lower(), "found": found})
