"""For the decision tree: ``{{ step.does|does }}`` is its kind in words, ``{{ duties|at:key }}`` an entry."""

from collections.abc import Mapping
from typing import Any

from django import template

from governance.documents.section_words import VALUES
from governance.reads import sentences

register = template.Library()


@register.filter
def does(kind: str) -> str:
    return sentences.said(VALUES["does"].get(kind, kind))


@register.filter
def at(entries: Mapping[str, Any], key: str) -> Any:
    return entries.get(key)
