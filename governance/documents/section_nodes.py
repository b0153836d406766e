"""A section as a page draws it: every field with its texts and with what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.documents.facts import Finding
from governance.documents.section_forms import Lookup, plain
from governance.documents.section_orders import blank, first_name
from governance.documents.sections import TITLES, Field, Section
from governance.documents.sentences import Sentence as _

WHOLE = ("rows", "folded", "part")
"""What is wrong with one of these as a whole stands on top of the page."""
COUNTED = _("%(what)s: %(count)s")
"""How many rows a list in a row has: "steps: 12"."""
MOST_NOTED = 4
"""So many things are said of a row that is folded."""


@dataclass(slots=True)
class Choice:
    value: str
    words: str
    is_chosen: bool


@dataclass(slots=True)
class Node:
    """One field: `text` of a single value, `rows` of a list, `fields` of a part; `choices` where one may choose."""

    of: Field
    name: str
    path: str
    text: str = ""
    choices: list[Choice] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    fields: list[Node] = field(default_factory=list)
    is_there: bool = True
    findings: list[Finding] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.name.replace(".", "-")

    @property
    def is_wrong(self) -> bool:
        return any(finding.blocking for finding in self.findings)


@dataclass(slots=True)
class Row:
    """One row of a list. `kept` says why it may not be removed; `first` is the name of its first field.

    `note` is what a folded row says, for a line below its title. A row that is `gone` is removed by saving.
    """

    name: str
    path: str
    title: str
    key: str = ""
    kept: str = ""
    first: str = ""
    note: list[str] = field(default_factory=list)
    fields: list[Node] = field(default_factory=list)
    item: Node | None = None
    findings: list[Finding] = field(default_factory=list)
    blocking: int = 0
    advisory: int = 0
    is_gone: bool = False
    is_changed: bool = False
    is_first: bool = False
    is_last: bool = False

    @property
    def id(self) -> str:
        return self.name.replace(".", "-")

    @property
    def address(self) -> str:
        """The address of the page that a folded row has."""
        return self.path.lstrip("/")


@dataclass(slots=True)
class Wrong:
    """Something that must be fixed: where (an id of the page, the row, the field), and why."""

    id: str
    row: str
    label: str
    finding: Finding


@dataclass(slots=True)
class Drawn:
    """A drawn section: its fields, what is wrong with all of it, and what is wrong elsewhere in the document."""

    nodes: list[Node]
    findings: list[Finding]
    elsewhere: list[Finding]
    wrong: list[Wrong]


def drawn(
    section: Section,
    texts: Mapping[str, Any],
    findings: Iterable[Finding],
    lookup: Lookup,
    *,
    path: str = "",
    stored: Mapping[str, Any] | None = None,
    kept: Mapping[str, str] | None = None,
    before: Mapping[str, Any] | None = None,
    was: Mapping[str, Any] | None = None,
) -> Drawn:
    """`section` filled with `texts`, each finding beside the field that it concerns.

    `path` leads to what holds the fields, `stored` is that as it is kept (folded rows say what stands there). A
    finding about something that is not drawn stands at the nearest thing around it. `was` is what is in force, and
    `before` its texts: rows that differ are marked.
    """
    places: dict[str, Node | Row] = {}
    painter = _Painter(lookup, kept or {}, places)
    nodes = [
        painter.node(item, texts.get(item.name), item.name, f"{path}/{item.name}", (stored or {}).get(item.name))
        for item in section.fields
    ]
    here, elsewhere, wrong = [], [], []
    for finding in findings:
        if finding.path and not _is_here(finding.path, path, section.names):
            elsewhere.append(finding)
            continue
        place = _nearest(finding.path, places)
        if place is None or (place in nodes and isinstance(place, Node) and place.of.widget in WHOLE):
            here.append(finding)
        else:
            place.findings.append(finding)
            if finding.blocking:
                wrong.append(_wrong(place, finding, places))
        for row in _around(finding.path, places):
            row.blocking += finding.blocking
            row.advisory += not finding.blocking
    for node in nodes:
        if node.of.is_keyed and node.of.widget == "rows" and before is not None:
            _compared(node, texts[node.of.name], before)
        elif node.of.widget == "folded" and was is not None:
            _compared_folded(node, (stored or {}).get(node.of.name) or (), was.get(node.of.name) or ())
    return Drawn(nodes, here, elsewhere, wrong)


def _is_here(found: str, path: str, names: Sequence[str]) -> bool:
    if found == path or not found.startswith(f"{path}/"):
        return found == path
    return found[len(path) + 1 :].partition("/")[0] in names or bool(path)


def _compared(node: Node, texts: Any, before: Any) -> None:
    old = {row["key"]: row for row in before.get(node.of.name) or ()}
    for row, said in zip(node.rows, texts, strict=True):
        row.is_changed = plain(said) != plain(old.get(row.key))


def _compared_folded(node: Node, now: Sequence[Any], was: Sequence[Any]) -> None:
    said, old = {row["key"]: row for row in now}, {row["key"]: row for row in was}
    for row in node.rows:
        row.is_changed = said.get(row.key) != old.get(row.key)


def _nearest(path: str, places: Mapping[str, Node | Row]) -> Node | Row | None:
    while path:
        if path in places:
            return places[path]
        path = path.rpartition("/")[0]
    return None


def _wrong(place: Node | Row, finding: Finding, places: Mapping[str, Node | Row]) -> Wrong:
    rows = [row.title for row in reversed(_around(finding.path, places)) if row.title]
    label = place.of.label if isinstance(place, Node) else ""
    return Wrong(f"{'f' if isinstance(place, Node) else 'r'}-{place.id}", rows[0] if rows else "", label, finding)


def _around(path: str, places: Mapping[str, Node | Row]) -> list[Row]:
    found = []
    while path:
        place = places.get(path)
        if isinstance(place, Row):
            found.append(place)
        path = path.rpartition("/")[0]
    return found


class _Painter:
    def __init__(self, lookup: Lookup, kept: Mapping[str, str], places: dict[str, Node | Row]) -> None:
        self.lookup, self.kept, self.places = lookup, kept, places
        self.known: dict[str, Sequence[tuple[str, str]]] = {}

    def node(self, of: Field, texts: Any, name: str, path: str, stored: Any = None) -> Node:
        node = Node(of, name, path)
        self.places[path] = node
        if of.widget == "rows":
            node.rows = self.rows(of, texts, name, path)
        elif of.widget == "folded":
            node.rows = self.folded(of, texts, name, path, stored)
        elif of.widget == "part":
            node.is_there = texts is not None
            node.fields = self.fields(of.fields, texts, name, path, stored) if texts is not None else []
        else:
            node.choices = self.choices(of, texts)
            node.text = "" if of.widget == "choices" else texts or ""
        return node

    def fields(
        self, fields: Sequence[Field], texts: Mapping[str, Any], name: str, path: str, stored: Any = None
    ) -> list[Node]:
        kept = stored if isinstance(stored, dict) else {}
        return [
            self.node(item, texts.get(item.name), f"{name}.{item.name}", f"{path}/{item.name}", kept.get(item.name))
            for item in fields
        ]

    def choices(self, of: Field, texts: Any) -> list[Choice]:
        if of.widget in ("choice", "choices"):
            known = [(value, of.words.get(value, value)) for value in of.choices]
        elif of.widget in ("thing", "pointer"):
            known = list(self.offered(of.refers))
            if texts and texts not in dict(known):
                known.append((texts, texts))
        else:
            return []
        chosen = texts if isinstance(texts, list) else [texts]
        return [Choice(value, said, value in chosen) for value, said in known]

    def offered(self, refers: str) -> Sequence[tuple[str, str]]:
        if refers not in self.known:
            self.known[refers] = self.lookup.choices(refers)
        return self.known[refers]

    def folded(self, of: Field, texts: Sequence[Any], name: str, path: str, stored: Any) -> list[Row]:
        """The titles of rows that have pages of their own."""
        said = {row["key"]: row for row in stored or ()}
        found: list[Row] = []
        for index, text in enumerate(texts):
            key = text.get("key", "")
            place = f"{path}/{key}"
            row = Row(f"{name}.{index}", place, "", key=key, kept=self.kept.get(place, ""))
            row.title, row.note = self.summary(of, said.get(key) or {})
            row.is_gone = bool(text.get("gone"))
            self.places[place] = row
            found.append(row)
        return _ended(found)

    def summary(self, of: Field, row: Mapping[str, Any]) -> tuple[str, list[str]]:
        """The title of a stored row, and a few words more."""
        title = next((str(row[name]) for name in TITLES if row.get(name)), "")
        words = []
        for item in of.fields:
            value = row.get(item.name)
            if not value or item.name in TITLES:
                continue
            if item.widget in ("choice", "choices"):
                words += [item.words.get(one, str(one)) for one in (value if isinstance(value, list) else [value])]
            elif item.widget in ("thing", "pointer"):
                words.append(next((said for known, said in self.offered(item.refers) if known == value), str(value)))
            elif item.widget == "name":
                words.append(self.lookup.text(item.refers, value))
            elif item.widget == "rows" and item.item is None:
                words.append(COUNTED % {"count": len(value), "what": item.label})
        return title, words[:MOST_NOTED]

    def rows(self, of: Field, texts: Sequence[Any], name: str, path: str) -> list[Row]:
        found: list[Row] = []
        number = 0
        for index, text in enumerate(texts):
            own, key = f"{name}.{index}", ""
            if isinstance(text, dict):
                key = text.get("key", "")
            part = (text.get("made") or key or str(number)) if isinstance(text, dict) else str(number)
            # An empty row is no part of the content; it may not take the place of one in findings.
            counts = _counts(of, text)
            place = f"{path}/{part}" if counts else f"{path}/-{index}"
            number += counts
            row = Row(own, place, "", key=key, kept=self.kept.get(place, ""), first=first_name(of, own))
            row.is_gone = isinstance(text, dict) and bool(text.get("gone"))
            if of.item is not None:
                row.item = self.node(of.item, text, own, place)
                row.title = _title([row.item])
            else:
                row.fields = self.fields(of.fields, text, own, place)
                row.title = _title(row.fields)
            self.places[place] = row
            found.append(row)
        return _ended(found)


def _ended(rows: list[Row]) -> list[Row]:
    if rows:
        rows[0].is_first = rows[-1].is_last = True
    return rows


def _counts(of: Field, text: Any) -> bool:
    """The row is part of the content, not an empty one."""
    if isinstance(text, str):
        return bool(text.strip())
    if text.get("gone"):
        return False
    if of.is_keyed:
        return bool(text.get("key") or text.get("made"))
    return bool(plain(text) != blank(of))


def _title(fields: Sequence[Node]) -> str:
    """The first words of a row."""
    for node in fields:
        chosen = [choice.words for choice in node.choices if choice.is_chosen and choice.value]
        said = chosen[0] if chosen and node.of.widget != "choices" else node.text
        if said:
            return said
    return ""
