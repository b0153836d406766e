"""Values of papers on pages."""

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal import papers

register = template.Library()
LONG = 24


@register.filter
def paper_value(value: papers.Value) -> SafeString | str:
    """A moment as one that programs can read, everything else in words."""
    if isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), papers.said(value))
    return papers.said(value)


@register.filter
def breaks(value: papers.Value) -> bool:
    """Whether a word in it is so long that it has to be broken anywhere, such as a fingerprint."""
    return isinstance(value, str) and any(len(word) > LONG for word in value.split())
