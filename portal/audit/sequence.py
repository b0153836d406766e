"""The sequencer: gives each committed entry its place in the tree, and signs how far the tree goes.

Entries get their ids when they are written and become visible when they are committed, so a lower id may come after
a higher one. Therefore nothing is skipped because of its id: what has no leaf is waiting. A look covers all ids above
those that were there `SETTLED` seconds ago, since what was visible then is sealed; a full look each `FULL_LOOK_EVERY`
seconds, and the first one of each process, covers all.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal import audit, bulk, locks
from portal.audit import leaves, merkle, notes, tree
from portal.models.audit import AuditEntry
from portal.models.ledger import Checkpoint, Leaf, SigningKey

LOCK = "ledger"
ACTOR = "ledger"
BATCH = {"postgresql": 5_000, "sqlite": 1_000}  # entries in one transaction
SETTLED = 30.0  # seconds
SPAN = 50_000  # ids below the highest one that are looked at until a process has run for SETTLED
FULL_LOOK_EVERY = 600.0  # seconds


@dataclass(frozen=True)
class Sealed:
    """What one round did: entries sequenced, entries in the tree, whether a checkpoint was signed, else why not."""

    count: int = 0
    size: int = 0
    is_signed: bool = False
    problem: str = ""


class Sequencer:
    """One process's look at the ledger; any number may run, of which one at a time seals."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Look at everything next time: the database may be another one than before."""
        self.full_look_at = float("-inf")  # monotonic seconds
        self.marks: deque[tuple[float, int]] = deque()  # (when, up to which id nothing visible waited then)

    def seal(self, signer: notes.Signer | None, *, at: datetime | None = None) -> Sealed:
        """Seal what waits, at most a batch, in one transaction; sign with `signer`, unless it is None."""
        now, most = time.monotonic(), BATCH.get(connection.vendor, 1_000)
        floor = self._floor(now)
        last_id = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
        is_waiting = _waiting(floor).exists()
        # NOTE: on SQLite a transaction takes the place of the only writer, so none is begun for nothing.
        if not is_waiting and not _owes(signer):
            self._mark(now, floor, last_id)
            return Sealed(size=tree.size())
        with transaction.atomic():
            if not locks.try_hold(LOCK):
                return Sealed()
            rows = list(_waiting(floor).values_list(*leaves.FIELDS)[:most])
            size, is_signed = _append(rows), False
            try:
                tree.close(size - len(rows), size)
                is_signed, problem = _sign(signer, size, at or timezone.now()) if signer else (False, "")
            except tree.Broken as error:  # what comes gets its place all the same
                problem = f"The ledger cannot be put together any more, since it was changed: {error}"
        if len(rows) < most:
            self._mark(now, floor, last_id)
        return Sealed(len(rows), size, is_signed, problem)

    def _floor(self, now: float) -> int:
        """No entry up to this id can still be waiting, but for transactions that take longer than SETTLED."""
        if now - self.full_look_at >= FULL_LOOK_EVERY:
            return 0
        while len(self.marks) > 1 and now - self.marks[1][0] >= SETTLED:
            self.marks.popleft()
        when, last = self.marks[0]
        return last if now - when >= SETTLED else max(0, last - SPAN)

    def _mark(self, now: float, floor: int, last_id: int) -> None:
        """Everything that was visible above `floor` is sealed."""
        if floor == 0:
            self.full_look_at = now
        if not self.marks or last_id > self.marks[-1][1]:
            self.marks.append((now, last_id))


def _waiting(floor: int) -> QuerySet[AuditEntry]:
    """Committed entries above id `floor` that have no place in the tree yet, in the order of their ids."""
    return AuditEntry.objects.filter(id__gt=floor, leaf=None).order_by("id")


def _append(rows: Sequence[tuple[Any, ...]]) -> int:
    """Give `rows` (leaves.FIELDS) the next places; returns how many entries the tree holds."""
    size = tree.size()
    if not rows:
        return size
    places = enumerate(rows, start=size)
    bulk.insert_values(
        Leaf,
        [
            {"index": index, "entry_id": row[0], "hash": merkle.leaf_hash(leaves.text(*row)).hex()}
            for index, row in places
        ],
    )
    return size + len(rows)


def _last() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-id").first()


def _is_by(signer: notes.Signer, checkpoint: Checkpoint) -> bool:
    return any(line.key_id == signer.key_id for line in notes.Note.parse(checkpoint.note).signatures)


def _owes(signer: notes.Signer | None) -> bool:
    """Whether the tree has grown since the last checkpoint, or another key signs now."""
    size, last = tree.size(), _last()
    return signer is not None and size > 0 and (last is None or last.size != size or not _is_by(signer, last))


def _sign(signer: notes.Signer, size: int, at: datetime) -> tuple[bool, str]:
    """Sign the tree of `size` entries, unless it does not continue what was signed last: (whether, else why not)."""
    if not _owes(signer):
        return False, ""
    last = _last()
    if last is not None and size < last.size:
        return False, f"The ledger holds {size} entries, but {last.size} were signed: entries are missing."
    if last is not None and tree.root(last.size).hex() != last.root:
        return False, f"The first {last.size} entries of the ledger are not those that were signed: it was changed."
    checkpoint(size, [signer], at)
    return True, ""


def checkpoint(size: int, signers: Sequence[notes.Signer], at: datetime) -> Checkpoint:
    """Write the checkpoint of the first `size` entries, signed by `signers`; call it in a transaction with LOCK held.

    A key that signs for the first time is recorded, so that the ledger itself says who may speak for it.
    """
    root = tree.root(size)
    text = notes.Checkpoint(signers[0].name, size, root).text
    for signer in signers:
        key, is_new = SigningKey.objects.get_or_create(vkey=signer.vkey, defaults={"made_at": at})
        if is_new:
            with audit.action(actor=None, actor_label=ACTOR, reason="a key signs for the first time", at=at) as action:
                action.record(verb="ledger.key_used", target=key, data={"vkey": signer.vkey})
    note = "".join([text, "\n", *(signer.line(text) for signer in signers)])
    return Checkpoint.objects.create(size=size, root=root.hex(), note=note, at=at)
