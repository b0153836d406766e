"""What the rows are called that other rows name by their key: responsibilities, roles, levels, paths, questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

SECTIONS: dict[str, str] = {
    "responsibility": "responsibilities",
    "role": "roles",
    "path": "paths",
    "levels": "levels",
    "weights": "dimensions",
    "audience": "audiences",
    "audiences": "audiences",
}
"""By field that holds such a key: the section whose rows have it."""
INSIDE: dict[str, tuple[str, str]] = {"next": ("scenarios", "steps")}
"""The same where the rows stand inside those of a section; a key that means several rows is left as it is."""

Titles = Mapping[str, Mapping[str, str]]
"""Title by key, by field."""

_OWN = ("title", "symptom", "question", "action")


def own(row: Mapping[str, Any]) -> str:
    """What a row calls itself; empty when it does not."""
    return next((row[field] for field in _OWN if isinstance(row.get(field), str) and row[field]), "")


def of(*contents: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The titles of what JSON `contents` define; the last one counts."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for field, section in SECTIONS.items():
        for content in contents:
            for row in _rows(content.get(section)):
                if row.get("title") and row.get("key"):
                    found[field][row["key"]] = row["title"]
    for field, (outer, inner) in INSIDE.items():
        for content in contents:
            if said := _inside(content, outer, inner):
                found[field] |= said
    return dict(found)


def _inside(content: Mapping[str, Any], outer: str, inner: str) -> dict[str, str]:
    found: dict[str, set[str]] = defaultdict(set)
    for holder in _rows(content.get(outer)):
        for row in _rows(holder.get(inner)):
            if isinstance(row.get("title"), str) and isinstance(row.get("key"), str):
                found[row["key"]].add(row["title"])
    return {key: said.pop() for key, said in found.items() if len(said) == 1}


def joined(outer: Titles, inner: Titles) -> dict[str, dict[str, str]]:
    """All titles of both; where both have one, that of `inner`."""
    return {field: {**outer.get(field, {}), **inner.get(field, {})} for field in {*outer, *inner}}


def _rows(value: Any) -> Iterable[dict[str, Any]]:
    return (row for row in value if isinstance(row, dict)) if isinstance(value, list) else ()
