"""Keys with known seeds, and a small log with its checkpoints and receipts, for the tests of the formats."""

from datetime import UTC, datetime
from random import Random

from portal.audit import merkle
from portal.audit.notes import COSIGNATURE, Checkpoint, Signer
from portal.audit.proofs import Proof

from .oracle import Store, root

LOG = Signer("portal.example/ledger", bytes(range(32)))
WITNESS = Signer("witness.example/w1", bytes(range(32, 64)), COSIGNATURE)
STRANGER = Signer("portal.example/ledger", bytes(range(64, 96)))
AT = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)
ENTRIES = [f'{{"id":{number},"verb":"incident.opened"}}'.encode() for number in range(40)]
STORE = Store(ENTRIES)


def signed(text: str) -> str:
    """The note of `text` that the log has signed and the witness cosigned."""
    return f"{text}\n{LOG.line(text)}{WITNESS.cosign(text, AT)}"


def checkpoint(size: int) -> Checkpoint:
    return Checkpoint(LOG.name, size, root(ENTRIES[:size]))


def receipt(index: int, size: int) -> Proof:
    hashes = merkle.inclusion(index, size, STORE.read)
    return Proof(index, tuple(hashes), signed(checkpoint(size).text), ENTRIES[index])


def mutated(text: bytes, random: Random) -> bytes:
    """One byte changed, removed, added or doubled, or two lines exchanged."""
    place, way = random.randrange(len(text)), random.randrange(5)
    if way == 0:
        return text[:place] + bytes([text[place] ^ random.randrange(1, 256)]) + text[place + 1 :]
    if way == 1:
        return text[:place] + text[place + 1 :]
    if way == 2:
        return text[:place] + random.choice([b"\n", b" ", b"0", b"=", b"A", b"\r", b"\0"]) + text[place:]
    if way == 3:
        return text[: place + 1] + text[place:]
    lines = text.split(b"\n")
    first, second = random.sample(range(len(lines)), 2)
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)
