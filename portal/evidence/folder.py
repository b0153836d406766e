"""The files about one object: what apps say, the entries that prove it, and receipts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from portal.evidence import contents, ledger
from portal.evidence.contents import SAID, Contents, Said
from portal.evidence.ledger import Ledger, Sealed
from portal.evidence.meter import Meter
from portal.models import User


def files(found: Contents, about: dict[str, Any], seen: Ledger, meter: Meter) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each file, in the order of their names. Raises Unsealed."""
    sealed = seen.entries(found.subjects)
    erased = {one.entry.pk for one in sealed if one.content is None}
    sealed += seen.erasures(erased, {one.entry.pk for one in sealed})
    sealed.sort(key=lambda one: one.index)
    rows = list(ledger.history_lines(found.subjects, found.logs, sealed))
    said = _proven(found.files, sealed, rows)
    made = {name: contents.as_bytes(value) for name, value in said.items()}
    made["about.json"] = contents.as_bytes(about)
    made["history.jsonl"] = b"".join(rows)
    made["people.json"] = contents.as_bytes(_people(found, sealed))
    meter.expect(len(sealed))
    lines = []
    for one in sealed:
        lines.append(ledger.line_of(one, seen.inclusion(one.index)))
        meter.step()
    made["entries.jsonl"] = b"".join(lines)
    for one in sealed:
        if one.entry.verb in found.receipts:
            made[f"receipts/{one.index}.tlog-proof"] = seen.receipt(one).encode()
    yield from sorted(made.items())


def _proven(files: dict[str, Any], sealed: list[Sealed], lines: list[bytes]) -> dict[str, Any]:
    """`files` with the index of the entry in the place of what it says, and without proofs that there are not."""
    known = {(row["label"], row["object"]) for row in map(json.loads, lines)}
    free = _Entries(sealed)
    for value in files.values():
        for row in contents.rows_of(value):
            said = row.pop(SAID, None)
            entry = free.take(said) if said is not None else None
            if said is not None and entry is not None:
                row |= {"entry": entry.index, "leaf": said.leaf(), "data": said.data}
                row |= {"among": said.among} if said.among else {}
            if "fields" in row and (row["label"], row["id"]) not in known:
                row["unproven"] = row.pop("fields")
    return files


class _Entries:
    """Entries by what they are about; one that proves a row for itself alone is taken."""

    def __init__(self, sealed: list[Sealed]) -> None:
        self.by_target: dict[tuple[str, str], list[Sealed]] = {}
        for one in sealed:
            self.by_target.setdefault((one.entry.verb, one.entry.target_id), []).append(one)

    def take(self, said: Said) -> Sealed | None:
        some = self.by_target.get((said.verb, str(said.target)), [])
        for place, one in enumerate(some):
            if _fits(one, said):
                return one if said.among else some.pop(place)
        return None


def _fits(one: Sealed, said: Said) -> bool:
    leaf = json.loads(one.leaf)
    if any(leaf[name] != value for name, value in said.leaf().items()):
        return False
    if one.content is None:
        return True
    data = one.content["data"] or {}
    same = all(name in data and data[name] == value for name, value in said.data.items())
    return same and all(value in data.get(name, ()) for name, value in said.among.items())


def _people(found: Contents, sealed: list[Sealed]) -> dict[str, Any]:
    """Who is who: the names of all that are named by their keys."""
    keys = {str(key) for key in found.people if key} | {str(one.entry.actor_id) for one in sealed if one.entry.actor_id}
    rows = User.objects.filter(pk__in=keys).order_by("pk")
    return contents.listed({"id": str(row.pk), "name": row.name, "email": row.email} for row in rows)
