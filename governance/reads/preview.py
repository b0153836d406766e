"""A draft as its readers will see it: part by part in plain words, with names where the content has ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from governance.documents.canonical import escape
from governance.documents.redline import Entry, Line
from governance.documents.sections import UNSEEN
from governance.models import Document
from governance.reads import changes, sections, sentences

MOST = 2_000
"""So many entries are drawn."""
_UNSEEN = {name.partition(".")[2] for name in UNSEEN}


@dataclass(frozen=True)
class Said:
    """An entry of a part; `is_inner`: it belongs to the one above."""

    title: str
    lines: list[Line]
    is_inner: bool


@dataclass(frozen=True)
class Part:
    """A part of a document: what it is called, and its entries, each with lines of words."""

    key: str
    title: str
    entries: list[Said]


def parts(document: Document, content: Mapping[str, Any]) -> list[Part]:
    """Everything that `content` says, in the order of the document; empty parts are left out."""
    shown = {name: _seen(value) for name, value in content.items() if name not in ("schema_number", "scope")}
    place = {path: number for number, path in enumerate(_paths(shown, ""))}
    entries = [item for item in changes.redline({}, shown, shown=MOST).entries if isinstance(item, Entry)]
    entries.sort(key=lambda item: place.get(item.path, len(place)))
    made = []
    for section in sections.of(document):
        mine = [_said(item) for item in entries if item.path.partition("/")[0] in section.names]
        if mine:
            made.append(Part(section.key, sentences.said(section.title), mine))
    return made


def _said(entry: Entry) -> Said:
    lines = [line for line in entry.lines if " ".join(piece.text for piece in line.pieces) != entry.title]
    return Said(entry.title, lines, entry.path.count("/") > 1)


def _seen(value: Any) -> Any:
    """`value` without what follows from the rest."""
    if isinstance(value, dict):
        return {name: _seen(inner) for name, inner in value.items() if name not in _UNSEEN}
    return [_seen(inner) for inner in value] if isinstance(value, list) else value


def _paths(value: Any, path: str) -> Iterator[str]:
    """Paths of all rows and fields in the order in which they stand."""
    for name, inner in value.items():
        here = f"{path}{name}"
        yield here
        if isinstance(inner, dict):
            yield from _paths(inner, f"{here}/")
        for row in inner if isinstance(inner, list) else ():
            if isinstance(row, dict) and "key" in row:
                yield f"{here}/{escape(row['key'])}"
                yield from _paths(row, f"{here}/{escape(row['key'])}/")
