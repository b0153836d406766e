"""Words of the glossary in texts: ``{% glossary as terms %}``, then ``{{ incident.summary|glossed:terms }}`` (D68)."""

import html
import re
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeData, SafeString, mark_safe

from governance.reads.glossary import Terms

register = template.Library()
MEANING_LENGTH = 200
_MARKUP = re.compile(r"(<[^<>]*>)")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
CLOSED = frozenset(
    ("a", "abbr", "button", "code", "h1", "h2", "h3", "kbd", "label", "option", "pre", "script", "select", "style")
) | {"svg", "summary", "textarea", "title"}
"""Inside these nothing is linked: they are links themselves, no prose, or a heading."""


@register.simple_tag
def glossary(workflow: Any = None) -> Terms:
    """The terms for the texts of a page, of the company or of `workflow`; costs one query when a text asks for it."""
    return Terms(workflow)


@register.filter
def glossed(text: Any, terms: Terms | None = None) -> SafeString:
    """`text` with links from words of the glossary to their meaning, each where it stands first in `text`.

    Plain text is escaped. Markup that is safe already stays as it is: only words between its tags are linked, and
    none inside a link, a heading or code.
    """
    text = "" if text is None else text
    if not isinstance(terms, Terms):
        return text if isinstance(text, SafeString) else escape(text)
    seen = terms.begun()
    if not isinstance(text, SafeData):
        return mark_safe(_linked(str(text), terms, seen))  # noqa: S308
    parts, closed = [], 0
    for piece in _MARKUP.split(str(text)):
        tag = _TAG.match(piece)
        if piece.startswith("<"):
            if tag is not None and tag[2].lower() in CLOSED:
                closed = max(0, closed + (-1 if tag[1] else 1))
            parts.append(piece)
        else:
            parts.append(piece if closed else _linked(html.unescape(piece), terms, seen))
    return mark_safe("".join(parts))  # noqa: S308


def _linked(text: str, terms: Terms, seen: set[str]) -> str:
    """Plain `text` as HTML."""
    parts: list[str] = []
    for segment in terms.segments(text, seen=seen):
        words, term = escape(segment.text), terms.term(segment.key) if segment.key else None
        if term is None:
            parts.append(words)
            continue
        meaning = term.meaning if len(term.meaning) <= MEANING_LENGTH else f"{term.meaning[:MEANING_LENGTH]}…"
        address = f"{reverse('governance:glossary')}#{term.key}"
        parts.append(f'<a class="term" href="{escape(address)}" title="{escape(meaning)}">{words}</a>')
    return "".join(parts)
