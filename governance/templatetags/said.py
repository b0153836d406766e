"""``{{ resolution.sentence|said }}``: a sentence of the rules in the reader's language."""

from typing import Any

from django import template

from governance.documents.sentences import Sentence
from governance.reads import sentences
from governance.rules.resolution import Resolution

register = template.Library()


@register.filter
def said(text: Any) -> str:
    return sentences.said(text) if isinstance(text, str) else ""


@register.filter
def worded(text: Any) -> str:
    """A word of ours in the reader's language; what people typed stays, even where it reads like a sentence of ours."""
    return sentences.said(text) if isinstance(text, Sentence) else str(text)


@register.filter
def lasting(minutes: Any) -> str:
    """So many minutes inside a sentence in the reader's language: "15 minutes", "4 hours"; alone they are `spelled`."""
    return sentences.lasting(minutes) if isinstance(minutes, int) else ""


@register.filter
def after(minutes: int) -> str:
    """When something comes, from the start on: "at once", "after 40 minutes"."""
    return sentences.after(minutes)


@register.filter
def whys(resolutions: list[Resolution]) -> list[str]:
    """Every sentence that says why these are the ones, each once however many answers it decides."""
    decided = [resolution for resolution in resolutions if resolution.decided_by]
    found = [resolution.decided_by.sentence for resolution in decided if resolution.decided_by]
    return list(dict.fromkeys([*found, *(other.sentence for item in decided for other in item.why_not)]))
