"""Where in a document something is, in words: the section, the row by its title or by what it says, the field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from governance.documents import titles as titled
from governance.documents.canonical import unescape
from governance.documents.labels import label
from governance.documents.redline import Name, Say, in_words
from governance.documents.titles import Titles

LONGEST = 80
"""So many characters of a row without a title say which one it is."""


def words(
    path: str,
    contents: Iterable[Mapping[str, Any]],
    *,
    name: Name,
    say: Say,
    titles: Titles | None = None,
) -> tuple[str, ...]:
    """The steps of `path` (a pointer as of ``diff``) in words; a key only where no content has the row.

    `contents` are asked for the row in their order. `titles` are those of rows that another document
    defines.
    """
    contents = list(contents)
    known = titled.joined(titles or {}, titled.of(*reversed(contents)))
    values: list[Any] = contents
    found: list[str] = []
    for step in (unescape(part) for part in path.split("/")[1:]):
        if any(isinstance(value, list) for value in values):
            values = [row for value in values if isinstance(value, list) for row in value if _is(row, step)]
            found.append(row(values[0], name=name, say=say, titles=known) if values else step)
        else:
            values = [value[step] for value in values if isinstance(value, dict) and step in value]
            rows = [row for value in values if isinstance(value, list) for row in value if isinstance(row, dict)]
            found.append(label(step, say, rows))
    return tuple(found)


def row(row: Mapping[str, Any], *, name: Name, say: Say, titles: Titles) -> str:
    """Which row it is: its title; of an owner the place, the responsibility, the severity and the part."""
    if called := titled.own(row):
        return called

    def said(field: str, value: Any) -> str:
        return in_words(field, value, name=name, say=say, titles=titles)

    if isinstance(row.get("responsibility"), str) and "holder" in row:
        texts = [
            said("scope", row.get("scope") or {}),
            said("responsibility", row["responsibility"]),
            said("severity", row.get("severity", "any")),
            said("letter", row.get("letter", "A")),
        ]
        return ", ".join(texts)
    text = said("", {field: value for field, value in row.items() if field != "key"}) or str(row["key"])
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _is(row: Any, key: str) -> bool:
    return isinstance(row, dict) and row.get("key") == key
