"""Programs of others verify what the ledger gives out: pymerkle its trees and proofs, PyNaCl its signatures.

No part of the portal takes part in the verification; required, never skipped.
"""

import base64
from collections.abc import Sequence
from typing import Any

import nacl.exceptions
import nacl.signing
import pymerkle
import pytest

from portal.audit import merkle
from portal.audit.notes import Note, Signer
from portal.audit.proofs import Proof

from .log import AT, ENTRIES, LOG, STORE, WITNESS, checkpoint, receipt

SIZES = range(1, len(ENTRIES) + 1)
PAIRS = [(old, new) for new in SIZES for old in range(1, new + 1)]
TREE = pymerkle.InmemoryTree.init_from_entries(ENTRIES)


def with_path(proof: pymerkle.MerkleProof, path: Sequence[bytes]) -> Any:
    """pymerkle's proof with our hashes: what is left of its own are sizes and the order of left and right."""
    return pymerkle.MerkleProof.deserialize(proof.serialize() | {"path": [each.hex() for each in path]})


def inclusion(index: int, size: int, hashes: Sequence[bytes]) -> Any:
    """Its leaves are counted from 1, and its path begins with the leaf."""
    return with_path(TREE.prove_inclusion(index + 1, size), [TREE.get_leaf(index + 1), *hashes])


def consistency(old: int, new: int, hashes: Sequence[bytes]) -> Any:
    """A proof of RFC 9162 as pymerkle has it.

    The RFC gives the hash above the first leaves that are new; pymerkle gives its parts, beginning with the first new
    leaf. Here they come from that leaf's inclusion proof, and must lead to the hash that the RFC's proof has.
    """
    if old == new:
        return TREE.prove_consistency(old, new)
    last, added, *others = [checkpoint(old).root, *hashes] if old & (old - 1) == 0 else hashes
    ours = merkle.inclusion(old, new, STORE.read)
    parts = [merkle.leaf_hash(ENTRIES[old]), *ours[: len(ours) - 1 - len(others)]]
    above = parts[0]
    for right in parts[1:]:
        above = TREE.hash_pair(above, right)
    assert above == added
    return with_path(TREE.prove_consistency(old, new), [*parts, last, *others])


def test_pymerkle_comes_to_the_same_roots() -> None:
    assert TREE.get_root(0) == merkle.EMPTY
    assert [TREE.get_root(size) for size in SIZES] == [merkle.root(size, STORE.read) for size in SIZES]
    frontier = merkle.Frontier()
    for size in SIZES:
        frontier.append(merkle.leaf_hash(ENTRIES[size - 1]))
        assert frontier.root() == TREE.get_root(size)


def test_pymerkle_verifies_every_receipt() -> None:
    for size in SIZES:
        for index in range(size):
            proof = Proof.parse(receipt(index, size).text)
            pymerkle.verify_inclusion(
                TREE.hash_buff(proof.extra),
                proof.checkpoint.root,
                inclusion(proof.index, proof.checkpoint.size, proof.hashes),
                index=index + 1,
                size=size,
            )


def test_pymerkle_verifies_every_consistency_proof() -> None:
    for old, new in PAIRS:
        proof = consistency(old, new, merkle.consistency(old, new, STORE.read))
        pymerkle.verify_consistency(checkpoint(old).root, checkpoint(new).root, proof, prior_size=old, later_size=new)


def test_pymerkle_refuses_what_is_refused_here() -> None:
    leaf, root = merkle.leaf_hash(ENTRIES[5]), checkpoint(21).root
    hashes = merkle.inclusion(5, 21, STORE.read)
    for place in range(len(hashes)):
        changed = [*hashes[:place], hashes[place][::-1], *hashes[place + 1 :]]
        with pytest.raises(pymerkle.InvalidProof):
            pymerkle.verify_inclusion(leaf, root, inclusion(5, 21, changed))
        with pytest.raises(merkle.ProofError):
            merkle.verify_inclusion(leaf=leaf, index=5, size=21, proof=changed, root=root)
    proof = consistency(7, 21, merkle.consistency(7, 21, STORE.read))
    with pytest.raises(pymerkle.InvalidProof):
        pymerkle.verify_consistency(checkpoint(6).root, root, proof)
    with pytest.raises(pymerkle.InvalidProof):
        pymerkle.verify_consistency(checkpoint(7).root, checkpoint(20).root, proof)


def test_pymerkles_own_proofs_are_accepted_here() -> None:
    for size in SIZES:
        for index in range(size):
            merkle.verify_inclusion(
                leaf=TREE.get_leaf(index + 1),
                index=index,
                size=size,
                proof=TREE.prove_inclusion(index + 1, size).path[1:],
                root=TREE.get_root(size),
            )


def split(line: str) -> tuple[str, bytes]:
    """Name, and the bytes behind it, of a signature line; by hand."""
    dash, name, encoded = line.removesuffix("\n").split(" ")
    assert dash == "\u2014"
    return name, base64.b64decode(encoded, validate=True)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_pynacl_verifies_the_signature_of_a_checkpoint(size: int) -> None:
    text = checkpoint(size).text
    name, signed = split(LOG.line(text))
    key = nacl.signing.VerifyKey(base64.b64decode(LOG.vkey.split("+", 2)[2])[1:])
    assert (name, signed[:4].hex(), len(signed)) == (LOG.name, LOG.vkey.split("+")[1], 68)
    assert key.verify(text.encode(), signed[4:]) == text.encode()
    with pytest.raises(nacl.exceptions.BadSignatureError):
        key.verify(text.encode() + b"\n", signed[4:])


@pytest.mark.parametrize("size", [1, 7, 40])
def test_pynacl_verifies_a_cosignature(size: int) -> None:
    text = checkpoint(size).text
    name, signed = split(WITNESS.cosign(text, AT))
    key = nacl.signing.VerifyKey(base64.b64decode(WITNESS.vkey.split("+", 2)[2])[1:])
    seconds = int.from_bytes(signed[4:12], "big")
    assert (name, len(signed), seconds) == (WITNESS.name, 76, 1_773_325_800)
    key.verify(f"cosignature/v1\ntime {seconds}\n{text}".encode(), signed[12:])
    with pytest.raises(nacl.exceptions.BadSignatureError):
        key.verify(f"cosignature/v1\ntime {seconds + 1}\n{text}".encode(), signed[12:])


def test_pynacl_signs_the_same_byte_for_byte() -> None:
    text = checkpoint(40).text
    log, witness = nacl.signing.SigningKey(LOG.seed), nacl.signing.SigningKey(WITNESS.seed)
    assert log.verify_key.encode() == LOG.verifier.public
    assert split(LOG.line(text))[1][4:] == log.sign(text.encode()).signature
    message = f"cosignature/v1\ntime {int(AT.timestamp())}\n{text}".encode()
    assert split(WITNESS.cosign(text, AT))[1][12:] == witness.sign(message).signature


def test_what_pynacl_has_signed_is_verified_here() -> None:
    key, text = nacl.signing.SigningKey.generate(), checkpoint(7).text
    verifier = Signer("other.example", key.encode()).verifier
    line = base64.b64encode(verifier.key_id + key.sign(text.encode()).signature).decode()
    note = Note.parse(f"{text}\n\u2014 other.example {line}\n")
    assert [each.verifier for each in note.verified([verifier])] == [verifier]
