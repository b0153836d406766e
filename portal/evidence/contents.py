"""What apps say about an object of a pack, in a form that the verifier can check.

A file is JSON ``{…}`` about one thing, or ``{"rows": [{…}]}``. A row proves itself where it has

``label, id, fields``   columns of a tracked table or a proven log, as its newest row says (``state``)
``entry, leaf, data``   what an entry of the ledger says (``Said``, put in their place once the entry is known)
``document``            SHA-256 of a text in ``documents/``
``commitment, salt, text``   a typed text and the commitment that its sealed row holds
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model

from portal import audit, history


@dataclass(frozen=True)
class Said:
    """The entry that proves a row: `verb` about `target` (a primary key), by `actor` (None: any), at `at`.

    `data` are facts that it states; `among` {fact: value} are members of facts that are lists.
    """

    verb: str
    target: Any
    actor: Any = None
    at: datetime | None = None
    data: dict[str, Any] = field(default_factory=dict)
    among: dict[str, Any] = field(default_factory=dict)

    def leaf(self) -> dict[str, str]:
        found = {"verb": self.verb, "target_id": str(self.target)}
        if self.actor is not None:
            found["actor"] = str(self.actor)
        if self.at is not None:
            found["at"] = audit.plain(self.at)
        return found


SAID = "said"  # where a row holds its Said until the entry is known


@dataclass
class Contents:
    """`files` by name: JSON values, or texts and bytes as they stand. `subjects` (label, key) are the objects whose
    entries and history belong to it, `logs` rows of sealed logs that entries may prove, `people` keys of those named
    in it. Of entries with one of the `receipts` verbs the pack has a receipt."""

    files: dict[str, Any] = field(default_factory=dict)
    subjects: set[tuple[str, str]] = field(default_factory=set)
    logs: list[Model] = field(default_factory=list)
    people: set[Any] = field(default_factory=set)
    receipts: set[str] = field(default_factory=set)

    def about(self, *objects: Model) -> None:
        self.subjects |= {(obj._meta.label_lower, str(obj.pk)) for obj in objects}

    def add(self, other: Contents) -> None:
        """Take in what `other` has; a file of the same name stays as it is here."""
        self.files = other.files | self.files
        self.subjects |= other.subjects
        self.logs += other.logs
        self.people |= other.people
        self.receipts |= other.receipts


@dataclass(frozen=True)
class Population:
    """All objects of a kind in a period: rows of {id, reference, state, …} in the order of their references.

    `verbs` are those of the ledger of which each row has exactly one within the period; `numbers` are the references
    that there could be, with why some are missing.
    """

    verbs: Sequence[str]
    rows: Sequence[dict[str, Any]]
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Contributor:
    """A kind of pack: how an object is found by its reference, and what is said about it.

    `population` lists all of them in [from, until), for periods; a contributor without `find` only lists.
    """

    title: Any
    population: Callable[[datetime, datetime], Population] | None = None
    find: Callable[[str], Any] | None = None
    contents: Callable[[Any], Contents] | None = None
    name: Callable[[Any], str] = str


def state(obj: Model) -> dict[str, Any]:
    """`obj` as its history has to know it: label, id and the tracked columns."""
    model = apps.get_model(obj._meta.label)
    columns = history.model_of(model).tracked_fields if history.is_tracked(model) else model._meta.concrete_fields
    fields = {column.attname: audit.plain(getattr(obj, column.attname)) for column in columns}
    return {"label": obj._meta.label_lower, "id": str(obj.pk), "fields": fields}


def columns(obj: Model, *left_out: str) -> dict[str, Any]:
    """All columns of a row that nothing proves."""
    names = [column.attname for column in obj._meta.concrete_fields if column.attname not in left_out]
    return {name: audit.plain(getattr(obj, name)) for name in names}


def as_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return (json.dumps(audit.plain(value), indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def rows_of(value: Any) -> Iterator[dict[str, Any]]:
    """The rows of a file that may prove themselves."""
    if isinstance(value, dict):
        yield from value.get("rows", [value])


def listed(rows: Iterable[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {**more, "rows": list(rows)}
