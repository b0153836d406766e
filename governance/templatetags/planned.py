"""Words of a communication plan: ``{{ "email"|in_plan:"channel" }}``, ``{{ template.text|with_examples }}``."""

from django import template

from governance.documents import communication, section_words
from governance.reads import sentences

register = template.Library()


@register.filter
def in_plan(value: str, field: str) -> str:
    """What a fixed `value` of `field` is called."""
    return sentences.said(section_words.VALUES.get(field, {}).get(value, value))


@register.filter
def with_examples(text: str) -> str:
    """`text` as its readers see it, with examples in place of what is open."""
    return communication.filled(text)
