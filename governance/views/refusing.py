"""A page that says why somebody may see but not do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from portal import access
from portal.views import errors

View = Callable[..., HttpResponse]


def says_why(view: View) -> View:
    """`view` whose ``access.Refused`` becomes a 403 with the reason."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except access.Refused as error:
            return errors.refused(request, str(error))

    return wrapped
