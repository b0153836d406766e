"""What a grid sends: edits as text, read into edits of cells; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from governance.documents import cells
from governance.documents.cells import Cell, Edit
from governance.reads import grid_rows
from governance.reads.holders import Holders, NotRead

MOST = 5_000
TEXT_LENGTH = 2_000


@dataclass(frozen=True)
class Sent:
    """One cell as it was sent; `problem` says why it cannot become an edit."""

    cell: Cell | None
    address: str
    text: str
    token: str
    edit: Edit | None = None
    problem: str = ""


def sent(data: Any) -> list[tuple[str, str, str]]:
    """(address, text, token) of each cell in the POST `data`: JSON `edits` of the script, or the fields of one form."""
    try:
        listed = json.loads(data.get("edits") or "[]")
    except (ValueError, RecursionError):
        listed = []
    found = [_one(item) for item in (listed if isinstance(listed, list) else [])[:MOST] if isinstance(item, dict)]
    if data.get("cell"):
        people = [data.get("holder", ""), *data.getlist("alternate")]
        parts = [*people, _minutes(data, "acknowledge", "%s min"), _minutes(data, "decide", "decide %s min")]
        text = data["text"] if "text" in data else "; ".join(filter(None, (part.strip() for part in parts)))
        found.append(_one({"cell": data["cell"], "text": text, "token": data.get("token", "")}))
    return found


def _one(item: Mapping[str, Any]) -> tuple[str, str, str]:
    address, text, token = (str(item.get(name) or "").replace("\x00", "") for name in ("cell", "text", "token"))
    return address[:300], text[:TEXT_LENGTH], token[:64]


def _minutes(data: Any, name: str, words: str) -> str:
    given = data.get(name, "").strip()
    return words % given if given else ""


def read(rows: list[tuple[str, str, str]], holders: Holders) -> list[Sent]:
    """Each of `rows` with its edit or the sentence why there is none; two queries."""
    known = [(cells.cell_at(address), address, text, token) for address, text, token in rows]
    names = grid_rows.names_of(cell for cell, *_rest in known if cell is not None)
    found = []
    for cell, address, text, token in known:
        if cell is None or (cell.scope in ("workflow", "team") and cell.ref not in names):
            found.append(Sent(None, address, text, token, problem=_("This cell does not exist. Load the page again.")))
            continue
        try:
            edit = Edit(cell, holders.read(text), token, name=names.get(cell.ref, ""))
        except NotRead as error:
            found.append(Sent(cell, address, text, token, problem=str(error)))
        else:
            found.append(Sent(cell, address, text, token, edit))
    return found
