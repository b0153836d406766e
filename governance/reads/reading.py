"""The text of a version as people read it: in the order of its form, with names where content has ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.documents import base, redline, titles
from governance.documents.labels import LABELS
from governance.models import Version
from governance.reads import changes, named, sentences

LEFT_OUT = ("schema_number", "title", "key", "digest")
"""Shown elsewhere on the page, or of no interest to a reader."""
MOST = 2_000
NAMES = frozenset(
    {"person", "role", "team", "schedule", "responsibility", "board", "alternate", "workflow", "department"}
)
"""What a part may consist of that is said in a few words: somebody, or for whom something is."""


@dataclass(frozen=True)
class Block:
    """A heading with a text, a list of short texts, or blocks below it."""

    title: str
    text: str = ""
    lines: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()

    @property
    def is_deep(self) -> bool:
        """Whether its parts are so long that each is looked up by itself: they hold lists of parts again."""
        return any(inner.blocks for part in self.blocks for inner in part.blocks)


def blocks(version: Version) -> list[Block]:
    """What `version` says; one query for each kind of thing that is named."""
    content = changes.content(version)
    return _Reader(content).part(content, list(base.spec(version.document.kind).schema.model_fields))


@dataclass(frozen=True)
class Section:
    """A list of the document, or its own fields, with its parts in order, each told in a few lines."""

    title: str
    parts: tuple[redline.Entry, ...]


def sections(version: Version) -> list[Section]:
    """What `version` says, each part in a few lines; one query for each kind of thing that is named."""
    drawn = changes.redline({}, changes.content(version), shown=MOST)
    found: dict[str, list[redline.Entry]] = {}
    for entry in drawn.entries:
        if isinstance(entry, redline.Entry) and entry.path.strip("/") not in LEFT_OUT:
            found.setdefault(entry.section, []).append(entry)
    return [Section(title, tuple(parts)) for title, parts in found.items()]


class _Reader:
    def __init__(self, content: Mapping[str, Any]) -> None:
        self.names, self.titles = named.Named([content]), titles.joined(named.titles(), titles.of(content))

    def part(self, part: Mapping[str, Any], order: list[str]) -> list[Block]:
        """The fields of a part that say something, in `order`."""
        fields = sorted(part, key=lambda name: order.index(name) if name in order else len(order))
        wanted = [name for name in fields if name not in LEFT_OUT and part[name] not in (None, "", [])]
        own = titles.own(part)
        if not own and "key" in part:
            wanted = [name for name in wanted if name != "module"]  # it stands above
        return [self.field(name, part[name]) for name in wanted if part[name] != own]

    def field(self, name: str, value: Any) -> Block:
        label = sentences.said(LABELS.get(name, name.replace("_", " ")))
        title = label[:1].upper() + label[1:]
        if isinstance(value, list) and all(isinstance(row, dict) and not self._is_name(row) for row in value):
            return Block(title, blocks=tuple(Block(self._title(row), blocks=tuple(self._inner(row))) for row in value))
        if isinstance(value, list):
            return Block(title, lines=tuple(self._said(name, item) for item in value))
        if isinstance(value, dict) and not self._is_name(value):
            return Block(title, blocks=tuple(self._inner(value)))
        return Block(title, self._said(name, value))

    def _inner(self, row: Mapping[str, Any]) -> list[Block]:
        return self.part(row, [name for name in LABELS if name in row])

    def _title(self, row: Mapping[str, Any]) -> str:
        module = row.get("module")
        return titles.own(row) or (self._said("module", module) if module else str(row.get("key", "")))

    def _is_name(self, value: Any) -> bool:
        return isinstance(value, dict) and set(value) <= NAMES | {"criticality"}

    def _said(self, field: str, value: Any) -> str:
        said = redline.in_words(field, value, name=self.names.name, say=sentences.said, titles=self.titles)
        return said[:1].upper() + said[1:]
