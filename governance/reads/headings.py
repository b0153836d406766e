"""Headings of sheets in every language of the portal, so that a sheet comes back whoever has exported it."""

from collections.abc import Mapping

from django.conf import settings
from django.utils import translation

from governance.reads import sentences


def spoken(headings: Mapping[str, str]) -> dict[str, str]:
    """The column by its heading, in every language."""
    found: dict[str, str] = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found |= {sentences.said(text): name for name, text in headings.items()}
    return found
