"""Status pages: what each audience was told, at one address for each; the public one needs no account.

The public page is the same for everybody who asks, so that anything in between may keep it for half a minute: no
cookie, no log-in, the language that the browser asks for, the portal's time zone, and nothing but a style sheet.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidents.reads import following
from incidents.reads import status as reads
from portal import moments
from portal.models import User

PUBLIC = "public"
KEPT_SECONDS = 30
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@require_safe
@login_required
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """The pages that are there for the reader, and what they follow."""
    user: User = request.user  # type: ignore[assignment]
    at = moments.of(request)
    pages = [(page, reads.TITLES[page], reads.status(page, user, at=at)) for page in reads.readable(user, at=at)]
    return render(request, "incidents/status/index.html", {"pages": pages, "followed": following.of_user(user)})


@require_safe
def page(request: HttpRequest, page: str) -> HttpResponse:
    """One page as people read it; an unknown one, or one that is not the reader's, is not there."""
    at = moments.of(request)
    if page == PUBLIC:
        return _shared(request, lambda: HttpResponse(_public_page(at)))
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    found = _found(request, page, at)
    user: User = request.user  # type: ignore[assignment]
    words = {"status": found, "followed": following.keys(user), "now": at}
    words["may_follow"] = following.offered(user, found, at=at)
    words["leads"] = page == "executives" and reads.leadership(user, at=at)
    return _own(render(request, "incidents/status/page.html", words))


@require_safe
def document(request: HttpRequest, page: str) -> HttpResponse:
    """The same for machines; its shape is that of ``reads.as_json``."""
    at = moments.of(request)
    if page == PUBLIC:
        return _shared(request, lambda: JsonResponse(reads.as_json(reads.status("public", None, at=at), at=at)))
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return _own(JsonResponse(reads.as_json(_found(request, page, at), at=at)))


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The public page for feed readers."""
    at = moments.of(request)
    return _shared(request, lambda: HttpResponse(_atom(at), content_type="application/atom+xml; charset=utf-8"))


def _found(request: HttpRequest, page: str, at: datetime) -> reads.Status:
    user: User = request.user  # type: ignore[assignment]
    for known in reads.readable(user, at=at):
        if known == page:
            return reads.status(known, user, at=at)
    raise Http404


def _own(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response


def _shared(request: HttpRequest, answer: Any) -> HttpResponse:
    """`answer` drawn for nobody in particular, and marked so that it may be kept for all."""
    with translation.override(_language(request)), timezone.override(settings.TIME_ZONE):
        response: HttpResponse = answer()
        response["Content-Language"] = translation.get_language()
    response["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    response["Content-Security-Policy"] = POLICY
    response["Referrer-Policy"] = "no-referrer"
    patch_vary_headers(response, ["Accept-Language"])
    # NOTE: some middleware has looked whether somebody is signed in; the answer does not depend on it, and without
    # this the session would say that it does ("Vary: Cookie").
    request.session.accessed = False
    return response


def _language(request: HttpRequest) -> str:
    """What the browser asks for, whatever a cookie says."""
    asked = HttpRequest()
    asked.META = {"HTTP_ACCEPT_LANGUAGE": request.META.get("HTTP_ACCEPT_LANGUAGE", "")}
    return translation.get_language_from_request(asked)


def _public_page(at: datetime) -> str:
    found = reads.status("public", None, at=at)
    words = {"status": found, "at": at, "site_name": settings.SITE_NAME, "language": translation.get_language()}
    return render_to_string("incidents/status/public.html", words)


def _atom(at: datetime) -> str:
    found = reads.status("public", None, at=at)
    address = f"{settings.SITE_URL}/status/public/"
    made = Atom1Feed(
        f"{settings.SITE_NAME}: {found.title}", address, "", feed_url=f"{settings.SITE_URL}/status/public.atom"
    )
    every = [(trouble, item) for trouble in (*found.current, *found.past) for item in trouble.news]
    for trouble, item in sorted(every, key=lambda pair: pair[1].at, reverse=True)[: reads.LISTED]:
        made.add_item(
            title=item.title or trouble.title,
            link=f"{address}#{trouble.reference}",
            description=item.text or "\n".join(f"{word}: {text}" for word, text in item.lines),
            unique_id=f"{address}#{trouble.reference}-{item.at.isoformat()}",
            updateddate=item.at,
            pubdate=item.at,
        )
    return made.writeString("utf-8")
