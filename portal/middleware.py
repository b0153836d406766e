"""What holds for every request: an id that people can quote, and an honest answer when the database is away."""

import re
from collections.abc import Callable
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist, loader
from django.utils.translation import gettext as _

from portal import ids

log = structlog.get_logger(__name__)
Answer = Callable[[HttpRequest], HttpResponse]

HEADER = "X-Request-ID"
GOOD_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
RETRY_AFTER = "5"  # seconds
OUTAGES = (OperationalError, InterfaceError)


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


class DatabaseDownMiddleware:
    """A view that meets an absent database answers 503, so that machines try again and people know why."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OUTAGES):
            return None
        log.error("web.database_down", path=request.path, error=type(exception).__name__)
        return unavailable(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After, as JSON where machines ask; needs no database. Also for ``handler500``."""
    request_id = getattr(request, "request_id", "")
    response: HttpResponse
    if request.path.startswith(("/api/", "/v2/")) or "application/json" in request.headers.get("Accept", ""):
        detail = "The database does not answer. Nothing was stored; please send again."
        response = JsonResponse({"error": "unavailable", "detail": detail, "request_id": request_id}, status=503)
    else:
        response = HttpResponse(_page(request_id), status=503)
    response["Retry-After"] = RETRY_AFTER
    return response


def _page(request_id: str) -> str:
    words: dict[str, Any] = {"request_id": request_id}
    try:
        return loader.render_to_string("503.html", words)
    except TemplateDoesNotExist:
        sorry = _("The portal cannot reach its database. Nothing was saved; please try again in a moment.")
        return f"<!doctype html><title>503</title><p>{sorry}</p><p>{request_id}</p>"
