"""What is said when a request fails: an honest page with the request id, drawn without the database."""

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.template import loader

from portal import middleware


def _page(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    # Only the request goes in: no context processor runs, so nothing here can fail a second time.
    words = {"request": request, "request_id": getattr(request, "request_id", "")}
    return HttpResponse(loader.render_to_string(template or f"{status}.html", words), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; 413 when the body is larger than `portal/limits.py` allows."""
    return _page(request, 413 if isinstance(exception, RequestDataTooBig | TooManyFilesSent) else 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 when it is the database that does not answer."""
    if isinstance(sys.exc_info()[1], middleware.OUTAGES):
        return middleware.unavailable(request)
    return _page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is gone; what was typed is given back."""
    return _page(request, 403, "403_csrf.html")
