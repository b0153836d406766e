"""Tables as files: what a spreadsheet program writes and reads, cell by cell, and what is wrong with which cell.

What would be a formula in a spreadsheet program is written with an apostrophe before it, which reading takes off
again. People stand as e-mail addresses, everything else as `team:payments`, `role:lead`, `workflow:orders`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from governance.documents.canonical import ContentError, clean_text
from governance.documents.facts import Finding
from governance.documents.interchange import THERE_IS_NO, Names, Resolver
from governance.documents.sentences import Sentence as _

MAX_ROWS = 10_000
MAX_BYTES = 4_000_000
MAX_CELL = 4_000
SCOPES = ("workflow", "team", "department")
HOLDERS = ("person", "team", "schedule")
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
Cell = str | int | None
Say = Callable[[str], str]
FORMULA = _("is a formula; put its value here instead")


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


def to_csv(rows: Iterable[list[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, commas, CR LF: what spreadsheet programs open without asking."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def escape(text: str) -> str:
    """`text` so that no spreadsheet program takes it for a formula; `unescape` gives it back."""
    return f"'{text}" if text.startswith(_RISKY) else text


def unescape(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_RISKY) else text


def scope_text(scope: Mapping[str, Any], names: Names) -> str:
    """A scope in one cell; empty for the whole company."""
    for kind, value in scope.items():
        if value is not None:
            return f"{kind}:{value if kind == 'criticality' else named(kind, value, names)}"
    return ""


def holder_text(holder: Mapping[str, Any], names: Names) -> str:
    """A holder in one cell."""
    for kind, value in holder.items():
        if value is not None and kind == "role":
            return f"role:{value}"
        if value is not None:
            name = named(kind, value, names)
            return name if kind == "person" and "@" in name else f"{kind}:{name}"
    return ""


def named(kind: str, id: str, names: Names) -> str:
    """What the thing is called; its id when it has no name, or one that a cell could not hold."""
    name = names.name(kind, UUID(id)) or id
    return id if re.search(r"[:;\s]", name) else name


# In


def read_csv(data: bytes) -> Table:
    """The table of a CSV file. Commas, semicolons or tabs; UTF-8, or UTF-16 with its mark. Raises NotASheet."""
    if len(data) > MAX_BYTES:
        raise NotASheet(_("The file is larger than %(size)d MB.") % {"size": MAX_BYTES // 1_000_000})
    text = _decoded(data)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=lambda mark: (first.count(mark), mark == ","))
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise NotASheet(_("This is no CSV file that can be read: %(error)s.") % {"error": error}) from None
    wrong = [
        (number, column, FORMULA)
        for number, record in enumerate(records, 1)
        for column, cell in enumerate(record)
        if cell.startswith("=")
    ]
    return table(((number, record) for number, record in enumerate(records, 1)), wrong)


def _decoded(data: bytes) -> str:
    coding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(coding)
    except UnicodeDecodeError as error:
        sentence = _("Row %(row)d is not UTF-8 text; save the file as “CSV UTF-8” or as XLSX.")
        raise NotASheet(sentence % {"row": data.count(b"\n", 0, error.start) + 1}) from None


def table(records: Iterable[tuple[int, Iterable[str]]], wrong: Iterable[tuple[int, int, str]] = ()) -> Table:
    """A Table of numbered records; empty ones are left out. Raises NotASheet."""
    every = [(number, tuple(record)) for number, record in records]
    filled = [(number, record) for number, record in every if any(cell.strip() for cell in record)]
    if not filled:
        raise NotASheet(_("The sheet is empty."))
    if len(filled) - 1 > MAX_ROWS:
        raise NotASheet(_("The sheet holds more than %(count)d rows.") % {"count": MAX_ROWS})
    return Table(tuple(map(heading, filled[0][1])), tuple(filled[1:]), tuple(wrong))


def heading(text: str) -> str:
    """A heading as headings are compared: small letters, one underscore for what parts words."""
    return re.sub(r"[\s_-]+", "_", text.strip().strip('"').lower())


def understood(table: Table, headings: Mapping[str, str], spoken: Mapping[str, str]) -> tuple[Table, list[Finding]]:
    """`table` with the names of columns for headings, and what is wrong with these.

    `spoken` are the columns by headings of other languages than English.
    """
    known = {heading(text): name for text, name in spoken.items()}
    known |= {heading(text): name for name, text in headings.items()} | {name: name for name in headings}
    table = replace(table, headings=tuple(known.get(text, text) for text in table.headings))
    missing = [headings[name] for name in headings if name not in table.headings]
    if missing:
        names = {str(place): name for place, name in enumerate(missing)}
        listed = _(", ".join(f"%({place})s" for place in names), names)
        sentence = _("The first row must name the columns; missing: %(names)s.") % {"names": listed}
        return table, [Finding("blocking", "", sentence, 1)]
    found = []
    for index, name in enumerate(table.headings):
        said = {"letter": letter(index), "name": headings.get(name, name[:64].replace("_", " "))}
        if name and name not in headings:
            found.append(_("Column %(letter)s: the heading “%(name)s” is not known.") % said)
        elif name and name in table.headings[:index]:
            found.append(_("Column %(letter)s: the heading “%(name)s” is there twice.") % said)
    return table, [Finding("blocking", "", sentence, 1) for sentence in found]


def letter(index: int) -> str:
    """The name of a column, from 0: A, B, … Z, AA."""
    return (letter(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


class CellReader:
    """Reads rows cell by cell and notes what is wrong with which cell."""

    def __init__(self, table: Table, headings: Mapping[str, str], resolve: Resolver) -> None:
        self.table, self.headings, self.resolve = table, headings, resolve
        self.columns = {name: index for index, name in enumerate(table.headings) if name}
        self.wrong = {(number, column): why for number, column, why in table.wrong}
        self.findings: list[Finding] = []
        self.lines: dict[str, int] = {}
        self.number, self.record = 0, ()  # type: int, tuple[str, ...]

    def text(self, name: str) -> str:
        """What a cell says, unescaped; empty where it cannot be read."""
        index = self.columns[name]
        raw = self.record[index] if index < len(self.record) else ""
        try:
            return clean_text(unescape(raw)[:MAX_CELL])
        except ContentError:
            return ""

    def say(self, name: str, why: _, path: str, **values: Any) -> None:
        """Note that the cell of column `name` is wrong."""
        index = self.columns[name]
        if (self.number, index) in self.wrong:
            return
        made = why if why.params else why % ({"text": self.text(name).strip()[:120]} | values)
        self._note(index, made, path)

    def _note(self, index: int, why: str, path: str) -> None:
        name = self.table.headings[index] if index < len(self.table.headings) else ""
        place = _("Column %(letter)s (%(name)s): %(why)s.")
        said = {"letter": letter(index), "name": self.headings.get(name, ""), "why": why}
        self.findings.append(Finding("blocking", path, place % said, self.number))

    def stray(self, path: str) -> bool:
        """Cells that cannot be read, and cells outside the columns that have a heading."""
        found = len(self.findings)
        for index, cell in enumerate(self.record):
            why = self.wrong.get((self.number, index))
            name = self.table.headings[index] if index < len(self.table.headings) else ""
            if cell.strip() and not name:
                why = why or _("there is text, but no heading")
            if name and len(unescape(cell)) > MAX_CELL:
                why = _("the text is too long")
            if name and any(ord(sign) < 32 and sign not in "\t\r\n" or 0xD800 <= ord(sign) < 0xE000 for sign in cell):
                why = _("the text holds a broken character")
            if why:
                self._note(index, why, path)
        return len(self.findings) > found

    def scope(self, name: str, text: str, path: str) -> dict[str, str]:
        if not text or text.lower() in ("company", "default"):
            return {}
        kind, _colon, value = text.partition(":")
        kind, value = kind.strip().lower(), value.strip()
        if kind == "criticality":
            if value.lower() not in ("high", "medium", "low"):
                self.say(name, _("“%(text)s” must be criticality:high, criticality:medium or criticality:low"), path)
            return {kind: value.lower()}
        if kind not in SCOPES:
            self.say(name, _("“%(text)s” must be workflow:key, team:key, department:key or criticality:high"), path)
            return {}
        return {kind: self.found(name, kind, value, path)}

    def holder(self, name: str, text: str, path: str) -> dict[str, str]:
        kind, _colon, value = text.partition(":")
        kind, value = kind.strip().lower(), value.strip()
        if kind == "role":
            if not KEY.fullmatch(value.lower()):
                self.say(name, _("“%(role)s” is not the key of a role"), path, role=value[:120])
            return {"role": value.lower()}
        if kind in HOLDERS and value:
            return {kind: self.found(name, kind, value, path)}
        return {"person": self.found(name, "person", text, path)} if text else {}

    def found(self, name: str, kind: str, text: str, path: str) -> str:
        """The id of the thing of `kind` that is called `text`."""
        try:
            return str(UUID(text))
        except ValueError:
            found = self.resolve.find(kind, text)
        if found is None:
            self.say(name, (THERE_IS_NO[kind] % {"name": text[:120]}).clause, path)
            return text
        return str(found)
