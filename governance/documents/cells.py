"""The cells of a matrix, as people edit them: one question each, with the token of its answer.

A cell is (scope, responsibility, severity, letter). Whoever edits one names the token of the value they saw; who
was slower learns both values and overwrites nothing. Works on the JSON of a content, so that whatever an edit does
not name stays as it was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from governance.documents.base import SEVERITIES, Holder
from governance.documents.canonical import digest
from governance.documents.matrix import LETTERS, Row

SCOPES = ("workflow", "team", "criticality", "default")
HOLDERS = ("role", "person", "team", "schedule")
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
TOKEN_LENGTH = 16
"""Hexadecimal digits of a token: 64 bits, compared with one other value only."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One question. `ref`: id of the workflow or team as text, the criticality, empty for the default."""

    scope: str
    ref: str
    responsibility: str
    severity: str = "any"
    letter: str = "A"

    @property
    def address(self) -> str:
        """The cell as one word for addresses and forms; `cell_at` reads it back."""
        return ":".join((self.scope, self.ref, self.responsibility, self.severity, self.letter))


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody who holds a duty: `kind` is role, person, team or schedule, `ref` the key or id as text."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Value:
    """The answer of a cell: who, who stands in, in which order, and the minutes of the row."""

    holder: Held
    alternates: tuple[Held, ...] = ()
    acknowledge_minutes: int | None = None
    decide_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a content says in one cell. `more` rows of the same cell follow the one of `key` (C and I may)."""

    key: str
    value: Value
    more: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Answer `cell` by `value` (None: take the row away, so that the cell inherits), having seen `token`.

    A new row gets `key` where that is free, else one made with `name` (the key of the workflow or team).
    """

    cell: Cell
    value: Value | None
    token: str
    name: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Stale:
    """An edit that was too late: `mine` was wanted, `theirs` stands there now (None: the cell inherits).

    `token` is what an edit has to name that keeps mine all the same.
    """

    cell: Cell
    mine: Value | None
    theirs: Value | None
    token: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new content, the cells that now say something else, and the edits that were refused."""

    content: dict[str, Any]
    changed: tuple[Cell, ...]
    stale: tuple[Stale, ...]


def cell_at(address: str) -> Cell | None:
    """The cell of an address, or None for anything else."""
    parts = address.split(":")
    if len(parts) != 5:
        return None
    scope, ref, responsibility, severity, letter = parts
    known = scope in SCOPES and (severity == "any" or severity in SEVERITIES) and letter in LETTERS
    if not known or bool(ref) == (scope == "default") or not KEY.fullmatch(responsibility):
        return None
    return Cell(*parts)


def cells(content: Mapping[str, Any]) -> dict[Cell, Entry]:
    """What the JSON of a matrix says, cell by cell, in document order."""
    found: dict[Cell, list[tuple[str, Value]]] = {}
    for row in content.get("rows") or ():
        found.setdefault(_cell(row), []).append((row["key"], _value(row)))
    return {cell: Entry(*rows[0], tuple(rows[1:])) for cell, rows in found.items()}


def token(entry: Entry | None) -> str:
    """What must still be true when somebody saves: a digest of everything that the cell says (None: nothing)."""
    if entry is None:
        return digest("")[:TOKEN_LENGTH]
    said = [_plain(entry.value), *(_plain(value) for _, value in entry.more)]
    return digest(json.dumps(said, sort_keys=True))[:TOKEN_LENGTH]


def of_row(row: Row) -> Value:
    """The value of a typed row."""
    return Value(
        _held(row.holder),
        tuple(_held(item) for item in row.alternates),
        row.acknowledge_minutes,
        row.decide_minutes,
    )


def with_cells(content: Mapping[str, Any], edits: Iterable[Edit]) -> Outcome:
    """`content` with `edits`; itself it stays as it was.

    An edit whose token does not fit any more is refused, all others are kept. A row keeps its key, its place and
    whatever an edit does not name. An edit that says what the cell says already changes nothing, whatever its token.
    """
    new: dict[str, Any] = dict(content)
    rows = list(content.get("rows") or ())
    known = cells(content)
    changed: list[Cell] = []
    stale: list[Stale] = []
    places = {row["key"]: place for place, row in enumerate(rows)}
    gone: set[int] = set()
    for edit in edits:
        entry = known.get(edit.cell)
        if edit.value == (entry.value if entry else None):
            continue
        if edit.token != token(entry):
            stale.append(Stale(edit.cell, edit.value, entry.value if entry else None, token(entry)))
            continue
        changed.append(edit.cell)
        if edit.value is None:
            assert entry is not None
            gone.add(places[entry.key])
            left = entry.more
            known.pop(edit.cell)
            if left:
                known[edit.cell] = Entry(*left[0], left[1:])
        elif entry is None:
            key = _new_key(edit, places)
            places[key] = len(rows)
            rows.append(_new_row(key, edit.cell, edit.value))
            known[edit.cell] = Entry(key, edit.value)
        else:
            place = places[entry.key]
            rows[place] = _changed_row(rows[place], edit.value)
            known[edit.cell] = Entry(entry.key, edit.value, entry.more)
    new["rows"] = [row for place, row in enumerate(rows) if place not in gone]
    return Outcome(new, tuple(dict.fromkeys(changed)), tuple(stale))


def edits_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Edit]:
    """The edits that lead from `old` to `new`, with the tokens of `old`: to bring a draft onto a newer version."""
    before, after = cells(old), cells(new)
    wanted = [cell for cell in {**before, **after} if before.get(cell) != after.get(cell)]
    return [
        Edit(
            cell,
            after[cell].value if cell in after else None,
            token(before.get(cell)),
            key=after[cell].key if cell in after else "",
        )
        for cell in wanted
    ]


def _cell(row: Mapping[str, Any]) -> Cell:
    scope = row.get("scope") or {}
    kind = next((name for name in (*SCOPES[:3], "department") if scope.get(name) is not None), "default")
    ref = "" if kind == "default" else str(scope[kind]).lower()
    return Cell(kind, ref, row["responsibility"], row.get("severity", "any"), row.get("letter", "A"))


def _value(row: Mapping[str, Any]) -> Value:
    return Value(
        _who(row["holder"]),
        tuple(_who(item) for item in row.get("alternates") or ()),
        row.get("acknowledge_minutes"),
        row.get("decide_minutes"),
    )


def _who(holder: Mapping[str, Any]) -> Held:
    kind = next(name for name in HOLDERS if holder.get(name) is not None)
    return Held(kind, str(holder[kind]).lower())


def _held(holder: Holder) -> Held:
    return _named(holder.kind, holder.ref)


@lru_cache(maxsize=20_000)
def _named(kind: str, ref: UUID | str) -> Held:
    return Held(kind, str(ref))


def _plain(value: Value) -> dict[str, Any]:
    return {
        "holder": [value.holder.kind, value.holder.ref],
        "alternates": [[item.kind, item.ref] for item in value.alternates],
        "acknowledge": value.acknowledge_minutes,
        "decide": value.decide_minutes,
    }


def _new_row(key: str, cell: Cell, value: Value) -> dict[str, Any]:
    row: dict[str, Any] = {"key": key}
    if cell.scope != "default":
        row["scope"] = {cell.scope: cell.ref}
    row["responsibility"] = cell.responsibility
    row |= {"severity": cell.severity, "letter": cell.letter}
    return _changed_row(row, value)


def _changed_row(row: Mapping[str, Any], value: Value) -> dict[str, Any]:
    new = {**row, "holder": {value.holder.kind: value.holder.ref}}
    optional = {
        "alternates": [{item.kind: item.ref} for item in value.alternates],
        "acknowledge_minutes": value.acknowledge_minutes,
        "decide_minutes": value.decide_minutes,
    }
    for name, said in optional.items():
        if said or name in new:
            new[name] = said
    return new


def _new_key(edit: Edit, taken: Iterable[str]) -> str:
    """A key that says what the row is for, and that no row has."""
    cell = edit.cell
    if edit.key and edit.key not in taken:
        return edit.key
    place = edit.name or (cell.ref if cell.scope == "criticality" else cell.scope)
    parts = [place, cell.responsibility, cell.severity if cell.severity != "any" else ""]
    parts.append(cell.letter.lower() if cell.letter != "A" else "")
    stem = re.sub(r"[^a-z0-9_-]+", "-", "-".join(filter(None, parts)).lower()).lstrip("-_")[:58] or "row"
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    return key
