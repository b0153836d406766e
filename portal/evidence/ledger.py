"""The ledger as one pack sees it: everything is proven against one checkpoint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from portal import audit, history
from portal.audit import leaves, merkle, notes, proofs, receipts, tree
from portal.audit.record import WORDS
from portal.models.audit import AuditEntry
from portal.models.ledger import Checkpoint, SigningKey, Witness, Witnessing
from portal.reads import trail

SOME = 500  # keys in one question
ERASED = "ledger.erased"


class Unsealed(Exception):
    """What the pack would say is not in a signed tree (yet)."""


@dataclass(frozen=True)
class Sealed:
    """An entry with its place in the tree and its words (None: erased)."""

    index: int
    entry: AuditEntry
    content: dict[str, Any] | None

    @property
    def leaf(self) -> bytes:
        return leaves.of(self.entry)


class Ledger:
    """The ledger up to `checkpoint`, the newest one unless another is given. Raises Unsealed."""

    def __init__(self, checkpoint: Checkpoint | None = None) -> None:
        found = checkpoint or Checkpoint.objects.order_by("-id").first()
        if found is None:
            raise Unsealed
        self.checkpoint, self.size = found, found.size
        self.note = receipts.cosigned(found)
        self._known: dict[merkle.Range, bytes] = {}

    def read(self, ranges: Collection[merkle.Range]) -> Mapping[merkle.Range, bytes]:
        """As ``tree.read``, which is asked only once for each subtree."""
        missing = [one for one in ranges if one not in self._known]
        if missing:
            self._known |= tree.read(missing)
        return {one: self._known[one] for one in ranges}

    def inclusion(self, index: int) -> list[bytes]:
        return merkle.inclusion(index, self.size, self.read)

    def consistency(self, old: int) -> str:
        """The proof that the pack's tree continues that of `old` entries, a hash in base64 on each line."""
        hashes = merkle.consistency(old, self.size, self.read)
        return "".join(f"{notes.to_base64(one)}\n" for one in hashes)

    def peaks(self, size: int) -> list[bytes]:
        """The hashes of the complete parts of the first `size` entries, from left to right."""
        parts, done = [], 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                parts.append(merkle.Range(level, done >> level))
                done += 1 << level
        found = self.read(parts)
        return [found[part] for part in parts]

    def receipt(self, one: Sealed) -> str:
        return proofs.Proof(one.index, tuple(self.inclusion(one.index)), self.note, one.leaf).text

    def entries(self, subjects: Iterable[tuple[str, str]]) -> list[Sealed]:
        """All entries about `subjects`, in their order in the ledger. Raises Unsealed."""
        rows: list[AuditEntry] = []
        for label, keys in _by_label(subjects).items():
            for some in _some(sorted(keys)):
                rows += _entries(AuditEntry.objects.filter(target_type=label, target_id__in=some))
        return self._sealed(rows)

    def erasures(self, erased: Collection[int], known: Collection[int]) -> list[Sealed]:
        """The entries that say why the words of entries `erased` (ids) are gone, but for those `known` (ids)."""
        if not erased:
            return []
        rows = [row for row in _entries(AuditEntry.objects.filter(verb=ERASED)) if row.pk not in known]
        found = self._sealed(rows)
        wanted = set(erased)
        return [one for one in found if one.content and wanted & set((one.content["data"] or {}).get("entries", ()))]

    def _sealed(self, rows: Iterable[AuditEntry]) -> list[Sealed]:
        found = []
        for row in rows:
            leaf = getattr(row, "leaf", None)
            if leaf is None or leaf.index >= self.size:
                raise Unsealed
            payload = getattr(row, "payload", None)
            found.append(Sealed(leaf.index, row, json.loads(payload.content) if payload else None))
        return sorted(found, key=lambda one: one.index)

    @cached_property
    def keys(self) -> dict[str, Any]:
        """The public keys as the portal knows them."""
        own = [
            {"vkey": key.vkey, "made_at": audit.plain(key.made_at)} for key in SigningKey.objects.order_by("made_at")
        ]
        others = Witness.objects.exclude(vkey="").order_by("name")
        return {
            "warning": "These keys prove nothing by themselves: whoever could forge the pack could forge them too. "
            "Compare them with what you got from somebody else.",
            "ledger": own,
            "witnesses": [{"name": witness.name, "vkey": witness.vkey} for witness in others],
        }

    def witnessed(self) -> list[Checkpoint]:
        """What each witness took last, up to the pack's own checkpoint."""
        found = {}
        for witness in Witness.objects.order_by("name"):
            taken = Witnessing.objects.filter(
                witness=witness, result=Witnessing.Result.TAKEN, checkpoint__size__lte=self.size
            )
            last = taken.select_related("checkpoint").order_by("-id").first()
            if last is not None:
                found[last.checkpoint.size] = last.checkpoint
        return [found[size] for size in sorted(found)]


def line_of(one: Sealed, proof: Iterable[bytes]) -> bytes:
    """A line of entries.jsonl."""
    payload = getattr(one.entry, "payload", None)
    is_edit = bool(one.content and one.content.get("history"))
    said = {
        "index": one.index,
        "leaf": one.leaf.decode(),
        "proof": [part.hex() for part in proof],
        "payload": {"salt": payload.salt, "content": payload.content} if payload else "erased",
        "words": f"{trail.who(one.entry)} {trail.done(one.entry.verb, is_edit=is_edit)}",
    }
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


def history_lines(
    subjects: Iterable[tuple[str, str]], logs: Iterable[Model], sealed: Iterable[Sealed]
) -> Iterator[bytes]:
    """Lines of history.jsonl: the rows of `subjects` and of `logs`, each with the entry that proves it."""
    proven, erased = _proven(sealed)
    for label, keys in sorted(_by_label(subjects).items()):
        model = apps.get_model(label)
        if not history.is_tracked(model):
            continue
        rows, key = history.model_of(model)._base_manager, model._meta.pk.attname
        for some in _some(sorted(keys)):
            for row in rows.filter(**{f"{key}__in": some}).order_by("history_id"):
                verb = f"{label}.{WORDS[row.history_type]}"
                about = label, str(getattr(row, key))
                lost = erased.get((row.request_id, verb, about[1]))
                entry = proven.get((row._meta.db_table, row.history_id)) or (lost.pop(0) if lost else None)
                yield _line(row, row.history_id, about, audit.row_text(row), entry)
    for row in logs:
        entry = proven.get((row._meta.db_table, audit.plain(row.pk)))
        if entry is not None:
            yield _line(row, audit.plain(row.pk), (row._meta.label_lower, str(row.pk)), audit.log_text(row), entry)


def _line(row: Any, key: Any, about: tuple[str, str], text: str, entry: Sealed | None) -> bytes:
    said = {
        "label": about[0],
        "object": about[1],
        "table": row._meta.db_table,
        "id": key,
        "digest": hashlib.sha256(text.encode()).hexdigest(),
        "text": text,
        "entry": entry.index if entry else None,
    }
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


def _proven(
    sealed: Iterable[Sealed],
) -> tuple[dict[tuple[str, Any], Sealed], dict[tuple[Any, str, str], list[Sealed]]]:
    """Entries by the row (table, id) that they prove; those whose words are gone by (request, verb, target)."""
    proven: dict[tuple[str, Any], Sealed] = {}
    erased: dict[tuple[Any, str, str], list[Sealed]] = {}
    for one in sealed:
        if one.content is None:
            entry = one.entry
            erased.setdefault((entry.request_id, entry.verb, entry.target_id), []).append(one)
            continue
        for row in [*one.content["history"], *one.content.get("rows", ())]:
            proven[row["table"], row["id"]] = one
    return proven, erased


def _entries(rows: QuerySet[AuditEntry]) -> list[AuditEntry]:
    return list(rows.select_related("payload", "leaf", "actor").order_by("id"))


def _by_label(subjects: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for label, key in subjects:
        found.setdefault(label, set()).add(key)
    return found


def _some(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while some := list(islice(rest, SOME)):
        yield some
