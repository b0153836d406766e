"""A page of a long list by what stands at its ends, in both directions."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from portal import limits

M = TypeVar("M", bound=Model)
T = TypeVar("T")  # what a page shows of a row
LONGEST = 600  # characters of a cursor


@dataclass(frozen=True)
class Cut(Generic[T]):
    """`newer` and `older` are queries ("?after=…") or empty: the pages before and behind this one."""

    rows: list[T]
    newer: str
    older: str


def cut(
    rows: QuerySet[M], first: str, second: str, *, after: str = "", before: str = "", size: int = limits.PAGE_ROWS
) -> Cut[M]:
    """The `size` rows behind the cursor `after` or before `before`, ordered by two fields in one direction
    ("-" in front of both: from the end), which together are unique; a cursor that is none of ours is the beginning."""
    names = (first.lstrip("-"), second.lstrip("-"))
    place, backwards = _place(rows, names, after), False
    if place is None and before:
        place = _place(rows, names, before)
        backwards = place is not None
    falls = first.startswith("-") != backwards
    if place is not None:
        rows = _beyond(rows, names, place, falls)
    sign = "-" if falls else ""
    found = list(rows.order_by(f"{sign}{names[0]}", f"{sign}{names[1]}")[: size + 1])
    is_cut, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    newer = found and (is_cut if backwards else place is not None)
    older = found and (backwards or is_cut)
    return Cut(
        found,
        "?" + urlencode({"before": _cursor(found[0], names)}) if newer else "",
        "?" + urlencode({"after": _cursor(found[-1], names)}) if older else "",
    )


def behind(rows: QuerySet[M], first: str, second: str, after: str) -> QuerySet[M]:
    """Those of `rows` behind the cursor `after`, in their order; all of them for a cursor that is none of ours."""
    names = (first.lstrip("-"), second.lstrip("-"))
    place = _place(rows, names, after)
    found = rows if place is None else _beyond(rows, names, place, first.startswith("-"))
    return found.order_by(first, second)


def cursor(row: Model, first: str, second: str) -> str:
    """The cursor that stands at `row`."""
    return _cursor(row, (first.lstrip("-"), second.lstrip("-")))


def _beyond(rows: QuerySet[M], names: tuple[str, str], place: tuple[Any, Any], falls: bool) -> QuerySet[M]:
    word, value, key = "lt" if falls else "gt", *place
    beyond = Q(**{f"{names[0]}__{word}": value}) | Q(**{f"{names[1]}__{word}": key})
    return rows.filter(Q(**{f"{names[0]}__{word}e": value}) & beyond)


def _cursor(row: Model, names: tuple[str, str]) -> str:
    values = [str(getattr(row, name)) for name in names]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _field(rows: QuerySet[Any], name: str) -> Any:
    """The field `name` of the rows, or of what they are annotated with."""
    said = rows.query.annotations.get(name)
    return rows.model._meta.get_field(name) if said is None else said.output_field


def _place(rows: QuerySet[Any], names: tuple[str, str], text: str) -> tuple[Any, Any] | None:
    text = text[:LONGEST]
    try:
        given = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        reads: list[Callable[[Any], Any]] = [_field(rows, name).to_python for name in names]
        if not isinstance(given, list) or not all(isinstance(item, str) and "\x00" not in item for item in given):
            return None
        first, second = (read(item) for read, item in zip(reads, given, strict=True))
    except (ValueError, TypeError, ValidationError, OverflowError, RecursionError):
        return None
    return None if first is None or second is None else (first, second)
