"""Rows of a section that come, go and move, as somebody orders it: changes of the texts of ``section_forms``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from governance.documents.canonical import escape
from governance.documents.sections import Field, Section

MOST_ROWS = 2_000
"""So many rows a list may have in a form."""


def blank(field: Field) -> Any:
    """The texts of a new row of `field`, or of a part that was not there."""
    if field.item is not None:
        return ""
    row: dict[str, Any] = {inner.name: _empty(inner) for inner in field.fields}
    return {**row, "key": ""} if field.is_keyed else row


def _empty(field: Field) -> Any:
    if field.widget in ("rows", "folded"):
        return []
    if field.widget == "part":
        return None if field.is_optional else blank(field)
    if field.widget == "choices":
        return list(field.default or ())
    if field.widget == "check":
        return "1" if field.default else ""
    return "" if field.default is None or field.widget == "lines" else str(field.default)


def arranged(
    section: Section, texts: dict[str, Any], order: str, kept: Iterable[str] = (), path: str = ""
) -> str | None:
    """Do `order` (``add:roles``, ``remove:roles.1``, ``keep:…``, ``up:…``, ``down:…``) to `texts`.

    A row that says something is `gone` when it is removed, so that it can be kept after all. `path` leads to the
    section; `kept` are paths of rows that stay. The name of the field or order that has the focus afterwards; None
    when there was nothing to do.
    """
    verb, _colon, address = order.partition(":")
    found = _place(section, texts, address.split("."), path)
    if found is None:
        return None
    field, holder, last, path = found
    here = holder[last]
    if verb == "add" and field.widget == "rows" and isinstance(here, list):
        if len(here) >= MOST_ROWS:
            return None
        here.append(blank(field))
        return first_name(field, f"{address}.{len(here) - 1}")
    if verb == "add" and field.widget == "part" and here is None:
        holder[last] = blank(field)
        return first_name(field, address)
    if verb == "remove" and field.widget == "part" and field.is_optional:
        holder[last] = None
        return f"add:{address}"
    if not isinstance(holder, list) or path in kept:
        return None
    outer = address.rpartition(".")[0]
    if verb == "keep" and isinstance(here, dict):
        here.pop("gone", None)
        return f"remove:{address}"
    if verb == "remove" and isinstance(here, dict) and (here.get("key") or here != blank(field)):
        here["gone"] = "1"
        return f"keep:{address}"
    if verb == "remove":
        holder.pop(last)
        return f"add:{outer}"
    other = last - 1 if verb == "up" else last + 1 if verb == "down" else -1
    if not 0 <= other < len(holder):
        return None
    holder[last], holder[other] = holder[other], holder[last]
    is_end = other in (0, len(holder) - 1)
    turned = ("down" if other == 0 else "up") if is_end else verb
    return f"{turned}:{outer}.{other}"


def _place(section: Section, texts: Any, parts: list[str], path: str) -> tuple[Field, Any, Any, str] | None:
    """The field at an address, what holds its texts, under which name, and its path."""
    fields: Sequence[Field] = section.fields
    field: Field | None = None
    holder: Any = None
    last: Any = None
    here = texts
    for part in parts:
        holder = here
        if isinstance(here, list):
            if not part.isdigit() or int(part) >= len(here) or field is None:
                return None
            last, fields = int(part), field.fields
            here = here[last]
            path += f"/{_row_part(here, last)}"
        elif isinstance(here, dict):
            field = next((item for item in fields if item.name == part), None)
            if field is None or part not in here:
                return None
            last, here, fields = part, here[part], field.fields
            path += f"/{part}"
        else:
            return None
    return (field, holder, last, path) if field is not None else None


def _row_part(row: Any, index: int) -> str:
    """How a finding names a row: by its key, else by its number."""
    key = (row.get("key") or row.get("made")) if isinstance(row, dict) else ""
    return escape(str(key or index))


def first_name(field: Field, name: str) -> str:
    """The name of the first thing to fill in at `name`."""
    inner = next((item for item in field.fields if item.widget not in ("rows", "part")), None)
    return f"{name}.{inner.name}" if inner is not None else name
