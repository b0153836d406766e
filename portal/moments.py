"""One "now" for a request, and a moment in words.

What a view decides and everything that its page shows agree about the time.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext


def of(request: Any) -> datetime:
    """The time of `request` (an HttpRequest): when somebody first asked for it."""
    if not hasattr(request, "at"):
        request.at = timezone.now()
    at: datetime = request.at
    return at


def in_words(at: datetime) -> str:
    """`at` in the reader's zone and language, e.g. ``12 Mar, 14:30``."""
    local = timezone.localtime(at)
    return f"{date_format(local, pgettext('date format', 'j M'))}, {local:%H:%M}"


def with_year(at: datetime) -> str:
    """`at` where last year is looked at as often as this one, e.g. ``12 Mar 2026, 14:30``."""
    local = timezone.localtime(at)
    return f"{date_format(local, pgettext('date format', 'j M Y'))}, {local:%H:%M}"


def exactly(at: datetime) -> str:
    """`at` where seconds and the zone matter, e.g. ``12 Mar 2026, 14:30:05 UTC``."""
    local = timezone.localtime(at)
    return f"{date_format(local, pgettext('date format', 'j M Y'))}, {local:%H:%M:%S %Z}"
