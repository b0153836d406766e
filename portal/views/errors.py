"""What is said when a request fails: an honest page with the request id, drawn without the database."""

import sys
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist, loader
from django.utils.translation import gettext as _

RETRY_AFTER = "5"  # seconds
OUTAGES = (OperationalError, InterfaceError)


def for_machines(request: HttpRequest) -> bool:
    """Whether the address is one that programs use."""
    return request.path.startswith(("/api/", "/v2/"))


def _page(request: HttpRequest, status: int, template: str = "") -> HttpResponse:
    # Only the request goes in: no context processor runs, so nothing here can fail a second time.
    words = {"request": request, "request_id": getattr(request, "request_id", "")}
    return HttpResponse(loader.render_to_string(template or f"{status}.html", words), status=status)


def refused(request: HttpRequest, reason: str) -> HttpResponse:
    """403 with why, on a page of the site."""
    return render(request, "403.html", {"reason": reason}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; 413 when the body is larger than `portal/limits.py` allows. As JSON for machines."""
    if for_machines(request):
        large = isinstance(exception, RequestDataTooBig | TooManyFilesSent)
        said = {"error": "too_large"} if large else {"error": "bad_request"}
        said |= {"detail": "This request cannot be read.", "request_id": getattr(request, "request_id", "")}
        return JsonResponse(said, status=413 if large else 400)
    return _page(request, 413 if isinstance(exception, RequestDataTooBig | TooManyFilesSent) else 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 when it is the database that does not answer."""
    if isinstance(sys.exc_info()[1], OUTAGES):
        return unavailable(request)
    return _page(request, 500)


def not_a_page(request: HttpRequest, allowed: str) -> HttpResponse:
    """405 for somebody who goes where only a form may send to, say by the address bar or after signing in."""
    response = _page(request, 405)
    response["Allow"] = allowed
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is gone; what was typed is given back."""
    return _page(request, 403, "403_csrf.html")


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After, as JSON where machines ask; needs no database. Also for ``handler500``."""
    request_id = getattr(request, "request_id", "")
    response: HttpResponse
    if for_machines(request) or "application/json" in request.headers.get("Accept", ""):
        detail = "The database does not answer. Nothing was stored; please send again."
        content: dict[str, Any] = {"error": "unavailable", "detail": detail, "request_id": request_id}
        if request.path.startswith("/v2/"):  # in the shape of PagerDuty's Events API
            content |= {"status": "unavailable", "message": detail, "errors": [detail]}
        response = JsonResponse(content, status=503)
    else:
        response = HttpResponse(_unavailable_page(request, request_id), status=503)
    response["Retry-After"] = RETRY_AFTER
    return response


def _unavailable_page(request: HttpRequest, request_id: str) -> str:
    try:
        return loader.render_to_string("503.html", {"request": request, "request_id": request_id})
    except TemplateDoesNotExist:
        sorry = _("The portal cannot reach its database. Nothing was saved; please try again in a moment.")
        return f"<!doctype html><title>503</title><p>{sorry}</p><p>{request_id}</p>"
