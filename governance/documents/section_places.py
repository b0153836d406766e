"""Where in a document one page of the editor stands: a section, or one row of it, however deep.

Rows that are too large for a line have a page each; the list that they stand in shows their titles only. So a page
stays small in a document of any size, and two people who edit different rows do not get in each other's way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from governance.documents import base
from governance.documents.canonical import unescape
from governance.documents.section_forms import KEY, made
from governance.documents.sections import TITLES, Field, Section

NEW = "-"
"""Stands for the key of a row that is not there yet; no key begins with it."""


@dataclass(frozen=True, slots=True)
class Place:
    """What one page edits: all of `section`, or the row at `address` (``scenarios/stalled/steps/check``).

    `here` has the fields of the page, large rows folded; `list_field` is the list that the row stands in.
    """

    section: Section
    here: Section
    address: str = ""
    steps: tuple[tuple[str, str | None], ...] = ()
    """The address as (field, key of a row in it); without a key it is a part."""
    list_field: Field | None = None

    @property
    def is_row(self) -> bool:
        return bool(self.address)

    @property
    def is_new(self) -> bool:
        return self.address.rpartition("/")[2] == NEW

    @property
    def path(self) -> str:
        """JSON pointer to what holds the fields of the page."""
        return f"/{self.address}" if self.address else ""

    @property
    def around(self) -> str:
        """Address of the page with the list that the row stands in; empty for that of the section."""
        return around(self.section, self.address)

    def row(self, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What holds the fields of the page: the document or the row; None when it is not there."""
        found: Mapping[str, Any] | None = content
        for name, key in self.steps:
            inner: Any = (found or {}).get(name)
            found = inner if key is None else next((row for row in inner or () if row["key"] == key), None)
        return found

    def said(self, content: Mapping[str, Any]) -> dict[str, Any] | None:
        """What `content` says on this page, of folded rows the keys; None when the row is not there."""
        row = self.row(content)
        if row is None:
            return None
        return {field.name: _folded(field, row[field.name]) for field in self.here.fields if field.name in row}

    def token(self, content: Mapping[str, Any]) -> str:
        """Stands for what the page says: two equal tokens, the same words."""
        return base.digest(base.canonical({"said": self.said(content)}))

    def put(self, content: Mapping[str, Any], parts: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """`content` with `parts` on this page, and the address of the page then: a new row gets its key.

        A row that is gone is added again. Folded rows keep their words; those that are gone are left out.
        """
        found, where = self._put(content, self.steps, parts)
        return found, "/".join(where)

    def _put(
        self, here: Mapping[str, Any], steps: Sequence[tuple[str, str | None]], parts: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        if not steps:
            rest = {name: value for name, value in here.items() if name not in self.here.names}
            fields = {field.name: field for field in self.here.fields}
            return rest | {name: _unfolded(fields[name], value, here.get(name)) for name, value in parts.items()}, []
        (name, key), *deeper = steps
        inner: Any = here.get(name)
        if key is None:
            part, where = self._put(inner or {}, deeper, parts)
            return {**here, name: part}, [name, *where]
        rows = list(inner or ())
        if key == NEW and self.list_field is not None:
            key = made(self.list_field, parts, {row["key"] for row in rows})
        index = next((number for number, row in enumerate(rows) if row["key"] == key), len(rows))
        row, where = self._put(rows[index] if index < len(rows) else {"key": key}, deeper, parts)
        return {**here, name: [*rows[:index], row, *rows[index + 1 :]]}, [name, key, *where]


def place(section: Section, address: str = "") -> Place | None:
    """The page of `section` at `address`; None when no page can be there. Whether the row exists says the content."""
    if not address:
        return Place(section, _page(section, section.title, section.help, section.fields))
    names = address.split("/")
    fields: Sequence[Field] = section.fields
    found: Field | None = None
    steps: list[tuple[str, str | None]] = []
    while names:
        name = names.pop(0)
        field = next((item for item in fields if item.name == name), None)
        key: str | None = None
        if field is None or not names:
            return None
        if field.widget == "rows":
            key, found = names.pop(0), field
            if not (field.is_keyed and field.is_large and KEY.fullmatch(key)) and (key != NEW or names):
                return None
        elif field.widget != "part":
            return None
        steps.append((name, key))
        fields = field.fields
    if found is None:
        return None
    return Place(section, _page(section, found.label, found.help, fields), address, tuple(steps), found)


def _page(section: Section, title: str, text: str, fields: Sequence[Field]) -> Section:
    return Section(section.key, title, text, tuple(fold(field) for field in fields), section.elsewhere)


def fold(field: Field) -> Field:
    """`field` as a page has it: rows that have a page of their own are folded."""
    if field.widget == "rows" and field.is_keyed and field.is_large:
        return replace(field, widget="folded")
    return replace(field, fields=tuple(map(fold, field.fields))) if field.widget == "part" else field


def _folded(field: Field, value: Any) -> Any:
    if field.widget == "folded":
        return [{"key": row["key"]} for row in value]
    if field.widget == "part" and value is not None:
        return {inner.name: _folded(inner, value[inner.name]) for inner in field.fields if inner.name in value}
    return value


def _unfolded(field: Field, value: Any, stored: Any) -> Any:
    if field.widget == "folded":
        known = {row["key"]: row for row in stored or ()}
        return [known[row["key"]] for row in value if row["key"] in known]
    if field.widget == "part" and value is not None:
        fields = {inner.name: inner for inner in field.fields}
        before = stored or {}
        return {name: _unfolded(fields[name], inner, before.get(name)) for name, inner in value.items()}
    return value


def around(section: Section, address: str) -> str:
    """Address of the page around the row at `address`; empty for the page of the section."""
    steps = address.split("/")[:-1]
    while steps and place(section, "/".join(steps)) is None:
        steps.pop()
    return "/".join(steps)


def nearest(sections: Sequence[Section], path: str) -> tuple[str, str]:
    """Key of the section and address of the page on which what a finding's `path` says is edited; ("", "") for none."""
    steps = [unescape(step) for step in path.split("/")[1:]]
    section = next((item for item in sections if steps and steps[0] in item.names), None)
    if section is None:
        return "", ""
    while steps and place(section, "/".join(steps)) is None:
        steps.pop()
    return section.key, "/".join(steps)


def crumbs(found: Place, content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(title, address) of the rows around the page, the outermost first; the page itself is left out."""
    rows, address = [], found.around
    while address:
        inner = place(found.section, address)
        rows.append((title(inner.row(content) if inner is not None else None), address))
        address = around(found.section, address)
    return rows[::-1]


def siblings(found: Place, content: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], int]:
    """The rows of the list that the page's row stands in, and its number among them; -1 for a new one."""
    if found.list_field is None:
        return [], -1
    *outer, (name, key) = found.steps
    holder = replace(found, steps=tuple(outer)).row(content) or {}
    rows = list(holder.get(name) or ())
    return rows, next((number for number, row in enumerate(rows) if row["key"] == key), -1)


def title(row: Mapping[str, Any] | None) -> str:
    """What a stored row is called; empty for none."""
    return next((str(row[name]) for name in TITLES if row.get(name)), str(row.get("key", ""))) if row else ""
