"""The cells of a matrix, as people edit them: one question each, with the token of its answer.

A cell is (scope, responsibility, severity, letter). Whoever edits one names the token of the value they saw; who
was slower learns both values and overwrites nothing. Works on the JSON of a content, so that whatever an edit does
not name stays as it was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from governance.documents.base import CRITICALITIES, SEVERITIES, Holder
from governance.documents.canonical import digest
from governance.documents.matrix import LETTERS, Matrix, Row

SCOPES = ("workflow", "team", "criticality", "default")
HOLDERS = ("role", "person", "team", "schedule")
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
UUID_TEXT = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PLACES = {
    "workflow": re.compile(UUID_TEXT),
    "team": re.compile(UUID_TEXT),
    "criticality": re.compile("|".join(CRITICALITIES)),
    "default": re.compile(""),
}
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
    def key(self) -> tuple[str, str, str, str, str]:
        return self.scope, self.ref, self.responsibility, self.severity, self.letter

    @property
    def address(self) -> str:
        """The cell as one word for addresses and forms; `cell_at` reads it back."""
        return ":".join(self.key)


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

    @property
    def values(self) -> tuple[Value, ...]:
        """What its rows say, in document order."""
        return self.value, *(value for _key, value in self.more)


@dataclass(frozen=True, slots=True)
class Edit:
    """Answer `cell` by `value` (None: take the row away, so that the cell inherits), having seen `token`.

    `more` are the further rows of the cell, None leaves them as they are. A new row gets `key` where that is free,
    else one made with `name` (the key of the workflow or team).
    """

    cell: Cell
    value: Value | None
    token: str
    name: str = ""
    key: str = ""
    more: tuple[Value, ...] | None = None

    def wanted(self, entry: Entry | None) -> tuple[Value, ...]:
        """What the rows of the cell shall say where they say `entry` now."""
        kept = entry.values[1:] if entry is not None else ()
        first = () if self.value is None else (self.value,)
        return (*first, *(kept if self.more is None else self.more))


@dataclass(frozen=True, slots=True)
class Stale:
    """An edit that was too late: `mine` was wanted, `theirs` stands there now (None: the cell inherits).

    `token` is what an edit has to name that keeps mine all the same.
    """

    cell: Cell
    mine: Value | None
    theirs: Value | None
    token: str = field(default="", compare=False)
    mine_more: tuple[Value, ...] | None = None
    theirs_more: tuple[Value, ...] = ()


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
    if not known or not PLACES[scope].fullmatch(ref) or not KEY.fullmatch(responsibility):
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
    said = [_plain(value) for value in entry.values]
    return digest(json.dumps(said, sort_keys=True))[:TOKEN_LENGTH]


def of_row(row: Row) -> Value:
    """The value of a typed row."""
    return Value(
        _held(row.holder),
        tuple(_held(item) for item in row.alternates),
        row.acknowledge_minutes,
        row.decide_minutes,
    )


def typed_with(content: Matrix, edits: Sequence[Edit]) -> Matrix:
    """The typed `content` as it would be with `edits`, whatever their tokens: to judge before anything is saved."""
    keys = {edit.cell for edit in edits}
    kept: list[Row] = []
    rows: dict[Cell, list[Row]] = {}
    for row in content.rows:
        cell = Cell(row.scope.kind, str(row.scope.ref or ""), row.responsibility, row.severity, row.letter)
        (rows.setdefault(cell, []) if cell in keys else kept).append(row)
    for number, edit in enumerate(edits):
        old = rows.get(edit.cell, [])
        entry = Entry("", of_row(old[0]), tuple(("", of_row(row)) for row in old[1:])) if old else None
        for place, value in enumerate(edit.wanted(entry)):
            new = _new_row(f"unsaved-{number}-{place}", edit.cell, value)
            kept.append(Row.model_validate_json(json.dumps(new)))
    # NOTE: model_copy would copy what cached properties have found in the old rows.
    fields = {name: getattr(content, name) for name in type(content).model_fields}
    return Matrix.model_construct(**{**fields, "rows": tuple(kept)})


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
        values = entry.values if entry else ()
        wanted = edit.wanted(entry)
        if wanted == values:
            continue
        if edit.token != token(entry):
            first = entry.value if entry else None
            stale.append(Stale(edit.cell, edit.value, first, token(entry), edit.more, values[1:]))
            continue
        changed.append(edit.cell)
        keys = _keys(entry, wanted)
        used = sorted(places[key] for key in keys if key)
        gone.update(places[key] for key, _ in _pairs(entry) if key not in keys)
        old = {key: rows[places[key]] for key in keys if key}
        for index, value in enumerate(wanted):
            if index >= len(used):
                used.append(len(rows))
                rows.append({})
            key = keys[index] or _new_key(edit, places)
            keys[index], places[key] = key, used[index]
            rows[used[index]] = _changed_row(old[key], value) if key in old else _new_row(key, edit.cell, value)
        known.pop(edit.cell, None)
        if wanted:
            known[edit.cell] = Entry(keys[0], wanted[0], tuple(zip(keys[1:], wanted[1:], strict=True)))
    new["rows"] = [row for place, row in enumerate(rows) if place not in gone]
    return Outcome(new, tuple(dict.fromkeys(changed)), tuple(stale))


def _pairs(entry: Entry | None) -> tuple[tuple[str, Value], ...]:
    return ((entry.key, entry.value), *entry.more) if entry is not None else ()


def _keys(entry: Entry | None, wanted: tuple[Value, ...]) -> list[str]:
    """The key for each of `wanted`: that of the row which says so already, else of one that is left, else empty."""
    left = list(_pairs(entry))
    found = [""] * len(wanted)
    for index, value in enumerate(wanted):
        pair = next((pair for pair in left if pair[1] == value), None)
        if pair is not None:
            left.remove(pair)
            found[index] = pair[0]
    for index, key in enumerate(found):
        if not key and left:
            found[index] = left.pop(0)[0]
    return found


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
            more=after[cell].values[1:] if cell in after else (),
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
