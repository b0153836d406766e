"""Recording: ``action`` opens the transaction; its exit writes all entries at once.

An entry commits to its payload: ``commitment = SHA-256(salt + canonical)`` over UTF-8, where `salt` is 64
hexadecimal digits and `canonical` is the RFC 8785 form of ``{"data", "history", "reason"}``. Each history
row that the action wrote has an entry of its own, whose payload holds ``{"table", "id", "digest"}`` of the row.
Rows of sealed logs that were handed to ``Action.prove`` stand in the same form under ``"rows"``.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import rfc8785
from django.db import models, transaction

from portal import bulk, history, ids, limits
from portal.models.audit import AuditEntry, AuditPayload

WORDS = {history.CREATED: "created", history.CHANGED: "changed", history.DELETED: "deleted"}
SAFE_INTEGER = 2**53 - 1
FIRST_SURROGATE = "\ud800"  # from here on, the orders of UTF-16 and of code points part
ROW_OWN = ("history_id", "history_date", "history_type", "history_user_id", "reason", "request_id", "actor_label")


@dataclass
class Record:
    """One thing that happened, not yet written."""

    verb: str
    target_type: str
    target_id: str
    data: Any = None
    history: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)


class NoEntryAboutIt(RuntimeError):
    """Rows were to be proven by an entry about something of which the action says nothing."""


@dataclass
class Action(history.Collection):
    """An open action: what people or processes do to the portal, with one request id."""

    records: list[Record] = field(default_factory=list)
    proven: list[tuple[tuple[str, str], dict[str, Any]]] = field(default_factory=list)

    def record(self, *, verb: str, target: models.Model, data: dict[str, Any] | None = None) -> None:
        """Say that `verb` (dotted, past: ``incident.acknowledged``) happened to `target`."""
        self.records.append(Record(verb, target._meta.label_lower, str(target.pk), data))

    def record_many(self, rows: Iterable[tuple[str, str, Any, dict[str, Any] | None]]) -> None:
        """The same for batches: (verb, target label, target id, data)."""
        self.records.extend(Record(verb, label, str(key), data) for verb, label, key, data in rows)

    def prove(self, rows: Iterable[models.Model], *, about: models.Model) -> None:
        """Commit to `rows` of a sealed log, just written, in an entry of this action about `about`.

        The exit of the action raises NoEntryAboutIt when it has none.
        """
        target = about._meta.label_lower, str(about.pk)
        self.proven += [(target, log_proof(row)) for row in rows]

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that may fail alone: its rows and its entries vanish, the error goes on."""
        rows, records, proven = len(self.rows), len(self.records), len(self.proven)
        try:
            with transaction.atomic():
                yield
        except BaseException:
            del self.rows[rows:], self.records[records:], self.proven[proven:]
            raise


@contextmanager
def action(*, actor: Any, reason: str, at: datetime, actor_label: str = "") -> Iterator[Action]:
    """Open the transaction in which `actor` (None for a process, then `actor_label`) changes something.

    Opened inside another action it joins that one: the outer actor, reason and time count. An error that
    leaves an inner action rolls all back, unless ``action.savepoint()`` is around it.
    """
    outer = current()
    if outer is not None:
        with transaction.atomic(savepoint=False):
            yield outer
        return
    if actor is None and not actor_label:
        raise ValueError("Say who acts: an actor or an actor_label.")
    label = (actor_label or str(actor))[: limits.NAME_LENGTH]
    mine = Action(actor, label, str(reason)[: limits.REASON_LENGTH], at, ids.uuid7())
    token = history.current.set(mine)
    try:
        with transaction.atomic():
            yield mine
            _write(mine)
    finally:
        history.current.reset(token)


def current() -> Action | None:
    """The open action, if any."""
    found: Action | None = history.current.get()
    return found


def _write(done: Action) -> None:
    """Insert the entries and payloads of all that was recorded or collected: two statements."""
    records = done.records + [_history_record(item) for item in done.rows]
    _attach(records, done.proven)
    if not records:
        return
    contents = [canonical(_content(done, item)) for item in records]
    salts = [secrets.token_hex(32) for _ in records]
    common = {
        "at": done.at,
        "actor_id": done.actor and done.actor.pk,
        "actor_label": done.actor_label,
        "request_id": done.request_id,
    }
    entries = [
        common
        | {
            "verb": item.verb,
            "target_type": item.target_type,
            "target_id": item.target_id,
            "commitment": commitment(salt, content),
        }
        for item, salt, content in zip(records, salts, contents, strict=True)
    ]
    keys = bulk.insert_values(AuditEntry, entries)
    bulk.insert_values(
        AuditPayload,
        [
            {"entry_id": key, "salt": salt, "content": content}
            for key, salt, content in zip(keys, salts, contents, strict=True)
        ],
    )


def _attach(records: list[Record], proven: list[tuple[tuple[str, str], dict[str, Any]]]) -> None:
    """Each proof goes to the first entry about its target."""
    if not proven:
        return
    about: dict[tuple[str, str], Record] = {}
    for item in records:
        about.setdefault((item.target_type, item.target_id), item)
    for target, proof in proven:
        if target not in about:
            raise NoEntryAboutIt(f"{proof['table']} {proof['id']}: record what happened to {' '.join(target)}.")
        about[target].rows.append(proof)


def _content(done: Action, item: Record) -> dict[str, Any]:
    content = {"reason": done.reason, "data": item.data, "history": item.history}
    return content | {"rows": item.rows} if item.rows else content


def _history_record(item: history.Row) -> Record:
    row, before = item.row, item.before
    tracked = row.instance_type._meta
    after = {column.attname: getattr(row, column.attname) for column in row.tracked_fields}
    if before is not None and row.history_type == history.CHANGED:
        data = {
            name: {"before": getattr(before, name), "after": value}
            for name, value in after.items()
            if getattr(before, name) != value
        }
    else:
        data = after
    proof = {"table": row._meta.db_table, "id": row.history_id, "digest": row_digest(row)}
    key = str(getattr(row, tracked.pk.attname))
    return Record(f"{tracked.label_lower}.{WORDS[row.history_type]}", tracked.label_lower, key, data, [proof])


def row_digest(row: Any) -> str:
    """SHA-256 of ``row_text``; the same before and after a trip to the database."""
    return hashlib.sha256(row_text(row).encode()).hexdigest()


def row_text(row: Any) -> str:
    """The canonical form of one history row.

    NOTE: the label beside a person is their name, which may be erased, so only that of a process counts.
    """
    values = {name: getattr(row, name) for name in ROW_OWN}
    values |= {column.attname: getattr(row, column.attname) for column in row.tracked_fields}
    if row.history_user_id is not None:
        values["actor_label"] = ""
    return canonical(values)


def log_digest(row: models.Model) -> str:
    """SHA-256 of ``log_text``."""
    return hashlib.sha256(log_text(row).encode()).hexdigest()


def log_text(row: models.Model) -> str:
    """The canonical form of one row of a sealed log, all its columns."""
    return canonical({column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields})


def log_proof(row: models.Model) -> dict[str, Any]:
    return {"table": row._meta.db_table, "id": plain(row.pk), "digest": log_digest(row)}


def commitment(salt: str, content: str) -> str:
    return hashlib.sha256((salt + content).encode()).hexdigest()


def canonical(value: Any) -> str:
    """RFC 8785 text of `value` after ``plain``.

    Without floats and with keys that sort alike as UTF-16 and as code points, sorted compact JSON is that text,
    and the standard library writes it ten times as fast.
    """
    bare = plain(value)
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text if max(text) < FIRST_SURROGATE else rfc8785.dumps(bare).decode()


def plain(value: Any) -> Any:
    """`value` in JSON's own types: times as ISO 8601 in UTC, other scalars as text, no unpaired surrogates."""
    match value:
        case None | bool():
            return value
        case int():
            return int(value) if abs(value) <= SAFE_INTEGER else str(value)
        case str():
            return str(value).encode("utf-8", "replace").decode()
        case dict():
            return {str(plain(str(key))): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date() | UUID():
            return str(value)
        case models.Model():
            return str(value.pk)
    return plain(str(value))
