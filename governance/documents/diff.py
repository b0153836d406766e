"""Structural difference of two contents by stable row key: a moved row is not deleted and added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


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


def diff(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The changes that turn JSON content `old` into `new`; `apply(old, diff(old, new)) == new`."""
    raise NotImplementedError


def apply(old: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """`old` with `changes` applied; `old` itself is untouched."""
    raise NotImplementedError


def words(before: str, after: str) -> list[tuple[Literal["same", "removed", "added"], str]]:
    """Word-level difference inside one text, in reading order."""
    raise NotImplementedError
