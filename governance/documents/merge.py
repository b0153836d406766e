"""Two people changed the same text: both changes in one, by stable row key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from governance.documents.canonical import escape

_MISSING: Any = object()


def merged(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], *, skip: Iterable[str] = ()
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """`theirs` with what `mine` changed in `base`, and the paths that both changed in different ways (mine stands).

    The fields in `skip` are those of `theirs`. What one took away and the other changed stays as it was changed.
    """
    clashes: list[str] = []
    found = {}
    for name in dict.fromkeys([*theirs, *mine]):
        if name in skip:
            value = theirs.get(name, _MISSING)
        else:
            was, own, other = (each.get(name, _MISSING) for each in (base, mine, theirs))
            value = _field(was, own, other, f"/{escape(name)}", clashes)
        if value is not _MISSING:
            found[name] = value
    return found, tuple(clashes)


def _field(base: Any, mine: Any, theirs: Any, path: str, clashes: list[str]) -> Any:
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    was, own, other = (_rows(value) for value in (base, mine, theirs))
    if was is not None and own is not None and other is not None:
        return _list(was, own, other, path, clashes)
    clashes.append(path)
    return theirs if mine is _MISSING else mine


def _rows(value: Any) -> dict[str, Any] | None:
    """A list of rows by key; None for anything else."""
    if value is _MISSING:
        return {}
    if not isinstance(value, list) or not all(
        isinstance(row, dict) and isinstance(row.get("key"), str) for row in value
    ):
        return None
    return {row["key"]: row for row in value}


def _list(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any], path: str, clashes: list[str]
) -> list[Any]:
    """In their order, unless only I have moved rows; what the other one added comes at the end."""
    is_moved = [key for key in mine if key in base] != [key for key in base if key in mine]
    order = [*mine, *theirs] if is_moved else [*theirs, *mine]
    found = []
    for key in dict.fromkeys(order):
        was, own, other = (each.get(key, _MISSING) for each in (base, mine, theirs))
        row = _field(was, own, other, f"{path}/{escape(key)}", clashes)
        if row is not _MISSING:
            found.append(row)
    return found
