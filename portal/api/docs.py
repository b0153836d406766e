"""`/api/docs`: the document of the API as a page of the portal, without any script of others."""

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal import api, limits
from portal.api import described


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every door, for everybody: the document says nothing about anybody."""
    context = {
        "shown": described.show(_document()),
        "calls": limits.API_CALLS_PER_MINUTE,
        "layout": "portal/base.html" if request.user.is_authenticated else "portal/plain.html",
    }
    return render(request, "portal/api/page.html", context)


@cache
def _document() -> dict[str, Any]:
    """The document as programs get it."""
    found: dict[str, Any] = json.loads(json.dumps(api.build().get_openapi_schema()))
    return found
