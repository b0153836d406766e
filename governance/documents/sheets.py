"""The rows of a matrix as a sheet and back: one sheet row per matrix row (``tables`` and ``workbooks`` make the file).

An empty scope is the whole company. Only the rows travel; all other parts of the matrix stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from governance.documents import base, tables
from governance.documents.facts import Finding
from governance.documents.interchange import Names, Resolver
from governance.documents.matrix import LETTERS
from governance.documents.sentences import Sentence as _
from governance.documents.tables import KEY, MAX_ROWS, Cell, Say, Table, escape, holder_text, scope_text, unescape

HEADINGS: dict[str, str] = {
    "key": _("key"),
    "scope": _("scope"),
    "responsibility": _("responsibility"),
    "severity": _("severity"),
    "letter": _("letter"),
    "holder": _("holder"),
    "alternates": _("alternates"),
    "acknowledge_minutes": _("acknowledge minutes"),
    "decide_minutes": _("decide minutes"),
}
COLUMNS = tuple(HEADINGS)
TITLE = "Rows"
WIDTHS: tuple[int, ...] = (28, 28, 22, 10, 8, 32, 48, 14, 14)
SEVERITIES = ("any", *base.SEVERITIES)


def cells(content: Mapping[str, Any], names: Names, say: Say = str) -> Iterator[list[Cell]]:
    """The headings in the language of `say`, then one list of cells per row of JSON `content`."""
    yield [say(HEADINGS[name]) for name in COLUMNS]
    for row in content.get("rows") or ():
        yield [
            escape(row["key"]),
            escape(scope_text(row.get("scope") or {}, names)),
            escape(row["responsibility"]),
            escape(row.get("severity", "any")),
            escape(row.get("letter", "A")),
            escape(holder_text(row["holder"], names)),
            escape("; ".join(holder_text(item, names) for item in row.get("alternates") or ())),
            row.get("acknowledge_minutes"),
            row.get("decide_minutes"),
        ]


def from_table(
    table: Table, content: Mapping[str, Any], resolve: Resolver, spoken: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], list[Finding], dict[str, int]]:
    """JSON `content` with the rows of `table` instead of its own, what is wrong, and the sheet row of each place.

    A row whose cells say the same stays as it is written. With any finding nothing may be imported. `spoken` are the
    columns by their headings in other languages.
    """
    table, findings = tables.understood(table, HEADINGS, spoken or {})
    if findings:
        return dict(content), findings, {}
    reader = _Reader(table, HEADINGS, resolve)
    known = {row["key"]: row for row in content.get("rows") or ()}
    rows = [_kept(known.get(row["key"]), row) for row in reader.rows(set(known))]
    new = {**content, "rows": rows} if rows or content.get("rows") else dict(content)
    return new, reader.findings, {f"/rows/{key}": line for key, line in reader.lines.items()}


DEFAULTS: dict[str, Any] = {
    "scope": {},
    "severity": "any",
    "letter": "A",
    "alternates": [],
    "acknowledge_minutes": None,
    "decide_minutes": None,
}


def _kept(old: Mapping[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """`new`, written as `old` where both say the same."""
    if old is None:
        return {name: value for name, value in new.items() if name not in DEFAULTS or value != DEFAULTS[name]}
    row = dict(old)
    for name, value in new.items():
        if _bare(old.get(name, DEFAULTS.get(name))) != value:
            row[name] = value
            if DEFAULTS.get(name, ...) == value:
                del row[name]
    return row


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if item is not None}
    return [_bare(item) for item in value] if isinstance(value, list) else value


class _Reader(tables.CellReader):
    """Reads the rows of a matrix."""

    key = ""

    def rows(self, taken: set[str]) -> Iterator[dict[str, Any]]:
        index = self.columns["key"]
        given = {unescape(record[index].strip()).lower() for _, record in self.table.rows if index < len(record)}
        for number, record in self.table.rows:
            self.number, self.record, self.key = number, record, ""
            self.stray("/rows")
            duty, severity = self._text("responsibility").lower(), self._text("severity").lower() or "any"
            self.key = self._key() or _fresh(f"{duty}-{self._text('scope')}-{severity}", {*given, *taken, *self.lines})
            if self.key in self.lines:
                self._say("key", _("“%(text)s” is already the key of row %(number)d"), number=self.lines[self.key])
            self.lines.setdefault(self.key, self.number)
            yield {
                "key": self.key,
                "scope": self.scope("scope", self._text("scope"), self._path("scope")),
                "responsibility": self._required("responsibility", duty),
                "severity": self._choice("severity", severity, SEVERITIES),
                "letter": self._choice("letter", self._text("letter").upper() or "A", LETTERS),
                "holder": self._holder("holder", self._required("holder", self._text("holder"))),
                "alternates": [
                    self._holder("alternates", part.strip())
                    for part in re.split(r"[;\n]", self._text("alternates"))
                    if part.strip()
                ],
                "acknowledge_minutes": self._minutes("acknowledge_minutes"),
                "decide_minutes": self._minutes("decide_minutes"),
            }

    def _text(self, name: str) -> str:
        return self.text(name).strip()

    def _path(self, name: str) -> str:
        return f"/rows/{self.key}/{name}"

    def _say(self, name: str, why: _, **values: Any) -> None:
        self.say(name, why, self._path(name), **values)

    def _holder(self, name: str, text: str) -> dict[str, str]:
        return self.holder(name, text, self._path(name))

    def _key(self) -> str:
        text = self._text("key").lower()
        if text and not KEY.fullmatch(text):
            self._say("key", _("“%(text)s” may hold at most 64 letters, digits, - and _ only"))
        return text

    def _required(self, name: str, text: str) -> str:
        if not text:
            self._say(name, _("this may not be empty"))
        elif name == "responsibility" and not KEY.fullmatch(text):
            self._say(name, _("“%(text)s” is not the key of a responsibility"))
        return text

    def _choice(self, name: str, text: str, known: tuple[str, ...]) -> str:
        if text not in known:
            self._say(name, _("“%(text)s” must be one of %(known)s"), known=", ".join(known))
        return text

    def _minutes(self, name: str) -> int | None:
        text = self._text(name)
        if not text:
            return None
        if re.fullmatch(r"[0-9]{1,5}(\.0+)?", text) and 1 <= int(text.partition(".")[0]) <= 43_200:
            return int(text.partition(".")[0])
        self._say(name, _("“%(text)s” must be a whole number of minutes, from 1 to 43200"))
        return None


def _fresh(text: str, taken: set[str]) -> str:
    """A key made of `text` that nothing else has."""
    stem = re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:56] or "row"
    return next(key for key in (stem, *(f"{stem}-{number}" for number in range(2, MAX_ROWS + 3))) if key not in taken)
