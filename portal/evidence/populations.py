"""Lists of all objects of a kind in a period, and the sample that is drawn from them."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from portal import audit
from portal.evidence.contents import Population

REFERENCE = re.compile(r"(.+)-(\d+)")
GAP = (
    "A number is given out before its record is written, so that records need not wait for each other. Where writing "
    "failed or was refused, or where a record of the same year lies outside the period, its number is not in the list. "
    "The leaves of the ledger show that no record was left out."
)
METHOD = 'The first ones in the order of the SHA-256 (hexadecimal digits) of "<seed>|<id>", in UTF-8.'
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for more than text


def numbers(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """For each series of references (INC-2026): the first and the last number, and which are missing between them."""
    series: dict[str, set[int]] = {}
    for row in rows:
        if found := REFERENCE.fullmatch(row["reference"]):
            series.setdefault(found[1], set()).add(int(found[2]))
    return {
        "series": {
            name: {
                "first": min(known),
                "last": max(known),
                "missing": [number for number in range(min(known), max(known)) if number not in known],
            }
            for name, known in sorted(series.items())
        },
        "why_missing": GAP,
    }


def as_json(kind: str, found: Population) -> dict[str, Any]:
    rows = [audit.plain(row) for row in found.rows]
    return {
        "kind": kind,
        "verbs": list(found.verbs),
        "total": len(rows),
        "by_state": dict(sorted(Counter(row["state"] for row in rows).items())),
        "numbers": found.numbers,
        "rows": rows,
    }


def as_csv(found: Population) -> bytes:
    out = io.StringIO()
    if found.rows:
        writer = csv.DictWriter(out, list(found.rows[0]))
        writer.writeheader()
        for row in found.rows:
            writer.writerow({name: _cell(value) for name, value in row.items()})
    return ("\ufeff" + out.getvalue()).encode()


def _cell(value: Any) -> Any:
    text = "" if value is None else str(audit.plain(value))
    return "'" + text if text.startswith(FORMULA) else text


def drawn(rows: Sequence[dict[str, Any]], *, seed: str, size: int) -> list[dict[str, Any]]:
    """`size` of `rows` in the order of METHOD; all of them when there are no more."""
    order = sorted(rows, key=lambda row: hashlib.sha256(f"{seed}|{row['id']}".encode()).hexdigest())
    return order[:size]
