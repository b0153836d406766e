"""Receipts: a leaf, its place and the way to a signed checkpoint, as c2sp.org/tlog-proof@v1. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import merkle, notes
from .merkle import ProofError

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63

__all__ = ["HEADER", "Proof", "ProofError"]


@dataclass(frozen=True)
class Proof:
    """`index` of the leaf, the hashes of its inclusion proof (the sibling first), the whole note of the checkpoint.

    `extra` holds the exact bytes of the leaf here; the format itself leaves open what it is.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes = b""

    @classmethod
    def parse(cls, text: str | bytes) -> Proof:
        """Read a whole receipt; its signatures and hashes are not checked yet. Raises ProofError."""
        try:
            return cls._parse(notes.read(text))
        except notes.NoteError as error:
            raise ProofError(str(error)) from None

    @classmethod
    def _parse(cls, text: str) -> Proof:
        above, _, note = text.partition("\n\n")
        lines = above.split("\n")[::-1]
        if lines.pop() != HEADER:
            raise ProofError(f"The first line of a proof is {HEADER}.")
        extra = b""
        if lines and lines[-1].startswith("extra "):
            extra = notes.from_base64(lines.pop().removeprefix("extra "))
        if not lines or not lines[-1].startswith("index "):
            raise ProofError("A proof has a line with the index of its leaf.")
        index = notes.from_decimal(lines.pop().removeprefix("index "))
        hashes = tuple(notes.from_base64(line) for line in lines[::-1])
        if len(hashes) > MAX_HASHES or any(len(each) != merkle.HASH_SIZE for each in hashes):
            raise ProofError(f"A proof has at most {MAX_HASHES} hashes of {merkle.HASH_SIZE} bytes.")
        notes.Checkpoint.parse(notes.Note.parse(note).text)
        return cls(index, hashes, note, extra)

    @property
    def text(self) -> str:
        extra = [f"extra {notes.to_base64(self.extra)}"] if self.extra else []
        lines = [HEADER, *extra, f"index {self.index}", *map(notes.to_base64, self.hashes)]
        return "\n".join(lines) + "\n\n" + self.note

    @property
    def checkpoint(self) -> notes.Checkpoint:
        """What the note says, not yet believed."""
        return notes.Checkpoint.parse(notes.Note.parse(self.note).text)

    def verified(self, verifiers: Iterable[notes.Verifier]) -> list[notes.Signed]:
        """The good signatures of a checkpoint that has `extra` as leaf `index`.

        The log itself must be among the signers: a key of kind ED25519 whose name is the origin. Raises ProofError.
        """
        try:
            checkpoint = self.checkpoint
            signed = notes.Note.parse(self.note).verified(verifiers)
        except notes.NoteError as error:
            raise ProofError(str(error)) from None
        logs = {each.verifier.name for each in signed if each.verifier.kind == notes.ED25519}
        if checkpoint.origin not in logs:
            raise ProofError(f"{checkpoint.origin} has not signed its checkpoint with a known key.")
        merkle.verify_inclusion(
            leaf=merkle.leaf_hash(self.extra),
            index=self.index,
            size=checkpoint.size,
            proof=self.hashes,
            root=checkpoint.root,
        )
        return signed
