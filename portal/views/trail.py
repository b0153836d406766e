"""`/trail/<what>/<which>/`: who did what to one object, when and why, in plain words."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.reads import ledger
from portal.reads import trail as reads


@require_safe
@login_required
def trail(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    try:
        found, obj = reads.get(request.user, kind, key)
    except LookupError:
        raise Http404 from None
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    back = obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else ""
    words = {
        "kind": found.word,
        "object": obj,
        "back": back,
        "page": reads.page(obj, before=before),
        "is_past": before,
        "proofs": ledger.may_open(request.user),
    }
    return render(request, "portal/trail/page.html", words)
