"""``{{ resolution.sentence|said }}``: a sentence of the rules in the reader's language."""

from typing import Any

from django import template

from governance.documents.sentences import Sentence
from governance.reads import sentences

register = template.Library()


@register.filter
def said(text: Any) -> str:
    return sentences.said(text) if isinstance(text, str) else ""


@register.filter
def worded(text: Any) -> str:
    """A word of ours in the reader's language; what people typed stays, even where it reads like a sentence of ours."""
    return sentences.said(text) if isinstance(text, Sentence) else str(text)
