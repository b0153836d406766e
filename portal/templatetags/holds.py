"""What pages say of a legal hold: one query."""

from typing import Any

from django import template

from portal.services import hold

register = template.Library()


@register.inclusion_tag("portal/_held.html")
def held(subject: Any) -> dict[str, Any]:
    """A banner while `subject` is kept for legal reasons, else nothing."""
    return {"hold": hold.of([subject])}
