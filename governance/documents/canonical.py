"""The canonical form of content (RFC 8785) and its digest."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

import rfc8785

from governance.documents.sentences import Sentence as _

MAX_DEPTH = 32
MAX_BYTES = 8_000_000
MAX_INT = 2**53 - 1
MAX_STRING = 20_000
BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class ContentError(ValueError):
    """Content cannot be stored or read. `path` is a JSON pointer, the message a sentence for people."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message, self.path = message, path


def clean_text(text: str, path: str = "") -> str:
    """`text` in NFC. Raises ContentError for NUL, other control characters, lone surrogates, too much text."""
    if len(text) > MAX_STRING:
        raise ContentError(_("This text is longer than %(count)d characters.") % {"count": MAX_STRING}, path)
    if BROKEN.search(text):
        raise ContentError(_("This text holds a control character or a broken one; please type it again."), path)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def clean(value: Any, path: str = "", depth: int = 0) -> Any:
    """`value` as a document may hold it: dict, list, str, int, bool or None. Raises ContentError with the place."""
    if depth > MAX_DEPTH:
        raise ContentError(_("This is nested deeper than %(count)d levels.") % {"count": MAX_DEPTH}, path[:200])
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean_text(value, path)
    if isinstance(value, int):
        if abs(value) > MAX_INT:
            raise ContentError(_("This number is too large."), path)
        return value
    if isinstance(value, float):
        raise ContentError(_("Fractions are not allowed here; use a whole number."), path)
    if isinstance(value, (list, tuple)):
        return [clean(item, f"{path}/{index}", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, dict):
        result = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise ContentError(_("Names must be text, not %(key)r.") % {"key": key}, path)
            result[clean_text(key, path)] = clean(item, f"{path}/{escape(key)}", depth + 1)
        if len(result) != len(value):
            raise ContentError(_("Two names here are the same text written in two ways."), path)
        return result
    raise ContentError(_("A document cannot hold a %(type)s.") % {"type": type(value).__name__}, path)


def escape(part: str) -> str:
    """One part of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def unescape(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def canonical(content: dict[str, Any]) -> str:
    """The canonical text of JSON `content`: keys sorted, NFC, no floats, no NUL, no lone surrogates.

    Raises ContentError naming the place when content holds something that a document may not hold.
    """
    if not isinstance(content, dict):
        raise ContentError(_("A document is a mapping of names to values."))
    text = rfc8785.dumps(clean(content))
    if len(text) > MAX_BYTES:
        raise ContentError(_("This document is larger than %(size)d MB.") % {"size": MAX_BYTES // 1_000_000})
    return text.decode("utf-8")


def digest(text: str) -> str:
    """SHA-256 of the stored canonical text, as 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
