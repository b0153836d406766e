"""Sentences of the rules in the language of whoever reads them."""

from django.utils.translation import get_language, gettext

from governance.documents.sentences import Sentence, recognized


def said(text: str) -> str:
    """`text` in the active language: a Sentence, or what one was stored as; any other text stays as it is."""
    if not text or (get_language() or "en").startswith("en"):
        return str(text)
    known = text if isinstance(text, Sentence) else recognized(text)
    return known.rendered(gettext) if isinstance(known, Sentence) else text
