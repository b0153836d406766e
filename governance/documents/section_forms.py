"""What somebody fills in for a section, between the page and the content: nested texts, never losing what was typed.

The texts of a section are a tree: a text for a single value, a list for `choices` and `rows`, a dict for a part or a
row, None for an optional part that is not there. Names of form fields are the path in that tree, joined by dots. A
row carries its stored `key`; a new row gets one made from its words, in `made`, until it is stored. A row that is to
be removed is `gone` until then. Of rows that are folded a page has nothing but the keys.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from governance.documents import section_words as words
from governance.documents.canonical import escape
from governance.documents.facts import Finding
from governance.documents.section_orders import MOST_ROWS, blank
from governance.documents.sections import TITLES, Field, Section

PART = re.compile(r"[a-z][a-z0-9_]{0,63}|0|[1-9][0-9]{0,4}")
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
NUMBER = re.compile(r"-?[0-9]{1,9}")
KEY_LENGTH = 56
MOST_DEPTH = 9
_MISSING: Any = object()


class Lookup(Protocol):
    """What can be named and chosen. `refers` is what a field says that it leads to."""

    def text(self, refers: str, value: Mapping[str, Any]) -> str:
        """How people write the holder or target `value`."""

    def find(self, refers: str, text: str) -> dict[str, Any] | None:
        """The holder or target that `text` names, None for nobody or several."""

    def choices(self, refers: str) -> Sequence[tuple[str, str]]:
        """(value, words) of the things or rows that may be chosen."""


# From the content, from the browser


def opened(section: Section, content: Mapping[str, Any], lookup: Lookup) -> dict[str, Any]:
    """The texts of `section` as `content` says them."""
    return {field.name: _shown(field, content.get(field.name, field.default), lookup) for field in section.fields}


def posted(section: Section, data: Iterable[tuple[str, list[str]]]) -> dict[str, Any]:
    """The texts of `section` as a browser sent them; whatever it does not know is left out."""
    tree: dict[str, Any] = {}
    for name, values in data:
        parts = name.split(".")
        if len(parts) > MOST_DEPTH or not all(PART.fullmatch(part) for part in parts):
            continue
        place = tree
        for part in parts[:-1]:
            deeper = place.setdefault(part, {})
            place = deeper if isinstance(deeper, dict) else {}
        place[parts[-1]] = values
    return {field.name: _sent(field, tree.get(field.name)) for field in section.fields}


def _shown(field: Field, value: Any, lookup: Lookup) -> Any:
    if field.widget == "folded":
        return [{"key": row["key"]} for row in value or ()]
    if field.widget == "check":
        return "1" if value else ""
    if field.widget == "rows":
        return [_shown_row(field, row, lookup) for row in value or ()]
    if field.widget == "part":
        if value is None:
            return None
        return {inner.name: _shown(inner, value.get(inner.name, inner.default), lookup) for inner in field.fields}
    if field.widget == "choices":
        return list(value or ())
    if field.widget == "lines":
        return "\n".join(value or ())
    if field.widget == "name":
        return lookup.text(field.refers, value) if value else ""
    return "" if value is None else str(value)


def _shown_row(field: Field, row: Any, lookup: Lookup) -> Any:
    if field.item is not None:
        return _shown(field.item, row, lookup)
    shown = {inner.name: _shown(inner, row.get(inner.name, inner.default), lookup) for inner in field.fields}
    return {**shown, "key": row.get("key", "")} if field.is_keyed else shown


def _sent(field: Field, node: Any) -> Any:
    if field.widget in ("rows", "folded"):
        rows = sorted((int(key), sub) for key, sub in _dict(node).items() if key.isdigit())[:MOST_ROWS]
        return [_sent_row(field, sub) for _index, sub in rows]
    if field.widget == "part":
        inside = _dict(node)
        if field.is_optional and "is" not in inside:
            return None
        return {inner.name: _sent(inner, inside.get(inner.name)) for inner in field.fields}
    values = [value.replace("\r\n", "\n").replace("\x00", "") for value in node] if isinstance(node, list) else []
    return values if field.widget == "choices" else (values[-1] if values else "")


def _sent_row(field: Field, node: Any) -> Any:
    if field.item is not None:
        return _sent(field.item, node)
    inside = _dict(node)
    known = () if field.widget == "folded" else field.fields
    row = {inner.name: _sent(inner, inside.get(inner.name)) for inner in known}
    if field.is_keyed:
        key = inside.get("key")
        row["key"] = key[-1] if isinstance(key, list) and key and KEY.fullmatch(key[-1]) else ""
    if inside.get("gone") == ["1"]:
        row["gone"] = "1"
    return row


def _dict(node: Any) -> dict[str, Any]:
    return node if isinstance(node, dict) else {}


# Back into content


def content(
    section: Section,
    texts: dict[str, Any],
    stored: Mapping[str, Any],
    lookup: Lookup,
    *,
    path: str = "",
    keep_gone: bool = False,
) -> tuple[dict[str, Any], list[Finding]]:
    """What `texts` say as content of `section`, and what cannot be understood, each at its place.

    `stored` is the content that was opened, and `path` leads there: whatever was not touched comes back exactly as it
    was stored, and of folded rows the keys. New rows get their `made` key in `texts`. With `keep_gone` rows stay that
    are to be removed.
    """
    reader = _Reader(lookup, keep_gone=keep_gone)
    return reader.fields(section.fields, texts, stored, path), reader.problems


class _Reader:
    def __init__(self, lookup: Lookup, *, keep_gone: bool) -> None:
        self.lookup, self.problems, self.keep_gone = lookup, list[Finding](), keep_gone

    def fields(
        self, fields: Sequence[Field], texts: Mapping[str, Any], stored: Mapping[str, Any], path: str
    ) -> dict[str, Any]:
        found = {}
        for field in fields:
            before = stored.get(field.name, _MISSING)
            value = self.value(field, texts.get(field.name), before, f"{path}/{field.name}")
            if before is not _MISSING or value != field.default:
                found[field.name] = value
        return found

    def value(self, field: Field, raw: Any, stored: Any, path: str) -> Any:
        if field.widget == "folded":
            return [{"key": row["key"]} for row in raw if row["key"] and self.stays(row)]
        if field.widget == "check":
            return bool(raw)
        if field.widget == "rows":
            return self.rows(field, raw, stored if isinstance(stored, list) else [], path)
        if field.widget == "part":
            if raw is None:
                return None
            inside = self.fields(field.fields, raw, stored if isinstance(stored, dict) else {}, path)
            return inside
        if field.widget == "choices":
            chosen = [value for value in field.choices if value in raw]
            return stored if isinstance(stored, list) and set(stored) == set(chosen) else chosen
        if field.widget == "lines":
            lines = [" ".join(line.split()) for line in raw.split("\n") if line.strip()]
            for index, line in enumerate(lines):
                self.length(field, line, f"{path}/{index}")
            return lines
        return self.single(field, raw, stored, path)

    def single(self, field: Field, raw: str, stored: Any, path: str) -> Any:
        if field.widget in ("text", "long"):
            return self.words(field, raw, stored, path)
        text = raw.strip()
        if field.widget == "number":
            return self.number(field, text, path)
        if field.widget == "name":
            return self.name(field, text, [stored], path)
        if not text and field.is_optional:
            return None
        fits = {"choice": text in field.choices, "pointer": bool(KEY.fullmatch(text)), "thing": _is_id(text)}
        if not fits[field.widget]:
            self.problem(path, words.CHOOSE)
        return text

    def words(self, field: Field, raw: str, stored: Any, path: str) -> str:
        text = " ".join(raw.split()) if field.widget == "text" else raw.strip()
        if isinstance(stored, str) and stored.replace("\r\n", "\n").strip() == raw.strip():
            text = stored
        if not text and field.is_required:
            self.problem(path, words.EMPTY if path.count("/") > 1 else words.EMPTY_ALONE)
        self.length(field, text, path)
        return text

    def length(self, field: Field, text: str, path: str) -> None:
        if field.longest is not None and len(text) > field.longest:
            self.problem(path, words.TOO_LONG % {"count": field.longest})

    def number(self, field: Field, text: str, path: str) -> int | None:
        if not text and field.is_optional:
            return None
        if not NUMBER.fullmatch(text):
            self.problem(path, words.NUMBER)
            return None
        number = int(text)
        least, most = field.least, field.most
        if (least is not None and number < least) or (most is not None and number > most):
            self.problem(path, words.LEAST % {"least": least, "most": most})
        return number

    def name(self, field: Field, text: str, stored: Iterable[Any], path: str) -> dict[str, Any] | None:
        if not text:
            if not field.is_optional:
                self.problem(path, words.NOBODY)
            return None
        for before in stored:
            if isinstance(before, dict) and self.lookup.text(field.refers, before) == text:
                return before
        found = self.lookup.find(field.refers, text)
        if found is None:
            self.problem(path, words.NAMED % {"name": text[:80]})
        return found

    def problem(self, path: str, sentence: str) -> None:
        self.problems.append(Finding("blocking", path, sentence))

    def stays(self, row: Mapping[str, Any]) -> bool:
        return self.keep_gone or not row.get("gone")

    def rows(self, field: Field, raw: list[Any], stored: list[Any], path: str) -> list[Any]:
        if field.item is not None:
            return self.items(field.item, raw, stored, path)
        by_key = {row["key"]: row for row in stored if isinstance(row, dict) and row.get("key")}
        taken = {row.get("key") for row in raw}
        found: list[Any] = []
        for row in raw:
            if not self.stays(row) or (not row.get("key") and plain(row) == blank(field)):
                continue
            if field.is_keyed:
                key = row.get("key") or made(field, row, taken)
                row["made"] = key
                taken.add(key)
            else:
                key = str(row.get("key") or len(found))
            before = by_key.get(key, {})
            inside = self.fields(field.fields, row, before, f"{path}/{escape(key)}")
            said = {"key": key, **inside} if field.is_keyed else inside
            # What nobody fills in follows from the rest, so it stays only where all of that stays.
            found.append(before if said.items() <= before.items() else said)
        return found

    def items(self, field: Field, raw: list[str], stored: list[Any], path: str) -> list[Any]:
        found: list[Any] = []
        for text in filter(str.strip, raw):
            place = f"{path}/{len(found)}"
            if field.widget == "name":
                found.append(self.name(field, text.strip(), stored, place))
            else:
                found.append(self.single(field, text, _MISSING, place))
        return found


def plain(texts: Any) -> Any:
    """`texts` without the keys that were made for new rows."""
    if isinstance(texts, dict):
        return {name: plain(value) for name, value in texts.items() if name != "made"}
    return [plain(value) for value in texts] if isinstance(texts, list) else texts


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def made(field: Field, row: Mapping[str, Any], taken: set[Any]) -> str:
    """A key for a new row of `field` from its words, that no other row has."""
    said = next((row[name] for name in TITLES if isinstance(row.get(name), str) and row[name].strip()), "")
    if not said:
        said = next((row[item.name] for item in field.fields if item.widget == "choice" and row.get(item.name)), "")
    base = slug(said) or field.name.replace("_", "-")
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key


def slug(said: str) -> str:
    """`said` as a key; empty when nothing is left of it."""
    plain = unicodedata.normalize("NFKD", said.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:KEY_LENGTH].strip("-")
