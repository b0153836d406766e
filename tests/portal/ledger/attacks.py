"""A ledger with a past, and what somebody does to it who can write to the database and has stolen the key."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal import audit, seal
from portal.audit import leaves, merkle, notes, sequence, tree, verify
from portal.models import AuditEntry, AuditPayload, Checkpoint, Leaf, SigningKey, Subtree, User, Witnessing
from tests.portal.kernel import NOW, make_user
from tests.portal.ledger import book, forging

TABLES = (Witnessing, Checkpoint, Subtree, Leaf, AuditPayload, AuditEntry)  # in the order in which they may go
ROUNDS, KEPT_AFTER = 6, 4
BACKUP_AFTER = 3
DAY = timedelta(days=1)


@dataclass
class Past:
    """The ledger after six days with some hundred entries, the checkpoint that somebody outside kept after the
    fourth, and a backup of the third."""

    signer: notes.Signer
    person: User
    at: datetime = NOW
    outside: list[verify.Outside] = field(default_factory=list)
    backup: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def made(cls, signer: notes.Signer) -> "Past":
        past = cls(signer, make_user())
        for number in range(1, ROUNDS + 1):
            past.live()
            if number == BACKUP_AFTER:
                past.backup = {model: list(model._base_manager.order_by("pk").values()) for model in TABLES}
            if number == KEPT_AFTER:
                past.outside = [verify.Outside("the auditor", Checkpoint.objects.latest("id").note, past.at)]
        return past

    def live(self) -> None:
        """A day: a hundred things happen, half of them done by a person, and are sealed."""
        self.at += DAY
        for actor in (None, self.person):
            with audit.action(actor=actor, actor_label="" if actor else "clock", reason="work", at=self.at) as action:
                action.record_many([("thing.done", "portal.thing", str(n), {"n": n}) for n in range(50)])
        book.seal(self.signer, at=self.at)

    @property
    def size(self) -> int:
        """That the outsider saw."""
        return self.outside[0].checkpoint.size

    def entry(self, index: int) -> AuditEntry:
        return Leaf.objects.get(index=index).entry

    def verified(self, **more: Any) -> verify.Report:
        return verify.run(at=self.at + timedelta(minutes=5), **more)

    def alone(self) -> set[str]:
        """Kinds of findings of whoever has nothing but the database."""
        return set(self.verified().totals)

    def with_outside(self) -> set[str]:
        return set(self.verified(checkpoints=self.outside).totals)


def reseal(index: int) -> None:
    """Give the leaf the hash of its entry as it is now."""
    leaf = Leaf.objects.get(index=index)
    forging.change(leaf, hash=merkle.leaf_hash(leaves.of(leaf.entry)).hex())


def regrow() -> None:
    """Make all stored subtrees anew from the leaves."""
    with seal.lifted():
        Subtree.objects.all().delete()
    tree.close(0, tree.size())


def resign(signer: notes.Signer) -> None:
    """Sign every checkpoint anew, for the tree as it is now; those that are too large go."""
    with seal.lifted():
        Witnessing.objects.all().delete()
        Checkpoint.objects.filter(size__gt=tree.size()).delete()
        for checkpoint in Checkpoint.objects.order_by("id"):
            root = tree.root(checkpoint.size)
            text = notes.Checkpoint(signer.name, checkpoint.size, root).text
            Checkpoint.objects.filter(pk=checkpoint.pk).update(root=root.hex(), note=f"{text}\n{signer.line(text)}")


def rebuild(entries: Collection[AuditEntry]) -> None:
    """Every leaf and subtree anew, for `entries` in this order."""
    with seal.lifted():
        Leaf.objects.all().delete()
        Leaf.objects.bulk_create(
            Leaf(index=index, entry=entry, hash=merkle.leaf_hash(leaves.of(entry)).hex())
            for index, entry in enumerate(entries)
        )
    regrow()


def cut(size: int) -> None:
    """Only the first `size` entries stay."""
    gone = list(Leaf.objects.filter(index__gte=size).values_list("entry_id", flat=True))
    with seal.lifted():
        Leaf.objects.filter(index__gte=size).delete()
        AuditPayload.objects.filter(entry__in=gone).delete()
        AuditEntry.objects.filter(pk__in=gone).delete()
    regrow()


def restore(backup: dict[Any, list[dict[str, Any]]]) -> None:
    with seal.lifted():
        for model in TABLES:
            model._base_manager.all()._raw_delete(using="default")
        for model in reversed(TABLES):
            model._base_manager.bulk_create(model(**row) for row in backup[model])


def exchange_key(stolen: notes.Signer) -> None:
    """The ledger says that it was always signed by this key."""
    forging.change(SigningKey.objects.get(), vkey=stolen.vkey)
    resign(stolen)


Attack = Callable[[Past], None]


def edited(**values: Any) -> Attack:
    return lambda past: forging.change(past.entry(123), **values)


def row_and_leaf(past: Past) -> None:
    edited(verb="thing.undone")(past)
    reseal(123)


def row_leaf_and_subtree(past: Past) -> None:
    row_and_leaf(past)
    regrow()


def all_of_it_resigned(past: Past) -> None:
    row_leaf_and_subtree(past)
    resign(past.signer)


def words_edited(past: Past) -> None:
    payload = past.entry(123).payload
    forging.change(payload, content=payload.content.replace("work", "play"))


def salt_edited(past: Past) -> None:
    forging.change(past.entry(123).payload, salt="0" * 64)


def words_deleted(past: Past) -> None:
    forging.remove(past.entry(123).payload)


def words_rewritten(past: Past) -> None:
    """Other words with the right commitment in the row; the leaf is that of the row."""
    entry, content = past.entry(123), audit.canonical({"reason": "other", "data": None, "history": []})
    forging.change(entry.payload, content=content)
    forging.change(entry, commitment=audit.commitment(entry.payload.salt, content))
    all_of_it_resigned(past)


def tail_deleted(past: Past) -> None:
    cut(310)


def tail_deleted_resigned(past: Past) -> None:
    cut(310)
    resign(past.signer)
    sequence.checkpoint(310, [past.signer], past.at)


def rewritten(past: Past) -> None:
    with seal.lifted():
        AuditEntry.objects.filter(target_id="7").update(verb="thing.undone")
    rebuild(list(AuditEntry.objects.order_by("id")))
    resign(past.signer)


def reordered(past: Past) -> None:
    entries = list(AuditEntry.objects.order_by("leaf__index"))
    entries[20], entries[30] = entries[30], entries[20]
    rebuild(entries)


def reordered_resigned(past: Past) -> None:
    reordered(past)
    resign(past.signer)


def swapped(past: Past) -> None:
    """Two leaves point to each other's entries."""
    rows = list(Leaf.objects.filter(index__in=(20, 30)).order_by("index"))
    with seal.lifted():
        Leaf.objects.filter(index__in=(20, 30)).delete()
        for index, row in zip((30, 20), rows, strict=True):
            Leaf.objects.create(index=row.index, entry_id=rows[index == 30].entry_id, hash=row.hash)


def written_late(past: Past, **values: Any) -> AuditEntry:
    """An entry that the portal did not write, sealed by the clock like any other."""
    content, salt = audit.canonical({"reason": "late", "data": None, "history": []}), "1" * 64
    row = past.entry(123)
    entry: AuditEntry = forging.copy_of(row, commitment=audit.commitment(salt, content), **values)
    forging.insert(AuditPayload(entry=entry, salt=salt, content=content))
    return entry


def backdated(past: Past) -> None:
    written_late(past, at=NOW + DAY)
    past.live()


def inserted(past: Past) -> None:
    entries = list(AuditEntry.objects.order_by("leaf__index"))
    rebuild([*entries[:50], written_late(past, at=entries[50].at), *entries[50:]])


def inserted_resigned(past: Past) -> None:
    inserted(past)
    resign(past.signer)


def removed(past: Past) -> None:
    entry = past.entry(50)
    forging.remove(entry.leaf)
    forging.remove_entry(entry)


def removed_closed_up(past: Past) -> None:
    removed(past)
    rebuild(list(AuditEntry.objects.order_by("leaf__index")))
    resign(past.signer)


def row_deleted(past: Past) -> None:
    entry = past.entry(50)
    forging.remove(entry.payload)
    forging.remove(entry)


def restored(past: Past) -> None:
    restore(past.backup)


def restored_and_lived_on(past: Past) -> None:
    restore(past.backup)
    for _day in range(3):
        past.live()


def other_key(past: Past) -> None:
    resign(notes.Signer.generate(past.signer.name))


def other_key_recorded(past: Past) -> None:
    exchange_key(notes.Signer.generate(past.signer.name))


def other_key_rewritten(past: Past) -> None:
    all_of_it_resigned(past)
    other_key_recorded(past)
