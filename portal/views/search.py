"""`/search/`: what fits some words, and the same as parts of the command palette."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import moments, registry
from portal.models import User
from portal.search import asking, query

FEW, MANY = 8, 20  # in the palette and on a page
PAGES = 10


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    text, kind, page = asked(request), request.GET.get("kind", ""), number(request.GET.get("page", ""))
    kinds = dict(registry.searched.items())
    kind = kind if kind in kinds else ""
    start = (page - 1) * MANY
    found = query.find(user, text, at=moments.of(request), kind=kind, start=start, limit=MANY)
    listing = kinds[kind].all_of if kind else None
    words: dict[str, Any] = {
        "q": text,
        "kind": kind,
        "kinds": [(name, each.word) for name, each in kinds.items()],
        "found": found,
        "earlier": page - 1,
        "later": page + 1 if found.is_more and page < PAGES else None,
        "all_of": listing(text) if listing is not None and text else "",
        "has_words": bool(asking.read(text).wanted),
    }
    return render(request, "portal/search/page.html", words)


@require_safe
@login_required
def palette(request: HttpRequest) -> HttpResponse:
    """The list of the palette for what was typed so far: places to go, then what was found."""
    user: User = request.user  # type: ignore[assignment]
    text = asked(request)
    found = query.find(user, text, at=moments.of(request), limit=FEW)
    groups: dict[str, dict[str, Any]] = {}
    for result in found.results:
        groups.setdefault(result.kind, {"word": result.word, "hits": []})["hits"].append(result.shown)
    words = {"q": text, "typed": text.lower(), "found": list(groups.values()), "instead": found.instead}
    return render(request, "portal/search/_palette.html", words)


def asked(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[: asking.TYPED]


def number(text: str) -> int:
    """The page that an address names; the first for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= PAGES else 1
