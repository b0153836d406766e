"""What holds for every request: an id that people can quote, and an honest answer when the database is away."""

import re
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone, translation

from portal import access, ids
from portal.views import errors

log = structlog.get_logger(__name__)
Answer = Callable[[HttpRequest], HttpResponse]

HEADER = "X-Request-ID"
GOOD_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


class RequestIdMiddleware:
    """``request.request_id``: what a proxy gave, else new; in every log line and answer. First of all."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request.request_id = given if GOOD_ID.match(given) else str(ids.uuid7())  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request.request_id):  # type: ignore[attr-defined]
            response = self.get_response(request)
        response[HEADER] = request.request_id  # type: ignore[attr-defined]
        return response


def _has_nul(request: HttpRequest) -> bool:
    """Whether the address holds a NUL, which PostgreSQL cannot even look for; forms refuse it by themselves."""
    return "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", "")


class DatabaseDownMiddleware:
    """A view that meets an absent database answers 503, so that machines try again and people know why.

    An address that no database can look for (with a NUL) gets no further: 400. Last of all.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _has_nul(request):
            return errors.bad_request(request, BadRequest())
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, errors.OUTAGES):
            return None
        log.error("web.database_down", path=request.path, error=type(exception).__name__)
        return errors.unavailable(request)


class NotAPageMiddleware:
    """An address that takes only what a form sends says so in words, not by an empty page."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "GET" and response.status_code == 405 and not response.content:
            return errors.not_a_page(request, response.get("Allow", ""))
        return response


class SignedOutMiddleware:
    """A part of a page never becomes the sign-in page: whoever has been signed out meanwhile gets 401 instead."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_part = request.headers.get("HX-Request") == "true"
        if is_part and response.status_code == 302 and response["Location"].startswith(resolve_url(settings.LOGIN_URL)):
            return HttpResponse(status=401)
        return response


class PersonalMiddleware:
    """The language and the time zone of the person who looks; behind sign-in, before the views."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            locale, name = getattr(request.user, "locale", ""), getattr(request.user, "time_zone", "")
        except errors.OUTAGES:
            return self.get_response(request)  # the view meets the same outage and answers it
        if request.method in ("GET", "HEAD"):
            access.remember(request.user)
        if locale:
            translation.activate(locale)
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
        with timezone.override(_zone(name)):
            return self.get_response(request)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)
