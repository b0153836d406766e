"""One "now" for a request: what its view decides and everything that its page shows agree about the time."""

from datetime import datetime
from typing import Any

from django.utils import timezone


def of(request: Any) -> datetime:
    """The time of `request` (an HttpRequest): when somebody first asked for it."""
    if not hasattr(request, "at"):
        request.at = timezone.now()
    at: datetime = request.at
    return at
