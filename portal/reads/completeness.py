"""No change without its entry, no entry without its change: tables, history and ledger held against each other.

``check()`` reads everything in pieces of constant size while the portal works on: rows are read before the entries
that prove them and entries before the rows that they list, and neither is ever removed. What it does not look at is
the ledger itself (commitments, tree, signatures): that is ``manage.py audit verify``.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef, QuerySet

from portal import audit, history, registry
from portal.models import AuditPayload

from .accounts import Account, Finding, Walk, chunks, entries_about, parsed

MOST = 1_000  # findings; whoever has broken more is found by these
LOOKS = 3  # at a row that somebody may just be changing
HISTORY, ROWS = "history", "rows"  # where a payload lists history rows, and those of sealed logs


def check(progress: Callable[[int, int], None] | None = None, *, most: int = MOST) -> list[Finding]:
    """Up to `most` places where tables and ledger disagree; none in a portal that nobody has tampered with.

    `progress` is called with (rows done, rows in all) after every piece.
    """
    walk = Walk(progress)
    if progress is not None:
        walk.total = sum(model._base_manager.count() for model in _tables())
    return list(islice(_findings(walk), most))


def _findings(walk: Walk) -> Iterator[Finding]:
    for model in history.tracked_models():
        yield from history_is_proven(model, walk)
        yield from state_is_history(model, walk)
    for _name, account in registry.accounts.items():
        if account.owner:
            yield from log_is_proven(account, walk)
        if account.look is not None:
            yield from account.look(walk)
    yield from entries_have_rows(walk)


def _tables() -> Iterator[Any]:
    """What is walked through, once for each time."""
    for model in history.tracked_models():
        yield from (model, history.model_of(model))
    for _name, account in registry.accounts.items():
        if account.owner:
            yield apps.get_model(account.model)
    yield AuditPayload


# Rows: each is proven by an entry


@dataclass
class Told:
    """What the entries of one change, or about one object, prove: key of a row -> its digest by entry."""

    proofs: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    bare: list[int] = field(default_factory=list)

    def add(self, entry: int, content: str | None, where: str, table: str) -> None:
        if content is None:
            self.bare.append(entry)
            return
        for proof in _proofs(content, where):
            if proof["table"] == table:
                self.proofs[str(proof["id"])][entry] = proof["digest"]


def _proofs(content: str, where: str) -> list[dict[str, Any]]:
    listed = parsed(content).get(where) or []
    return [item for item in listed if isinstance(item, dict) and {"table", "id", "digest"} <= item.keys()]


def history_is_proven(model: Any, walk: Walk) -> Iterator[Finding]:
    """Each history row of tracked `model` is listed with exactly its digest by an entry of its change."""
    rows, key = history.model_of(model), model._meta.pk.attname
    table = rows._meta.db_table
    for part in chunks(rows._base_manager.all()):
        found = entries_about(
            model._meta.label,
            {getattr(row, key) for row in part},
            request_id__in={row.request_id for row in part},
        )
        changes: dict[Any, Told] = {}
        names = ("pk", "request_id", "target_id", "payload__content")
        for entry, request, target, content in found.values_list(*names):
            changes.setdefault((request, target), Told()).add(entry, content, HISTORY, table)
        for row in part:
            told = changes.get((row.request_id, str(getattr(row, key))))
            kind = _judge(row, told, audit.row_digest, walk)
            yield from _findings_about(kind, rows._meta.label, row.pk, told)
        walk.step(len(part))


def log_is_proven(account: Account, walk: Walk) -> Iterator[Finding]:
    """Each row of a sealed log is listed with exactly its digest by an entry about what it belongs to."""
    model = apps.get_model(account.model)
    table, owner = model._meta.db_table, attrgetter(account.owner)
    beside = account.owner.rpartition(".")[0].replace(".", "__")
    rows = model._base_manager.select_related(beside) if beside else model._base_manager.all()
    for part in chunks(rows):
        about = entries_about(account.about, {owner(row) for row in part})
        listing = about.filter(payload__content__contains=f'"table":"{table}"}}') | about.filter(payload=None)
        owners: dict[str, Told] = defaultdict(Told)
        for entry, target, content in listing.values_list("pk", "target_id", "payload__content"):
            owners[target].add(entry, content, ROWS, table)
        for row in part:
            told = owners.get(str(owner(row)))
            kind = _judge(row, told, audit.log_digest, walk)
            yield from _findings_about(kind, model._meta.label, row.pk, told)
        walk.step(len(part))


def _judge(row: Any, told: Told | None, digest: Callable[[Any], str], walk: Walk) -> str:
    """What is wrong with `row`, the end of a kind of finding; "" when an entry proves it or its proof was erased."""
    if told is None:
        return "alone"
    given = told.proofs.get(str(row.pk))
    if given:
        return "" if digest(row) in given.values() else "edited"
    if not told.bare:
        return "unlisted"
    return "" if walk.erased.intersection(told.bare) else "bare"


def _findings_about(kind: str, label: str, row: Any, told: Told | None) -> Iterator[Finding]:
    if not kind:
        return
    entry: Any = ""
    if told is not None:
        entry = min(told.proofs.get(str(row)) or told.bare or [0])
    yield Finding.of(f"history.{kind}", label, row=row, entry=entry)


# Entries: the rows that they list are there


def entries_have_rows(walk: Walk) -> Iterator[Finding]:
    """Each row that a payload lists, of history or of a sealed log, is in its table."""
    models = {rows._meta.db_table: rows for rows in map(history.model_of, history.tracked_models())}
    for _name, account in registry.accounts.items():
        if account.owner:
            models[apps.get_model(account.model)._meta.db_table] = apps.get_model(account.model)
    for part in chunks(AuditPayload.objects.all()):
        listed: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for payload in part:
            for where in (HISTORY, ROWS):
                if f'"{where}":[{{' in payload.content:
                    for proof in _proofs(payload.content, where):
                        listed[proof["table"]].append((payload.pk, str(proof["id"])))
        for table, items in listed.items():
            yield from _missing(table, models.get(table), items)
        walk.step(len(part))


def _missing(table: str, model: Any, items: list[tuple[int, str]]) -> Iterator[Finding]:
    if model is None:
        yield Finding.of("entry.unknown", table, entry=items[0][0])
        return
    there = _present(model, {row for _entry, row in items})
    for entry, row in items:
        if row not in there:
            yield Finding.of("entry.alone", model._meta.label, entry=entry, row=row)


def _present(model: Any, keys: Collection[str]) -> set[str]:
    return {str(key) for key in model._base_manager.filter(pk__in=keys).values_list("pk", flat=True)}


# State: what stands in a tracked table is what its history says


def state_is_history(model: Any, walk: Walk) -> Iterator[Finding]:
    """Each row of tracked `model` says what its newest history row says, and none has gone but by a deletion."""
    for part in chunks(model._base_manager.all()):
        last = history.latest(model, [row.pk for row in part])
        suspects = [row.pk for row in part if _differs(model, row, last.get(row.pk))]
        for row, newest in _looked_at_again(model, suspects):
            yield _difference(model, row, newest)
        walk.step(len(part))
    yield from _gone(model)


def _differs(model: Any, row: Any, newest: Any) -> list[str] | None:
    """The tracked columns in which they differ; not falsy either when the newest row is none or a deletion."""
    if newest is None or newest.history_type == history.DELETED:
        return ["*"]
    names = (item.attname for item in history.model_of(model).tracked_fields)
    return [name for name in names if getattr(row, name) != getattr(newest, name)]


def _looked_at_again(model: Any, keys: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Those of `keys` that differ while nobody changes them: their history is the same before and after the look."""
    for _look in range(LOOKS):
        if not keys:
            return
        before = history.latest(model, keys)
        rows = model._base_manager.in_bulk(keys)
        after = history.latest(model, keys)
        moving = []
        for key, row in rows.items():
            newest = after.get(key)
            if _key(before.get(key)) != _key(newest):
                moving.append(key)
            elif _differs(model, row, newest):
                yield row, newest
        keys = moving


def _key(row: Any) -> Any:
    return row and row.pk


def _difference(model: Any, row: Any, newest: Any) -> Finding:
    label = model._meta.label
    if newest is None:
        return Finding.of("state.alone", label, row=row.pk)
    if newest.history_type == history.DELETED:
        return Finding.of("state.back", label, row=row.pk)
    return Finding.of("state.differs", label, row=row.pk, fields=", ".join(_differs(model, row, newest) or ()))


def _gone(model: Any) -> Iterator[Finding]:
    """Objects whose newest history row is no deletion, and that are not there; one statement, so one moment."""
    rows, key = history.model_of(model), model._meta.pk.attname
    there = model._base_manager.filter(pk=OuterRef(key))
    newer = rows._base_manager.filter(**{key: OuterRef(key)}, history_id__gt=OuterRef("history_id"))
    lost: QuerySet[Any] = rows._base_manager.exclude(history_type=history.DELETED)
    for gone in lost.filter(~Exists(there), ~Exists(newer)).order_by("pk").values_list(key, flat=True).iterator():
        yield Finding.of("state.gone", model._meta.label, row=gone)


def sentences(findings: Iterable[Finding]) -> list[str]:
    return [str(finding) for finding in findings]
