"""``{% stale document as words %}``: why somebody should look at a document again; empty when it is in time."""

from typing import Any

from django import template

from governance.models import Document
from governance.reads import checks
from portal import moments

register = template.Library()


@register.simple_tag(takes_context=True)
def stale(context: Any, document: Document) -> str:
    """No query. A document that only comes near its day is in time."""
    return checks.stale_of(document, at=moments.of(context["request"]))
