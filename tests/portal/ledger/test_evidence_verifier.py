"""The arithmetic of the verifier that goes into packs, against the standards and against the code that seals."""

import base64
import hashlib
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.audit import merkle, notes
from portal.evidence import verifier_ledger as verifier
from tests.portal.ledger import book

VECTORS = (  # RFC 8032, section 7.1: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
)


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_signatures_of_the_standard_are_good(key: str, message: str, signature: str) -> None:
    public, said, signed = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert verifier.is_signed(public, said, signed)
    assert not verifier.is_signed(public, said + b"x", signed)


def test_signatures_that_others_made_are_good_and_each_changed_bit_is_found() -> None:
    chance = random.Random(3)
    for _ in range(6):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        message = chance.randbytes(chance.randint(0, 90))
        signed = private.sign(message)
        assert verifier.is_signed(public, message, signed)
        bit = chance.randrange(512)
        spoilt = bytearray(signed)
        spoilt[bit // 8] ^= 1 << bit % 8
        assert not verifier.is_signed(public, message, bytes(spoilt))


def test_a_signature_has_one_form_only() -> None:
    """S + L would be the same number to a careless verifier (RFC 8032, 5.1.7)."""
    public, message, signature = (bytes.fromhex(part) for part in VECTORS[1])
    larger = int.from_bytes(signature[32:], "little") + verifier.ORDER
    assert not verifier.is_signed(public, message, signature[:32] + larger.to_bytes(32, "little"))
    assert not verifier.is_signed(public, message, signature[:-1])
    assert not verifier.is_signed(b"\xff" * 32, message, signature)  # y is no number below p
    assert not verifier.is_signed(b"\x02" + b"\0" * 31, message, signature)  # no point has this y


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


def reader(some: list[bytes]) -> merkle.Reader:
    def hash_of(one: merkle.Range) -> bytes:
        part = some[one.index << one.level : (one.index + 1) << one.level]
        while len(part) > 1:
            part = [merkle.node_hash(part[n], part[n + 1]) for n in range(0, len(part), 2)]
        return part[0]

    return lambda ranges: {one: hash_of(one) for one in ranges}


SIZES = range(1, 18)


def test_it_takes_every_proof_of_the_portal_and_none_of_another_place() -> None:
    some = leaves(max(SIZES))
    for size in SIZES:
        root = merkle.root(size, reader(some))
        for index in range(size):
            proof = merkle.inclusion(index, size, reader(some))
            assert verifier.is_included(some[index], index, size, proof, root)
            assert not any(
                verifier.is_included(some[index], other, size, proof, root) for other in range(size) if other != index
            )
            assert not verifier.is_included(some[index], index, size, [*proof, root], root)
            assert not verifier.is_included(some[index], index, size, proof[:-1], root) or not proof
    assert not verifier.is_included(some[0], 0, 0, [], merkle.EMPTY)


def test_it_takes_every_growth_of_the_portal_and_no_other() -> None:
    some = leaves(max(SIZES))
    roots = {size: merkle.root(size, reader(some)) for size in SIZES}
    for new in SIZES:
        for old in range(1, new + 1):
            proof = merkle.consistency(old, new, reader(some))
            assert verifier.continues(old, roots[old], new, roots[new], proof)
            assert not verifier.continues(old, b"x" * 32, new, roots[new], proof)
            assert not verifier.continues(old, roots[old], new, b"x" * 32, proof)
            assert not verifier.continues(old, roots[old], new, roots[new], [*proof, b"x" * 32])
    assert not verifier.continues(5, roots[5], 3, roots[3], [])


def test_its_tree_grows_to_the_roots_of_the_portal_from_any_beginning() -> None:
    some = leaves(max(SIZES))
    for start in range(0, max(SIZES)):
        begun = merkle.Frontier()
        begun.extend(some[:start])
        tree = verifier.Tree(start, begun.hashes)
        for size in range(start + 1, max(SIZES) + 1):
            tree.add(some[size - 1])
            assert tree.root() == merkle.root(size, reader(some))
    assert verifier.Tree().root() == hashlib.sha256().digest()
    with pytest.raises(ValueError, match="does not fit"):
        verifier.Tree(3, [b"x" * 32])


def test_keys_and_notes_are_read_strictly(signer: notes.Signer) -> None:
    key = verifier.Key(signer.vkey)
    assert key.name == book.NAME and key.id == signer.key_id.hex()
    name, number, _raw = signer.vkey.split("+", 2)
    for text in (
        "nonsense",
        f"{name}+{number}",
        f"{name}+00000000+{signer.vkey.split('+', 2)[2]}",
        f"{name}+{number}+AA",
    ):
        with pytest.raises(ValueError):
            verifier.Key(text)
    body = notes.Checkpoint(book.NAME, 3, b"\1" * 32).text
    note = f"{body}\n{signer.line(body)}"
    assert verifier.Note(note.encode()).signers([key]) == [key]
    wrong = signer.line(body + "x\n")
    for text in (body, note.replace("\n3\n", "\n03\n"), note.replace("—", "-"), f"{body}\nx\n"):
        with pytest.raises(ValueError):
            verifier.Note(text.encode())
    with pytest.raises(ValueError, match="is wrong"):
        verifier.Note(f"{body}\n{wrong}".encode()).signers([key])
    assert base64.b64encode(b"\1" * 32).decode() in body
