"""The sequencer: every committed entry gets one place, in a tree that only grows and whose checkpoints are signed."""

from datetime import timedelta
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal import audit, invariants, seal
from portal.audit import leaves, merkle, notes, receipts, sequence, tree
from portal.models import AuditEntry, Checkpoint, Leaf, SigningKey, Subtree
from tests.portal.kernel import NOW, make_user
from tests.portal.ledger import book

pytestmark = pytest.mark.django_db


def naive_root() -> bytes:
    """The root by definition, over what the entries say now."""
    entries = AuditEntry.objects.filter(leaf__isnull=False).order_by("leaf__index")
    hashes = [merkle.leaf_hash(leaves.of(entry)) for entry in entries]

    def over(some: list[bytes]) -> bytes:
        if len(some) == 1:
            return some[0]
        left = 1 << (len(some) - 1).bit_length() - 1
        return merkle.node_hash(over(some[:left]), over(some[left:]))

    return over(hashes)


def last_note(signer: notes.Signer) -> notes.Checkpoint:
    """What the newest checkpoint says, its signature checked."""
    note = notes.Note.parse(Checkpoint.objects.latest("id").note)
    assert note.verified([notes.Verifier.parse(signer.vkey)])
    return notes.Checkpoint.parse(note.text)


def test_a_leaf_is_the_canonical_text_of_its_entry() -> None:
    book.write(1, verb="thing.done")
    entry = AuditEntry.objects.get()
    entry.actor_label, entry.target_id = 'a "process"\\\n', "ü\u2028"
    assert leaves.of(entry).decode() == audit.canonical(
        {
            "actor": None,
            "at": entry.at,
            "commitment": entry.commitment,
            "id": entry.pk,
            "process": entry.actor_label,
            "request_id": entry.request_id,
            "target_id": entry.target_id,
            "target_type": entry.target_type,
            "verb": entry.verb,
        }
    )


def test_the_name_of_a_person_is_in_no_leaf() -> None:
    person = make_user(name="Zoë Canary")
    with audit.action(actor=person, reason="why", at=NOW) as action:
        action.record_many([("thing.done", "portal.thing", "1", None)])
    entry = AuditEntry.objects.get(actor=person)
    assert entry.actor_label == "Zoë Canary"
    assert "Canary" not in leaves.of(entry).decode() and str(person.pk) in leaves.of(entry).decode()


def test_entries_get_places_in_the_order_of_their_ids_and_a_signed_checkpoint(signer: notes.Signer) -> None:
    entries = book.write(7)
    done = sequence.Sequencer().seal(signer, at=NOW)
    assert done == sequence.Sealed(count=7, size=7, is_signed=True)
    assert list(Leaf.objects.order_by("index").values_list("index", "entry_id")) == list(enumerate(entries))
    assert (last_note(signer).size, last_note(signer).root) == (7, naive_root())
    assert last_note(signer).origin == book.NAME


@pytest.mark.parametrize("parts", [[1], [255, 1], [256], [257, 254, 1, 600], [3] * 40])
def test_the_tree_is_the_same_however_it_grew(signer: notes.Signer, parts: list[int]) -> None:
    sequencer = sequence.Sequencer()
    for part in parts:
        book.write(part)
        book.seal(signer, sequencer)
        assert tree.root(tree.size()) == naive_root()
    total = AuditEntry.objects.count()
    assert tree.size() == total == Leaf.objects.count()
    assert Subtree.objects.filter(level=8).count() == total // 256
    assert last_note(signer).root == naive_root()


def test_two_levels_of_subtrees_are_stored(signer: notes.Signer) -> None:
    with mock.patch.object(tree, "STEP", 2), mock.patch.object(tree, "WIDTH", 4):  # as if 256 were 4
        sequencer = sequence.Sequencer()
        for part in (5, 30, 1, 64):
            book.write(part)
            book.seal(signer, sequencer)
        size = tree.size()
        assert tree.root(size) == naive_root()
        assert dict(
            Subtree.objects.values_list("level").order_by("level").distinct().values_list("level", "level")
        ) == {
            2: 2,
            4: 4,
            6: 6,
        }
        for index in range(0, size, 7):
            leaf = bytes.fromhex(Leaf.objects.get(pk=index).hash)
            proof = tree.inclusion(index, size)
            merkle.verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=naive_root())


def test_a_lower_id_that_comes_later_still_gets_a_place(signer: notes.Signer) -> None:
    entries = book.write(4)
    late = AuditEntry.objects.get(pk=entries[1])
    with seal.lifted():
        late.payload.delete()
        late.delete()
    sequencer = sequence.Sequencer()
    book.seal(signer, sequencer)
    late.pk = entries[1]
    late.save(force_insert=True)
    assert book.seal(signer, sequencer).size == tree.size() == AuditEntry.objects.count()
    assert Leaf.objects.get(entry_id=entries[1]).index > Leaf.objects.get(entry_id=entries[3]).index


def test_what_takes_longer_than_a_look_back_is_found_by_a_full_look(signer: notes.Signer) -> None:
    entries = book.write(4)
    late = AuditEntry.objects.get(pk=entries[1])
    with seal.lifted():
        late.payload.delete()
        late.delete()
    sequencer = sequence.Sequencer()
    with mock.patch.object(sequence.time, "monotonic", return_value=1_000.0) as clock:
        book.seal(signer, sequencer)
        clock.return_value += sequence.SETTLED + 1
        book.seal(signer, sequencer)
        late.pk = entries[1]
        late.save(force_insert=True)
        assert book.seal(signer, sequencer).count == 0  # this look begins above it
        clock.return_value += sequence.FULL_LOOK_EVERY
        assert sequencer.seal(signer, at=NOW).count == 1


def test_a_look_at_a_settled_ledger_costs_the_same_at_any_size(signer: notes.Signer) -> None:
    def look() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert sequencer.seal(signer, at=NOW).count == 0
        return len(queries)

    sequencer = sequence.Sequencer()
    book.write(3)
    book.seal(signer, sequencer)
    few = look()
    book.write(700)
    book.seal(signer, sequencer)
    assert look() == few


def test_without_a_key_entries_are_placed_and_signed_when_it_is_back(signer: notes.Signer) -> None:
    book.write(5)
    sequencer = sequence.Sequencer()
    assert sequencer.seal(None, at=NOW) == sequence.Sealed(count=5, size=5)
    assert not Checkpoint.objects.exists()
    assert sequencer.seal(signer, at=NOW).is_signed
    assert last_note(signer).size == 5


def test_a_key_that_signs_for_the_first_time_is_in_the_ledger(signer: notes.Signer) -> None:
    book.write(1)
    book.seal(signer)
    entry = AuditEntry.objects.get(verb="ledger.key_used")
    assert entry.target_id == str(SigningKey.objects.get(vkey=signer.vkey).pk)
    assert signer.vkey in entry.payload.content
    other = notes.Signer.generate(book.NAME)
    book.seal(other)
    assert SigningKey.objects.count() == 2
    assert last_note(other).size == tree.size()


def test_nothing_is_signed_that_does_not_continue_what_was_signed(signer: notes.Signer) -> None:
    book.write(20)
    book.seal(signer)
    signed = Checkpoint.objects.count()
    with seal.lifted():
        Leaf.objects.filter(pk=3).update(hash="0" * 64)
    book.write(1)
    done = sequence.Sequencer().seal(signer, at=NOW)
    assert (done.count, done.is_signed) == (1, False)
    assert "not those that were signed" in done.problem
    assert Checkpoint.objects.count() == signed


def test_nothing_is_signed_when_signed_entries_are_gone(signer: notes.Signer) -> None:
    book.write(20)
    book.seal(signer)
    signed, size = Checkpoint.objects.count(), tree.size()
    with seal.lifted():
        Leaf.objects.filter(pk__gte=size - 5).delete()
        gone = AuditEntry.objects.filter(leaf=None)
        for entry in gone:
            if hasattr(entry, "payload"):
                entry.payload.delete()
        gone.delete()
    done = sequence.Sequencer().seal(signer, at=NOW)
    assert f"holds {size - 5} entries, but {size} were signed" in done.problem
    assert Checkpoint.objects.count() == signed


@pytest.mark.parametrize("what", ["subtree", "leaf"])
def test_entries_get_places_but_no_signature_when_stored_hashes_are_gone(signer: notes.Signer, what: str) -> None:
    book.write(300)
    book.seal(signer)
    signed = Checkpoint.objects.count()
    with seal.lifted():
        (Subtree.objects.all() if what == "subtree" else Leaf.objects.filter(pk=280)).delete()
    book.write(300)
    done = sequence.Sequencer().seal(signer, at=NOW)
    assert done.count >= 300 and not done.is_signed
    assert "since it was changed" in done.problem
    assert Checkpoint.objects.count() == signed


def test_a_receipt_proves_one_entry(signer: notes.Signer) -> None:
    entries = book.write(300)
    with pytest.raises(receipts.NotSealed):
        receipts.receipt(AuditEntry.objects.get(pk=entries[10]))
    book.seal(signer)
    proof = receipts.receipt(AuditEntry.objects.get(pk=entries[10]))
    assert proof.extra == leaves.of(AuditEntry.objects.get(pk=entries[10]))
    said = last_note(signer)
    leaf = merkle.leaf_hash(proof.extra)
    merkle.verify_inclusion(leaf=leaf, index=proof.index, size=said.size, proof=proof.hashes, root=said.root)


def test_no_receipt_is_made_from_a_tree_with_missing_hashes(signer: notes.Signer) -> None:
    entries = book.write(9)
    book.seal(signer)
    with seal.lifted():
        Leaf.objects.filter(entry_id=entries[4]).delete()
    with pytest.raises(receipts.NotProvable, match="was changed"):
        receipts.receipt(AuditEntry.objects.get(pk=entries[5]))


def test_a_receipt_for_an_earlier_checkpoint_refuses_later_entries(signer: notes.Signer) -> None:
    book.write(3)
    book.seal(signer)
    early = Checkpoint.objects.latest("id")
    (later,) = book.write(1)
    book.seal(signer, at=NOW + timedelta(minutes=1))
    with pytest.raises(receipts.NotSealed):
        receipts.receipt(AuditEntry.objects.get(pk=later), checkpoint=early)


def test_the_invariants_hold_the_ledger_against_its_entries(signer: notes.Signer) -> None:
    entries = book.write(9)
    book.seal(signer)
    assert invariants.the_ledger_is_what_was_sealed_and_signed() == []
    with seal.lifted():
        AuditEntry.objects.filter(pk=entries[3]).update(verb="thing.undone")
    (found,) = invariants.the_ledger_is_what_was_sealed_and_signed()
    assert f"Entry {entries[3]} " in found
