"""The canonical form of content (RFC 8785) and its digest."""

from __future__ import annotations

from typing import Any


class ContentError(ValueError):
    """Content cannot be stored or read. `path` is a JSON pointer, the message a sentence for people."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message, self.path = message, path


def canonical(content: dict[str, Any]) -> str:
    """The canonical text of JSON `content`: keys sorted, NFC, no floats, no NUL, no lone surrogates.

    Raises ContentError naming the place when content holds something that a document may not hold.
    """
    raise NotImplementedError


def digest(text: str) -> str:
    """SHA-256 of the stored canonical text, as 64 hex digits."""
    raise NotImplementedError
