"""Addresses and telephone numbers that somebody typed into a text, where readers would see them grow old (D4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.documents.base import Part
from governance.documents.facts import Finding
from governance.documents.sentences import Sentence as _

MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
PHONE = re.compile(
    r"(?<![\w.,/-])(?![0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2,4}\b)(?:\+|00|\(?0)[0-9][0-9 ()/.-]{5,24}[0-9](?![\w/-])"
)
FEWEST_DIGITS = 7
UNREAD = ("key", "digest")
ADDRESS = _("“%(text)s” is an address; leave it out, the page shows live who acts and how to reach them.")
NUMBER = _("“%(text)s” looks like a telephone number; leave it out, the page shows live how to reach people.")


def findings(content: Part) -> Iterator[Finding]:
    """An advisory finding for the first address and the first number of every text of `content`."""
    for path, text in texts(content):
        if found := MAIL.search(text):
            yield Finding("advisory", path, ADDRESS % {"text": found[0]})
        for found in PHONE.finditer(text):
            if sum(character.isdigit() for character in found[0]) >= FEWEST_DIGITS:
                yield Finding("advisory", path, NUMBER % {"text": found[0].strip()})
                break


def texts(content: Part) -> Iterator[tuple[str, str]]:
    """(path, text) of everything that somebody wrote, in document order."""
    waiting: list[tuple[str, object]] = [("", content)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, Part):
            fields = [
                (f"{path}/{name}", item) for name, item in vars(value).items() if name in type(value).model_fields
            ]
            waiting += [item for item in reversed(fields) if item[0].rpartition("/")[2] not in UNREAD]
        elif isinstance(value, tuple):
            rows = [(f"{path}/{getattr(item, 'key', index)}", item) for index, item in enumerate(value)]
            waiting += reversed(rows)
