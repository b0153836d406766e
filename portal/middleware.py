"""What holds for every request: an id that people can quote, and an honest answer when the database is away."""

import re
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from portal import ids
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


class DatabaseDownMiddleware:
    """A view that meets an absent database answers 503, so that machines try again and people know why."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, errors.OUTAGES):
            return None
        log.error("web.database_down", path=request.path, error=type(exception).__name__)
        return errors.unavailable(request)
