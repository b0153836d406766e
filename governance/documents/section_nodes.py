"""A section as a page draws it: every field with its texts and with what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.documents.facts import Finding
from governance.documents.section_forms import Lookup, plain
from governance.documents.section_orders import blank, first_name
from governance.documents.sections import Field, Section

MOST_NOTED = 6
"""So many things are said of a row that is closed."""
MOST_OPEN = 3


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
    """One row of a list. `kept` says why it may not be removed; `first` is the name of its first field."""

    name: str
    path: str
    title: str
    key: str = ""
    kept: str = ""
    first: str = ""
    fields: list[Node] = field(default_factory=list)
    item: Node | None = None
    findings: list[Finding] = field(default_factory=list)
    blocking: int = 0
    advisory: int = 0
    is_open: bool = False
    is_changed: bool = False
    is_first: bool = False
    is_last: bool = False

    @property
    def id(self) -> str:
        return self.name.replace(".", "-")

    @property
    def note(self) -> list[list[str]]:
        """What the row says, for a line where it is closed: what was chosen, and the rows inside."""
        said = []
        for node in self.fields:
            if node.of.widget == "choices":
                said.append([choice.words for choice in node.choices if choice.is_chosen][:MOST_NOTED])
            elif node.of.widget == "rows":
                said.append([row.title for row in node.rows if row.title][:MOST_NOTED])
        return [group for group in said if group]


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
    kept: Mapping[str, str] | None = None,
    focus: str = "",
    before: Mapping[str, Any] | None = None,
    opened: Mapping[str, Any] | None = None,
    is_refused: bool = False,
) -> Drawn:
    """`section` filled with `texts`, each finding beside the field that it concerns.

    A finding about something that is not drawn stands at the nearest thing around it. `before` are the texts in
    force: rows that differ are marked. A row opens that holds the field named `focus`, something else than `opened`
    (the texts as they were stored), or a blocking finding: when few rows do, or when nothing could be saved.
    """
    places: dict[str, Node | Row] = {}
    painter = _Painter(lookup, kept or {}, places)
    nodes = [painter.node(item, texts.get(item.name), item.name, f"/{item.name}") for item in section.fields]
    here, elsewhere, wrong = [], [], []
    names = set(section.names)
    for finding in findings:
        if finding.path.split("/")[1:2] and finding.path.split("/")[1] not in names:
            elsewhere.append(finding)
            continue
        place = _nearest(finding.path, places)
        if place is None or place in nodes and isinstance(place, Node) and place.of.widget in ("rows", "part"):
            here.append(finding)
        else:
            place.findings.append(finding)
            if finding.blocking:
                wrong.append(_wrong(place, finding, places))
        for row in _around(finding.path, places):
            row.blocking += finding.blocking
            row.advisory += not finding.blocking
    wrong_rows = [place for place in places.values() if isinstance(place, Row) and place.blocking]
    for place in wrong_rows if is_refused or len(wrong_rows) <= MOST_OPEN else ():
        place.is_open = True
    for place in places.values():
        if isinstance(place, Row) and focus and f"{focus}.".startswith(f"{place.name}."):
            place.is_open = True
    for node in nodes:
        if node.of.is_keyed:
            _compared(node, texts[node.of.name], before, opened)
    return Drawn(nodes, here, elsewhere, wrong)


def _compared(node: Node, texts: Any, before: Any, opened: Any) -> None:
    old = {row["key"]: row for row in before.get(node.of.name) or ()} if before is not None else {}
    stored = {row["key"]: row for row in opened.get(node.of.name) or ()} if opened is not None else {}
    for row, said in zip(node.rows, texts, strict=True):
        row.is_changed = before is not None and plain(said) != plain(old.get(row.key))
        row.is_open = row.is_open or (opened is not None and plain(said) != plain(stored.get(row.key)))


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

    def node(self, of: Field, texts: Any, name: str, path: str) -> Node:
        node = Node(of, name, path)
        self.places[path] = node
        if of.widget == "rows":
            node.rows = self.rows(of, texts, name, path)
        elif of.widget == "part":
            node.is_there = texts is not None
            node.fields = self.fields(of.fields, texts, name, path) if texts is not None else []
        else:
            node.choices = self.choices(of, texts)
            node.text = "" if of.widget == "choices" else texts or ""
        return node

    def fields(self, fields: Sequence[Field], texts: Mapping[str, Any], name: str, path: str) -> list[Node]:
        return [self.node(item, texts.get(item.name), f"{name}.{item.name}", f"{path}/{item.name}") for item in fields]

    def choices(self, of: Field, texts: Any) -> list[Choice]:
        if of.widget in ("choice", "choices"):
            known = [(value, of.words.get(value, value)) for value in of.choices]
        elif of.widget in ("thing", "pointer"):
            known = list(self.lookup.choices(of.refers))
            if texts and texts not in dict(known):
                known.append((texts, texts))
        else:
            return []
        chosen = texts if isinstance(texts, list) else [texts]
        return [Choice(value, said, value in chosen) for value, said in known]

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
            if of.item is not None:
                row.item = self.node(of.item, text, own, place)
                row.title = _title([row.item])
            else:
                row.fields = self.fields(of.fields, text, own, place)
                row.title = _title(row.fields)
            self.places[place] = row
            found.append(row)
        if found:
            found[0].is_first = found[-1].is_last = True
        return found


def _counts(of: Field, text: Any) -> bool:
    """The row is part of the content, not an empty one."""
    if isinstance(text, str):
        return bool(text.strip())
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
