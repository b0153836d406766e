"""Receipts: complete in themselves, and worth nothing once anything in them is changed."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit import notes
from portal.audit.notes import Signed, Signer
from portal.audit.proofs import Proof, ProofError

from .log import AT, ENTRIES, LOG, STRANGER, WITNESS, checkpoint, mutated, receipt, signed
from .oracle import root

KNOWN = [LOG.verifier, WITNESS.verifier]
RECEIPT = receipt(5, 21)
TEXT = RECEIPT.text


@st.composite
def receipts(draw: st.DrawFn) -> Proof:
    size = draw(st.integers(1, len(ENTRIES)))
    return receipt(draw(st.integers(0, size - 1)), size)


@given(receipts())
def test_a_receipt_is_read_as_it_was_written_and_verified(made: Proof) -> None:
    for text in (made.text, made.text.encode()):
        read = Proof.parse(text)
        assert read == made
        assert read.verified(KNOWN) == [Signed(LOG.verifier, None), Signed(WITNESS.verifier, AT)]
        assert read.checkpoint == checkpoint(read.checkpoint.size)


def test_a_receipt_has_the_lines_of_the_format() -> None:
    assert receipt(1, 2).text.split("\n")[:6] == [
        "c2sp.org/tlog-proof@v1",
        f"extra {notes.to_base64(ENTRIES[1])}",
        "index 1",
        notes.to_base64(root(ENTRIES[:1])),
        "",
        "portal.example/ledger",
    ]


def test_without_extra_its_line_is_left_out() -> None:
    bare = replace(RECEIPT, extra=b"")
    assert "extra" not in bare.text
    assert Proof.parse(bare.text) == bare
    with pytest.raises(ProofError, match="does not lead to the root"):
        bare.verified(KNOWN)


def test_the_log_itself_must_have_signed() -> None:
    text = checkpoint(21).text
    cosigned = replace(RECEIPT, note=f"{text}\n{WITNESS.cosign(text, AT)}")
    other = Signer("other.example", bytes(32))
    for proof, known in (
        (cosigned, KNOWN),
        (RECEIPT, [WITNESS.verifier]),
        (replace(RECEIPT, note=f"{text}\n{other.line(text)}"), [other.verifier]),
    ):
        with pytest.raises(ProofError, match="portal.example/ledger has not signed its checkpoint"):
            proof.verified(known)
    with pytest.raises(ProofError, match="No known key has signed"):
        RECEIPT.verified([STRANGER.verifier])


def test_a_log_key_of_a_witness_is_no_signature_of_the_log() -> None:
    """A cosignature under the name of the log says that somebody saw it, not that the log stands by it."""
    text, same = checkpoint(21).text, Signer(LOG.name, bytes(32), notes.COSIGNATURE)
    with pytest.raises(ProofError, match="has not signed its checkpoint"):
        replace(RECEIPT, note=f"{text}\n{same.cosign(text, AT)}").verified([same.verifier])


@pytest.mark.parametrize(
    "changed",
    [
        replace(RECEIPT, index=4),
        replace(RECEIPT, index=21),
        replace(RECEIPT, extra=ENTRIES[6]),
        replace(RECEIPT, hashes=RECEIPT.hashes[::-1]),
        replace(RECEIPT, hashes=RECEIPT.hashes[:-1]),
        replace(RECEIPT, hashes=(*RECEIPT.hashes, bytes(32))),
        replace(RECEIPT, hashes=()),
        replace(RECEIPT, note=signed(checkpoint(22).text)),
        replace(RECEIPT, note=signed(checkpoint(0).text)),
        replace(RECEIPT, note=signed("no checkpoint\n")),
        replace(RECEIPT, note="no note"),
    ],
)
def test_a_receipt_put_together_from_other_parts_is_refused(changed: Proof) -> None:
    with pytest.raises(ProofError):
        changed.verified(KNOWN)


@given(st.randoms(use_true_random=False), receipts())
def test_no_changed_receipt_is_verified_as_before(random: Random, made: Proof) -> None:
    """Exchanged signature lines are the one change that leaves everything true: the log and the witness have signed."""
    text = made.text.encode()
    for _ in range(20):
        changed = mutated(text, random)
        if changed == text:
            continue
        try:
            read = Proof.parse(changed)
            signers = {each.verifier for each in read.verified(KNOWN)}
        except ProofError:
            continue
        assert read.text.encode() == changed
        assert (read.index, read.extra, read.checkpoint) == (made.index, made.extra, made.checkpoint)
        assert signers < set(KNOWN) or sorted(changed.split(b"\n")) == sorted(text.split(b"\n"))


HASH = notes.to_base64(bytes(32)) + "\n"


@pytest.mark.parametrize(
    ("change", "saying"),
    [
        (lambda text: text.replace("@v1", "@v2"), "first line of a proof is"),
        (lambda text: "\n" + text, "first line of a proof is"),
        (lambda text: text.replace("\n", "\r\n"), "control character"),
        (lambda text: text.replace("extra ", "extra  "), "not base64"),
        (lambda text: text.replace("extra ", "extra"), "line with the index"),
        (lambda text: text.replace("extra ", "Extra "), "line with the index"),
        (lambda text: text.replace("\nindex", "\nextra AAAA\nindex"), "line with the index"),
        (lambda text: text.replace("\nextra", "\nextra \nextra"), "not base64"),
        (lambda text: text.replace("index 5\n", ""), "line with the index"),
        (lambda text: text.replace("index 5\n", "index 5\nindex 5\n"), "not base64"),
        (lambda text: text.replace("index 5", "index 05"), "leading zeros"),
        (lambda text: text.replace("index 5", "index -5"), "leading zeros"),
        (lambda text: text.replace("index 5", "index 5 "), "leading zeros"),
        (lambda text: text.replace("index 5", f"index {2**63}"), "too large"),
        (lambda text: text.replace("index 5\n", f"index 5\n{HASH * 64}"), "at most 63 hashes"),
        (lambda text: text.replace("index 5\n", "index 5\nAAAA\n"), "hashes of 32 bytes"),
        (lambda text: text.replace("index 5\n", "index 5\n\n"), "checkpoint has three lines"),
        (lambda text: text.replace("\n\n", "\n", 1), "not base64|three lines"),
        (lambda text: text.partition("\n\n")[0] + "\n\n", "ends in a newline"),
        (lambda text: text.partition("\n\n")[0], "ends in a newline"),
        (lambda text: text[:-1], "ends in a newline"),
        (lambda text: text + "\n", "three lines|an empty line and signatures"),
        (lambda text: text.replace("\n21\n", "\n021\n"), "leading zeros"),
        (lambda text: "", "first line of a proof is"),
    ],
)
def test_a_receipt_of_another_form_is_refused(change: Callable[[str], str], saying: str) -> None:
    with pytest.raises(ProofError, match=saying):
        Proof.parse(change(TEXT))
    assert change(TEXT) != TEXT


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(ProofError, match="not valid UTF-8"):
        Proof.parse(TEXT.encode() + b"\xff")
