"""The rows of a matrix as a sheet and back: one sheet row per matrix row (CSV here, XLSX in ``workbooks``).

People stand as e-mail addresses, everything else as `team:payments`, `role:lead`, `workflow:orders`; an empty scope is
the whole company. What would be a formula in a spreadsheet program is written with an apostrophe before it, which
reading takes off again. Only the rows travel; all other parts of the matrix stay as they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.documents.canonical import ContentError, clean_text
from governance.documents.facts import Finding
from governance.documents.interchange import THERE_IS_NO, Names, Resolver
from governance.documents.sentences import Sentence as _

COLUMNS = (
    *("key", "scope", "responsibility", "severity", "letter", "holder", "alternates"),
    *("acknowledge_minutes", "decide_minutes"),
)
HEADINGS = {name: name.replace("_", " ") for name in COLUMNS}
MAX_ROWS = 10_000
MAX_BYTES = 4_000_000
MAX_CELL = 4_000
SCOPES = ("workflow", "team", "department")
SEVERITIES = ("any", "sev1", "sev2", "sev3", "sev4")
LETTERS = ("R", "A", "C", "I")
HOLDERS = ("person", "team", "schedule")
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
Cell = str | int | None


class NotASheet(Exception):
    """The file is no sheet that could be read; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds: the headings and each row with its number in the sheet (from 1)."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    wrong: tuple[tuple[int, int, str], ...] = ()
    """Cells that hold no text: (row number, column from 0, why)."""


# Out


def cells(content: Mapping[str, Any], names: Names) -> Iterator[list[Cell]]:
    """The headings, then one list of cells per row of JSON `content`."""
    yield [HEADINGS[name] for name in COLUMNS]
    for row in content.get("rows") or ():
        yield [
            escape(row["key"]),
            escape(_scope(row.get("scope") or {}, names)),
            escape(row["responsibility"]),
            escape(row.get("severity", "any")),
            escape(row.get("letter", "A")),
            escape(_holder(row["holder"], names)),
            escape("; ".join(_holder(item, names) for item in row.get("alternates") or ())),
            row.get("acknowledge_minutes"),
            row.get("decide_minutes"),
        ]


def to_csv(content: Mapping[str, Any], names: Names) -> bytes:
    """UTF-8 with a byte order mark, commas, CR LF: what spreadsheet programs open without asking."""
    out = io.StringIO()
    csv.writer(out).writerows(cells(content, names))
    return out.getvalue().encode("utf-8-sig")


def escape(text: str) -> str:
    """`text` so that no spreadsheet program takes it for a formula; `unescape` gives it back."""
    return f"'{text}" if text.startswith(_RISKY) else text


def unescape(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_RISKY) else text


def _scope(scope: Mapping[str, Any], names: Names) -> str:
    for kind, value in scope.items():
        if value is not None:
            return f"{kind}:{value if kind == 'criticality' else _name(kind, value, names)}"
    return ""


def _holder(holder: Mapping[str, Any], names: Names) -> str:
    for kind, value in holder.items():
        if value is not None and kind == "role":
            return f"role:{value}"
        if value is not None:
            name = _name(kind, value, names)
            return name if kind == "person" and "@" in name else f"{kind}:{name}"
    return ""


def _name(kind: str, id: str, names: Names) -> str:
    """What the thing is called; its id when it has no name, or one that a cell could not hold."""
    name = names.name(kind, UUID(id)) or id
    return id if re.search(r"[:;\s]", name) else name


# In


def read_csv(data: bytes) -> Table:
    """The table of a CSV file. Commas, semicolons or tabs; UTF-8 with or without a mark. Raises NotASheet."""
    if len(data) > MAX_BYTES:
        raise NotASheet(_("The file is larger than %(size)d MB.") % {"size": MAX_BYTES // 1_000_000})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotASheet(_("The file is not UTF-8 text; save it as “CSV UTF-8”.")) from None
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=lambda mark: (len(set(_headings(first.split(mark))) & set(COLUMNS)), mark == ","))
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise NotASheet(_("This is no CSV file that can be read: %(error)s.") % {"error": error}) from None
    formula = _("is a formula; put its value here instead")
    wrong = [
        (number, column, formula)
        for number, record in enumerate(records, 1)
        for column, cell in enumerate(record)
        if cell.startswith("=")
    ]
    return table(((number, record) for number, record in enumerate(records, 1)), wrong)


def table(records: Iterable[tuple[int, Iterable[str]]], wrong: Iterable[tuple[int, int, str]] = ()) -> Table:
    """A Table of numbered records; empty ones are left out. Raises NotASheet."""
    filled = [(number, tuple(cell.strip() for cell in record)) for number, record in records]
    filled = [(number, record) for number, record in filled if any(record)]
    if not filled:
        raise NotASheet(_("The sheet is empty."))
    if len(filled) - 1 > MAX_ROWS:
        raise NotASheet(_("The sheet holds more than %(count)d rows.") % {"count": MAX_ROWS})
    return Table(_headings(filled[0][1]), tuple(filled[1:]), tuple(wrong))


def _headings(record: Iterable[str]) -> tuple[str, ...]:
    return tuple(re.sub(r"[\s_-]+", "_", cell.strip().strip('"').lower()) for cell in record)


def from_table(
    table: Table, content: Mapping[str, Any], resolve: Resolver
) -> tuple[dict[str, Any], list[Finding], dict[str, int]]:
    """JSON `content` with the rows of `table` instead of its own, what is wrong, and the sheet row of each key.

    A row whose cells say the same stays as it is written. With any finding nothing may be imported.
    """
    findings = _wrong_headings(table)
    if findings:
        return dict(content), findings, {}
    reader = _Reader(table, resolve)
    known = {row["key"]: row for row in content.get("rows") or ()}
    rows = [_kept(known.get(row["key"]), row) for row in reader.rows(set(known))]
    return {**content, "rows": rows}, reader.findings, reader.lines


def _wrong_headings(table: Table) -> list[Finding]:
    missing = [HEADINGS[name] for name in COLUMNS if name not in table.headings]
    if missing:
        sentence = _("The first row must name the columns; missing: %(names)s.") % {"names": ", ".join(missing)}
        return [Finding("blocking", "", sentence, 1)]
    found = []
    for index, name in enumerate(table.headings):
        if name and name not in COLUMNS:
            found.append(_("Column %(letter)s: the heading “%(name)s” is not known.") % _at(index, name))
        elif name and name in table.headings[:index]:
            found.append(_("Column %(letter)s: the heading “%(name)s” is there twice.") % _at(index, name))
    return [Finding("blocking", "", sentence, 1) for sentence in found]


def _at(index: int, name: str) -> dict[str, str]:
    return {"letter": letter(index), "name": name[:64].replace("_", " ")}


def letter(index: int) -> str:
    """The name of a column, from 0: A, B, … Z, AA."""
    return (letter(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


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


class _Reader:
    """Reads rows cell by cell and notes what is wrong with which cell."""

    def __init__(self, table: Table, resolve: Resolver) -> None:
        self.table, self.resolve = table, resolve
        self.columns = {name: index for index, name in enumerate(table.headings) if name}
        self.wrong = {(number, column): why for number, column, why in table.wrong}
        self.findings: list[Finding] = []
        self.lines: dict[str, int] = {}
        self.number, self.record, self.key = 0, (), ""  # type: int, tuple[str, ...], str

    def rows(self, taken: set[str]) -> Iterator[dict[str, Any]]:
        given = {self._raw(record, "key").lower() for _number, record in self.table.rows}
        for number, record in self.table.rows:
            self.number, self.record, self.key = number, record, ""
            self._stray()
            duty, severity = self._text("responsibility").lower(), self._text("severity").lower() or "any"
            self.key = self._key() or _fresh(f"{duty}-{self._text('scope')}-{severity}", {*given, *taken, *self.lines})
            if self.key in self.lines:
                self._say("key", _("“%(text)s” is already the key of row %(number)d"), number=self.lines[self.key])
            self.lines.setdefault(self.key, self.number)
            yield {
                "key": self.key,
                "scope": self._scope(),
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

    def _raw(self, record: tuple[str, ...], name: str) -> str:
        index = self.columns[name]
        return unescape(record[index]) if index < len(record) else ""

    def _text(self, name: str) -> str:
        text = self._raw(self.record, name)
        try:
            return clean_text(text[:MAX_CELL])
        except ContentError:
            return ""

    def _say(self, name: str, why: _, **values: Any) -> None:
        index = self.columns[name]
        if (self.number, index) in self.wrong:
            return
        text = self._raw(self.record, name)[:120]
        place = _("Column %(letter)s (%(name)s): %(why)s.")
        made = why if why.params else why % ({"text": text} | values)
        values = _at(index, name) | {"why": made}
        self.findings.append(Finding("blocking", f"/rows/{self.key}/{name}", place % values, self.number))

    def _stray(self) -> None:
        """Cells that cannot be read, and cells outside the columns that have a heading."""
        for index, cell in enumerate(self.record):
            why = self.wrong.get((self.number, index))
            name = self.table.headings[index] if index < len(self.table.headings) else ""
            if cell and not name:
                why = why or _("there is text, but no heading")
            if name and len(cell) > MAX_CELL:
                why = _("the text is too long")
            if name and any(ord(sign) < 32 and sign not in "\t\r\n" or 0xD800 <= ord(sign) < 0xE000 for sign in cell):
                why = _("the text holds a broken character")
            if why:
                sentence = _("Column %(letter)s (%(name)s): %(why)s.") % (_at(index, name) | {"why": why})
                self.findings.append(Finding("blocking", "/rows", sentence, self.number))

    def _key(self) -> str:
        text = self._text("key").lower()
        if text and not _KEY.fullmatch(text):
            self._say("key", _("“%(text)s” may hold at most 64 letters, digits, - and _ only"))
        return text

    def _required(self, name: str, text: str) -> str:
        if not text:
            self._say(name, _("this may not be empty"))
        elif name == "responsibility" and not _KEY.fullmatch(text):
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

    def _scope(self) -> dict[str, str]:
        text = self._text("scope")
        if not text or text.lower() in ("company", "default"):
            return {}
        kind, _colon, value = text.partition(":")
        kind, value = kind.strip().lower(), value.strip()
        if kind == "criticality":
            if value.lower() not in ("high", "medium", "low"):
                self._say("scope", _("“%(text)s” must be criticality:high, criticality:medium or criticality:low"))
            return {kind: value.lower()}
        if kind not in SCOPES:
            self._say("scope", _("“%(text)s” must be workflow:key, team:key, department:key or criticality:high"))
            return {}
        return {kind: self._found("scope", kind, value)}

    def _holder(self, name: str, text: str) -> dict[str, str]:
        kind, _colon, value = text.partition(":")
        kind, value = kind.strip().lower(), value.strip()
        if kind == "role":
            if not _KEY.fullmatch(value.lower()):
                self._say(name, _("“%(role)s” is not the key of a role"), role=value[:120])
            return {"role": value.lower()}
        if kind in HOLDERS and value:
            return {kind: self._found(name, kind, value)}
        return {"person": self._found(name, "person", text)} if text else {}

    def _found(self, name: str, kind: str, text: str) -> str:
        try:
            return str(UUID(text))
        except ValueError:
            found = self.resolve.find(kind, text)
        if found is None:
            self._say(name, (THERE_IS_NO[kind] % {"name": text[:120]}).clause)
            return text
        return str(found)


def _fresh(text: str, taken: set[str]) -> str:
    """A key made of `text` that nothing else has."""
    stem = re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:56] or "row"
    return next(key for key in (stem, *(f"{stem}-{number}" for number in range(2, MAX_ROWS + 3))) if key not in taken)
