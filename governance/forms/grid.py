"""What a grid sends: edits as text, read into edits of cells; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from governance.documents import cells
from governance.documents.cells import Cell, Edit, Value
from governance.reads import grid_rows
from governance.reads.holders import Holders, NotRead

MOST = 5_000
MOST_MORE = 50
TEXT_LENGTH = 2_000


@dataclass(frozen=True)
class Typed:
    """One cell as text: its first row, and its further rows, None where nothing is said about them."""

    address: str
    text: str
    token: str
    more: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Sent:
    """One cell as it was sent; `problem` says why it cannot become an edit."""

    cell: Cell | None
    address: str
    text: str
    token: str
    edit: Edit | None = None
    problem: str = ""
    more: tuple[str, ...] | None = None


def sent(data: Any) -> list[Typed]:
    """The cells in the POST `data`: JSON `edits`, the fields of one form, and the open cells of a save, numbered.

    With `theirs` the one form says that its cell stays as somebody else has saved it, so it is no edit.
    """
    try:
        listed = json.loads(data.get("edits") or "[]")
    except (ValueError, RecursionError):
        listed = []
    found = [_typed(item) for item in (listed if isinstance(listed, list) else [])[:MOST] if isinstance(item, dict)]
    if data.get("cell") and "theirs" not in data:
        people = [data.get("holder", ""), *data.getlist("alternate")]
        parts = [*people, _minutes(data, "acknowledge", "%s min"), _minutes(data, "decide", "decide %s min")]
        text = data["text"] if "text" in data else "; ".join(filter(None, (part.strip() for part in parts)))
        more = data.getlist("more") if "has_more" in data else None
        found.append(_typed({"cell": data["cell"], "text": text, "token": data.get("token", ""), "more": more}))
    for number in data.getlist("open")[:MOST]:
        item = {name: data.get(f"{name}-{number}", "") for name in ("cell", "text", "token")}
        found.append(_typed(item | {"more": data.getlist(f"more-{number}") if f"has_more-{number}" in data else None}))
    return found


def again(rows: list[Typed], *, without: str = "") -> str:
    """`rows` as the JSON `edits` that `sent` reads, but for the cell at `without`."""
    return json.dumps([asdict(row) | {"cell": row.address} for row in rows if row.address != without])


def read_back(data: Any) -> dict[str, Any] | None:
    """What the one form of a cell held, for showing it once more; None when the POST came from another form."""
    if not data.get("cell") or "text" in data or data.get("edits"):
        return None
    names = ("token", "acknowledge", "decide", "reason")
    people = [data.get("holder", ""), *data.getlist("alternate")]
    return {name: data.get(name, "") for name in names} | {"people": people, "more": data.getlist("more")}


def _typed(item: Mapping[str, Any]) -> Typed:
    address, text, token = (_plain(item.get(name)) for name in ("cell", "text", "token"))
    listed = item.get("more")
    more = None
    if isinstance(listed, list):
        more = tuple(filter(None, (_plain(part).strip()[:TEXT_LENGTH] for part in listed[:MOST_MORE])))
    return Typed(address[:300], text[:TEXT_LENGTH], token[:64], more)


def _plain(said: Any) -> str:
    return str(said or "").replace("\x00", "")


def _minutes(data: Any, name: str, words: str) -> str:
    given = data.get(name, "").strip()
    return words % given if given else ""


def read(rows: list[Typed], holders: Holders) -> list[Sent]:
    """Each of `rows` with its edit or the sentence why there is none; two queries."""
    known = [(cells.cell_at(row.address), row) for row in rows]
    names = grid_rows.names_of(cell for cell, _row in known if cell is not None)
    found = []
    for cell, row in known:
        item = Sent(cell, row.address, row.text, row.token, more=row.more)
        if cell is None or (cell.scope in ("workflow", "team") and cell.ref not in names):
            problem = _("This cell does not exist. Load the page again.")
            found.append(replace(item, cell=None, problem=problem))
            continue
        try:
            edit = Edit(
                cell, holders.read(row.text), row.token, names.get(cell.ref, ""), more=_more(row, cell, holders)
            )
        except NotRead as error:
            found.append(replace(item, problem=str(error)))
        else:
            found.append(replace(item, edit=edit))
    return found


def _more(row: Typed, cell: Cell, holders: Holders) -> tuple[Value, ...] | None:
    """The further rows of `cell`. Raises NotRead, also where one row more would make two people accountable."""
    if row.more is None:
        return None
    if row.more and cell.letter == "A":
        raise NotRead(_("One alone is accountable. Name the others as those who stand in."))
    return tuple(value for value in map(holders.read, row.more) if value is not None)
