"""The attack suite: what somebody does who can write to the database, has lifted the seals and stolen the key.

Each attack is found with the one checkpoint that somebody outside kept; where the database alone gives it away, that
is asserted too, and what nothing gives away stands at the end.
"""

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from portal import ids
from portal.audit import notes, proofs, receipts
from portal.models import AuditEntry, Leaf
from tests.portal.kernel import NOW
from tests.portal.ledger import attacks, book, forging, log
from tests.portal.ledger.attacks import Attack, Past

pytestmark = pytest.mark.django_db


@pytest.fixture
def past(signer: notes.Signer, db: None) -> Iterator[Past]:
    yield Past.made(signer)
    # NOTE: some attacks leave rows that point to nothing, which the end of a test would complain about.
    transaction.set_rollback(True)


def test_the_untouched_ledger_has_no_finding(past: Past) -> None:
    report = past.verified(checkpoints=past.outside, vkeys=[past.signer.vkey])
    assert report.findings == [] and report.is_good
    assert report.size == AuditEntry.objects.count() == Leaf.objects.count() > 600
    assert report.root == notes.Checkpoint.parse(last_text()).root.hex()
    assert report.counts == {"entries": report.size, "checkpoints": 7, "outside": 1, "erased": 0}


def last_text() -> str:
    from portal.models import Checkpoint

    return notes.Note.parse(Checkpoint.objects.latest("id").note).text


COLUMNS: dict[str, Any] = {
    "at": NOW,
    "actor_id": None,
    "verb": "thing.undone",
    "target_type": "portal.other",
    "target_id": "8",
    "request_id": UUID(int=7),
    "commitment": "0" * 64,
}


@pytest.mark.parametrize("column", COLUMNS)
def test_an_edited_row_is_found_by_itself(past: Past, column: str) -> None:
    entry = AuditEntry.objects.filter(actor=past.person).order_by("id")[60]
    forging.change(entry, **{column: COLUMNS[column]})
    found = {"changed", "payload"} if column == "commitment" else {"changed"}
    report = past.verified()
    assert {finding.kind for finding in report.findings} >= found
    assert {finding.entry for finding in report.findings} == {entry.pk}
    assert found <= past.with_outside()


def test_an_edited_name_of_a_process_is_found(past: Past) -> None:
    attacks.edited(actor_label="somebody else")(past)
    (finding,) = past.verified().findings
    assert (finding.kind, finding.index) == ("changed", 123)
    assert finding.sentence == f"Entry {finding.entry} is not what was sealed: its row was changed."


# what was done, what the database alone gives away, what one outside checkpoint adds
ATTACKS: list[tuple[Attack, set[str], set[str]]] = [
    (attacks.row_and_leaf, {"subtree", "root"}, {"rewritten"}),
    (attacks.row_leaf_and_subtree, {"root"}, {"rewritten"}),
    (attacks.all_of_it_resigned, set(), {"rewritten"}),
    (attacks.words_edited, {"payload"}, set()),
    (attacks.salt_edited, {"payload"}, set()),
    (attacks.words_deleted, {"missing"}, set()),
    (attacks.words_rewritten, set(), {"rewritten"}),
    (attacks.tail_deleted, {"cut"}, {"shorter"}),
    (attacks.tail_deleted_resigned, set(), {"shorter"}),
    (attacks.rewritten, set(), {"rewritten"}),
    (attacks.swapped, {"changed"}, set()),
    (attacks.reordered, {"root"}, {"rewritten"}),
    (attacks.reordered_resigned, set(), {"rewritten"}),
    (attacks.backdated, {"early"}, {"backdated"}),
    (attacks.inserted, {"root"}, {"rewritten"}),
    (attacks.inserted_resigned, set(), {"rewritten"}),
    (attacks.removed, {"gap", "subtree", "root", "cut", "late"}, {"rewritten", "postdated"}),
    (attacks.removed_closed_up, {"late"}, {"rewritten", "postdated"}),
    (attacks.row_deleted, {"gone"}, set()),
    (attacks.restored, set(), {"shorter"}),
    (attacks.restored_and_lived_on, set(), {"rewritten", "postdated"}),
    (attacks.other_key, {"signature"}, set()),
    (attacks.other_key_recorded, set(), {"foreign"}),
    (attacks.other_key_rewritten, set(), {"foreign", "rewritten"}),
]


@pytest.mark.parametrize(("attack", "alone", "outside"), ATTACKS, ids=[each[0].__name__ for each in ATTACKS])
def test_each_attack_is_found_with_one_outside_checkpoint(
    past: Past, attack: Attack, alone: set[str], outside: set[str]
) -> None:
    attack(past)
    assert past.alone() == alone
    assert past.with_outside() == alone | outside


@pytest.mark.parametrize(
    ("attack", "kind", "sentence"),
    [
        (
            attacks.tail_deleted_resigned,
            "shorter",
            "The ledger has 310 entries, but the auditor saw {size}: entries are missing (the end was deleted, or an"
            " older backup was restored).",
        ),
        (
            attacks.rewritten,
            "rewritten",
            "The first {size} entries are not those that the auditor saw: the ledger was rewritten.",
        ),
        (
            attacks.backdated,
            "backdated",
            "Entry {last} says 13 Mar 2026, 14:30:00 UTC, but it was not in the ledger that the auditor saw at"
            " 16 Mar 2026, 14:30:00 UTC.",
        ),
    ],
)
def test_the_sentence_says_what_happened(past: Past, attack: Attack, kind: str, sentence: str) -> None:
    before = AuditEntry.objects.latest("id").pk
    attack(past)
    (finding,) = (each for each in past.verified(checkpoints=past.outside).findings if each.kind == kind)
    assert finding.sentence == sentence.format(size=past.size, last=before + 1)


def test_an_entry_whose_time_was_set_before_it_was_sealed_is_found(past: Past) -> None:
    """It was written today, and its time changed to one of last week before the clock looked."""
    entry = attacks.written_late(past, at=past.at)
    forging.change(entry, at=NOW + attacks.DAY)
    past.live()
    assert past.alone() == {"early"}
    found = past.verified(checkpoints=past.outside).findings
    assert [(each.kind, each.entry) for each in found] == [("early", entry.pk), ("backdated", entry.pk)]


def test_an_entry_of_the_future_is_found(past: Past) -> None:
    attacks.written_late(past, at=past.at + 30 * attacks.DAY)
    past.live()
    assert past.alone() == {"late"}
    late = [attacks.verify.Outside("the board", attacks.Checkpoint.objects.latest("id").note, past.at)]
    assert set(past.verified(checkpoints=late).totals) == {"late", "postdated"}


def test_a_key_that_nobody_named_is_found(past: Past) -> None:
    attacks.other_key_recorded(past)
    assert set(past.verified(vkeys=[past.signer.vkey]).totals) == {"key"}


def test_a_rotated_key_is_vouched_for_by_the_one_before(past: Past, key_file: Any) -> None:
    from portal.services import ledger

    new = ledger.rotate(at=past.at)
    book.seal(new, at=past.at)
    for named in (past.signer, new):
        assert past.verified(vkeys=[named.vkey], checkpoints=past.outside).is_good
    assert past.verified().is_good


def test_an_older_backup_is_told_of_even_when_the_sequencer_goes_on(past: Past) -> None:
    """The outsider's checkpoint is longer than the ledger until it has grown past it: then it is another ledger."""
    attacks.restored(past)
    assert past.with_outside() == {"shorter"}
    past.live()
    past.live()
    assert past.with_outside() == {"rewritten", "postdated"}


MUTATIONS = 20_000


def test_no_mutated_receipt_verifies(past: Past) -> None:
    receipt = receipts.receipt(past.entry(123)).text
    verifier, drawn = past.signer.verifier, random.Random(20261122)
    assert proofs.Proof.parse(receipt).verified([verifier])
    tried = 0
    while tried < MUTATIONS:
        mutated = log.mutated(receipt.encode(), drawn)
        if mutated == receipt.encode():
            continue
        tried += 1
        with pytest.raises(proofs.ProofError):
            proofs.Proof.parse(mutated).verified([verifier])


def test_a_receipt_of_another_key_or_another_entry_does_not_verify(past: Past) -> None:
    receipt = receipts.receipt(past.entry(123))
    with pytest.raises(proofs.ProofError):
        receipt.verified([notes.Signer.generate(past.signer.name).verifier])
    other = receipts.receipt(past.entry(124))
    with pytest.raises(proofs.ProofError):
        proofs.Proof(receipt.index, receipt.hashes, receipt.note, other.extra).verified([past.signer.verifier])


def test_a_receipt_outlives_the_rewriting_of_the_ledger(past: Past) -> None:
    receipt = receipts.receipt(past.entry(123))
    attacks.all_of_it_resigned(past)
    assert receipt.verified([past.signer.verifier])
    outside = attacks.verify.Outside.read("a receipt", receipt.text)
    assert set(past.verified(checkpoints=[outside]).totals) == {"rewritten"}


# What is not found. README, "What the ledger proves, and what it does not", says the same.


def test_not_found_a_lie_before_it_is_sealed(past: Past) -> None:
    """Whoever can write to the database can write an entry of something that never happened."""
    attacks.written_late(past, at=past.at, request_id=ids.uuid7(), verb="thing.never_happened")
    past.live()
    assert past.with_outside() == set()


def test_not_found_rewriting_what_no_outsider_has_seen_yet(past: Past) -> None:
    entry = past.entry(past.size)  # the first one after the checkpoint that was kept
    forging.change(entry, verb="thing.undone")
    attacks.rebuild(list(AuditEntry.objects.order_by("leaf__index")))
    attacks.resign(past.signer)
    assert past.with_outside() == set()


def test_not_found_another_name_beside_a_persons_id(past: Past) -> None:
    """Names may be erased, so that they are in no leaf: who acted is the id."""
    entry = AuditEntry.objects.filter(actor=past.person).order_by("id")[60]
    forging.change(entry, actor_label="Somebody Else")
    assert past.with_outside() == set()


def test_not_found_but_visible_words_erased_by_an_entry_that_says_so(past: Past) -> None:
    entry = past.entry(123)
    forging.remove(entry.payload)
    with attacks.audit.action(actor=None, actor_label="x", reason="x", at=past.at) as action:
        action.record(verb="ledger.erased", target=entry, data={"entries": [entry.pk]})
    assert past.alone() == set()  # before that entry is sealed
    past.live()
    report = past.verified(checkpoints=past.outside)
    assert report.is_good and report.counts["erased"] == 1
