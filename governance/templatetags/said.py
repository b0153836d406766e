"""``{{ resolution.sentence|said }}``: a sentence of the rules in the reader's language."""

from typing import Any

from django import template

from governance.reads import sentences

register = template.Library()


@register.filter
def said(text: Any) -> str:
    return sentences.said(text) if isinstance(text, str) else ""
