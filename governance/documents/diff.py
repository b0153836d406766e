"""Structural difference of two contents by stable row key: a moved row is not deleted and added."""

from __future__ import annotations

import difflib
import json
import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, Literal

from governance.documents.canonical import escape, unescape

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    `path` is a JSON pointer to the value (list parts are row keys), `key` the key of the row it lies in,
    `title` that row's title or key, `field` the words after the row. `before`/`after` are JSON values; for `moved`
    they are positions (0-based); for an added row `position` is where it stands now.
    """

    op: Literal["added", "removed", "changed", "moved"]
    path: str
    key: str
    title: str
    before: Any = None
    after: Any = None
    field: str = ""
    position: int | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the comparison stands: the pointer, the row it lies in and the words after that row."""

    path: str = ""
    key: str = ""
    title: str = ""
    field: str = ""

    def into(self, name: str) -> _Place:
        return _Place(
            f"{self.path}/{escape(name)}", self.key, self.title, f"{self.field} {name}".strip().replace("_", " ")
        )

    def row(self, row: dict[str, Any]) -> _Place:
        key = row["key"]
        title = row.get("title") if isinstance(row.get("title"), str) else ""
        return _Place(f"{self.path}/{escape(key)}", key, title or key)


def diff(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The changes that turn JSON content `old` into `new`; `apply(old, diff(old, new)) == new`."""
    changes: list[Change] = []
    _compare(old, new, _Place(), changes)
    return changes


def _compare(old: Any, new: Any, at: _Place, out: list[Change]) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            before, after = old.get(name, _MISSING), new.get(name, _MISSING)
            if _same(before, after):
                continue
            place = at.into(name)
            if after is _MISSING:
                out.append(Change("removed", place.path, place.key, place.title, before=before, field=place.field))
            elif before is _MISSING:
                out.append(Change("added", place.path, place.key, place.title, after=after, field=place.field))
            else:
                _compare(before, after, place, out)
    elif _keyed(old) and _keyed(new) and (old or new):
        _compare_rows(old, new, at, out)
    elif not _same(old, new) and json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True):
        out.append(Change("changed", at.path, at.key, at.title, before=old, after=new, field=at.field))


def _compare_rows(old: list[dict[str, Any]], new: list[dict[str, Any]], at: _Place, out: list[Change]) -> None:
    before, after = {row["key"]: row for row in old}, {row["key"]: row for row in new}
    for key, row in before.items():
        if key not in after:
            place = at.row(row)
            out.append(Change("removed", place.path, key, place.title, before=row, field=at.field))
    kept = [key for key in before if key in after]
    ranks = {key: rank for rank, key in enumerate(kept)}
    still = _longest_rising([ranks[key] for key in after if key in ranks])
    old_positions = {key: position for position, key in enumerate(before)}
    for position, (key, row) in enumerate(after.items()):
        place = at.row(row)
        if key not in before:
            out.append(Change("added", place.path, key, place.title, after=row, field=at.field, position=position))
            continue
        if ranks[key] not in still:
            out.append(Change("moved", place.path, key, place.title, before=old_positions[key], after=position))
        if not _same(before[key], row):
            _compare(before[key], row, place, out)


def _same(old: Any, new: Any) -> bool:
    """Certainly the same JSON. NOTE True == 1 in Python, not in JSON, which is why its text counts."""
    return bool(old == new) and (isinstance(old, str) or json.dumps(old) == json.dumps(new))


def _keyed(value: Any) -> bool:
    """A list of rows, each with its own text key."""
    if not isinstance(value, list):
        return False
    keys = [item.get("key") if isinstance(item, dict) else None for item in value]
    return all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys)


def _longest_rising(values: list[int]) -> set[int]:
    """The members of a longest rising subsequence: the rows that need not be called moved."""
    tails: list[int] = []
    ends: list[int] = []
    previous: dict[int, int | None] = {}
    for value in values:
        spot = bisect_left(tails, value)
        previous[value] = ends[spot - 1] if spot else None
        tails[spot : spot + 1] = [value]
        ends[spot : spot + 1] = [value]
    found: set[int] = set()
    value_or_none = ends[-1] if ends else None
    while value_or_none is not None:
        found.add(value_or_none)
        value_or_none = previous[value_or_none]
    return found


def apply(old: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """`old` with `changes` applied; `old` itself is untouched.

    Raises KeyError when a change does not fit `old`.
    """
    root: dict[str, Any] = {"": _unshared(old)}
    placed: dict[str, list[tuple[int, Any]]] = {}
    for change in changes:
        head, _, last = change.path.rpartition("/")
        parent = _walk(root[""], head) if change.path else root
        _apply_one(parent, unescape(last), change, head, placed)
    for head, rows in sorted(placed.items(), key=lambda item: item[0].count("/")):
        target = _walk(root[""], head)
        taken = {row["key"] for _, row in rows}
        target[:] = [row for row in target if row["key"] not in taken]
        for position, row in sorted(rows, key=lambda item: item[0]):
            target.insert(position, row)
    result: dict[str, Any] = root[""]
    return result


def _apply_one(parent: Any, name: str, change: Change, head: str, placed: dict[str, list[tuple[int, Any]]]) -> None:
    if isinstance(parent, dict):
        if change.op == "removed":
            del parent[name]
        else:
            parent[name] = _unshared(change.after)
    elif change.op == "removed":
        parent[:] = [row for row in parent if row["key"] != name]
    elif change.op == "added":
        placed.setdefault(head, []).append((change.position or 0, _unshared(change.after)))
    else:
        placed.setdefault(head, []).append((change.after, _row(parent, name)))


def _unshared(value: Any) -> Any:
    """A copy of JSON in which nothing stands twice: a part that two rows share must not change in both."""
    return json.loads(json.dumps(value))


def _walk(value: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        name = unescape(part)
        value = value[name] if isinstance(value, dict) else _row(value, name)
    return value


def _row(rows: list[dict[str, Any]], key: str) -> dict[str, Any]:
    for row in rows:
        if row["key"] == key:
            return row
    raise KeyError(key)


def words(before: str, after: str) -> list[tuple[Literal["same", "removed", "added"], str]]:
    """Word-level difference inside one text, in reading order."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    out: list[tuple[Literal["same", "removed", "added"], str]] = []
    for op, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            out.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            out.append(("removed", "".join(old[a:b])))
        if d > c:
            out.append(("added", "".join(new[c:d])))
    return out
