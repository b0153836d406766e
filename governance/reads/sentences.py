"""Sentences of the rules in the language of whoever reads them."""

from django.utils.translation import get_language, gettext

from governance.documents import sentences
from governance.documents.sentences import Sentence, recognized


def said(text: str) -> str:
    """`text` in the active language: a Sentence, or what one was stored as; any other text stays as it is."""
    if not text or (get_language() or "en").startswith("en"):
        return str(text)
    known = text if isinstance(text, Sentence) else recognized(text)
    return known.rendered(gettext) if isinstance(known, Sentence) else text


def lasting(minutes: int) -> str:
    """So many minutes, to stand in a sentence: "15 minutes", "4 hours"."""
    return said(sentences.lasting(minutes))


def after(minutes: int) -> str:
    """When something comes, from the start on: "at once", "after 40 minutes"."""
    return gettext("after %(time)s") % {"time": lasting(minutes)} if minutes else gettext("at once")
