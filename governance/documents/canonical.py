"""The canonical form of content (RFC 8785) and its digest."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import rfc8785

from governance.documents.sentences import Sentence as _

MAX_DEPTH = 32
MAX_BYTES = 8_000_000
MAX_INT = 2**53 - 1
MAX_STRING = 20_000
MAX_PATH = 200
FIRST_SURROGATE = "\ud800"  # from here on, the orders of UTF-16 and of code points part
BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class ContentError(ValueError):
    """Content cannot be stored or read. `path` is a JSON pointer, the message a sentence for people."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message, self.path = message, path

    def lies_in(self, part: str) -> None:
        """The place is inside `part`: said by each level that the error passes on its way out."""
        self.path = f"/{escape(part)}{self.path}"[:MAX_PATH]


def clean_text(text: str, path: str = "") -> str:
    """`text` in NFC. Raises ContentError for NUL, other control characters, lone surrogates, too much text."""
    if len(text) > MAX_STRING:
        raise ContentError(_("This text is longer than %(count)d characters.") % {"count": MAX_STRING}, path)
    if text.isascii() and text.isprintable():
        return text
    if BROKEN.search(text):
        raise ContentError(_("This text holds a control character or a broken one; please type it again."), path)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def clean(value: Any, depth: int = 0) -> Any:
    """`value` as a document may hold it: dict, list, str, int, bool or None. Raises ContentError with the place."""
    if isinstance(value, str):
        return clean_text(value)
    if depth > MAX_DEPTH:
        raise ContentError(_("This is nested deeper than %(count)d levels.") % {"count": MAX_DEPTH})
    if isinstance(value, dict):
        return _clean_mapping(value, depth)
    if isinstance(value, (list, tuple)):
        return _clean_list(value, depth)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_INT:
            raise ContentError(_("This number is too large."))
        return value
    if isinstance(value, float):
        raise ContentError(_("Fractions are not allowed here; use a whole number."))
    raise ContentError(_("A document cannot hold a %(type)s.") % {"type": type(value).__name__})


def _clean_mapping(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    result = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise ContentError(_("Names must be text, not %(key)r.") % {"key": key})
        name = clean_text(key)
        try:
            result[name] = clean(item, depth + 1)
        except ContentError as error:
            error.lies_in(key)
            raise
    if len(result) != len(value):
        raise ContentError(_("Two names here are the same text written in two ways."))
    return result


def _clean_list(value: Iterable[Any], depth: int) -> list[Any]:
    result: list[Any] = []
    for item in value:
        try:
            result.append(clean(item, depth + 1))
        except ContentError as error:
            error.lies_in(str(len(result)))
            raise
    return result


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
    text = _written(clean(content))
    if len(text.encode()) > MAX_BYTES:
        raise ContentError(_("This document is larger than %(size)d MB.") % {"size": MAX_BYTES // 1_000_000})
    return text


def _written(value: dict[str, Any]) -> str:
    """The RFC 8785 text of clean `value`.

    Without floats and with keys that sort alike as UTF-16 and as code points, sorted compact JSON is that text,
    and the standard library writes it ten times as fast.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text if text.isascii() or max(text) < FIRST_SURROGATE else rfc8785.dumps(value).decode()


def digest(text: str) -> str:
    """SHA-256 of the stored canonical text, as 64 hex digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
