"""What a witness of a log says to a new checkpoint (C2SP tlog-witness, tlog-cosignature). Pure.

A witness remembers of each log the largest checkpoint that it has cosigned, and cosigns only what continues it. Whoever
has its cosignature knows that the log has shown it the same beginning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from . import merkle, notes

MAX_PROOF = 63  # hashes
MAX_REQUEST = 64 * 1024  # bytes
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
OLD = "old "


@dataclass(frozen=True)
class Seen:
    """The largest checkpoint of a log that the witness has cosigned."""

    size: int = 0
    root: bytes = merkle.EMPTY


@dataclass(frozen=True)
class Answer:
    """`status` and `body` of HTTP. A `seen` is kept before anything is answered, for the log `origin`.

    `refused` is a checkpoint that the log has validly signed and the witness has not cosigned: its signed note.
    """

    status: int
    body: str
    content_type: str = TEXT
    origin: str = ""
    seen: Seen | None = None
    refused: str = ""


@dataclass(frozen=True)
class Request:
    """A checkpoint for a witness that has seen `old` leaves, and the proof that the log only grew since."""

    old: int
    proof: tuple[bytes, ...]
    note: notes.Note
    checkpoint: notes.Checkpoint

    @classmethod
    def parse(cls, body: str | bytes) -> Request:
        """Read the body of add-checkpoint; nothing of it is believed yet. Raises NoteError."""
        head, blank, note = notes.read(body).partition("\n\n")
        first, *lines = head.split("\n")
        if not blank or not first.startswith(OLD):
            raise notes.NoteError("A request begins with the old size; a proof, an empty line and a checkpoint follow.")
        if len(lines) > MAX_PROOF:
            raise notes.NoteError(f"A proof has at most {MAX_PROOF} hashes.")
        proof = tuple(notes.from_base64(line) for line in lines)
        if any(len(each) != merkle.HASH_SIZE for each in proof):
            raise notes.NoteError(f"A hash of a proof has {merkle.HASH_SIZE} bytes.")
        parsed = notes.Note.parse(note)
        return cls(notes.from_decimal(first.removeprefix(OLD)), proof, parsed, notes.Checkpoint.parse(parsed.text))


def request(old: int, proof: Sequence[bytes], note: str) -> str:
    """The body that asks for a cosignature of the signed `note`."""
    return "".join([f"{OLD}{old}\n", *(f"{notes.to_base64(each)}\n" for each in proof), "\n", note])


def judge(
    body: bytes, *, logs: Sequence[notes.Verifier], seen: Mapping[str, Seen], key: notes.Signer, at: datetime
) -> Answer:
    """The answer to add-checkpoint; `seen` by the name of the log, `key` cosigns. Keeps nothing itself."""
    try:
        asked = Request.parse(body)
    except notes.NoteError as error:
        return Answer(400, f"{error}\n")
    new = asked.checkpoint
    known = [log for log in logs if log.name == new.origin]
    if not known:
        return Answer(404, "This log is not known here.\n")
    try:
        asked.note.verified(known)
    except notes.NoteError as error:
        return Answer(403, f"{error}\n")
    answer = _follows(asked, seen.get(new.origin, Seen()))
    if answer is not None:
        signed = tuple(line for line in asked.note.signatures if _is_by(known, line))
        return replace(answer, origin=new.origin, refused=str(notes.Note(asked.note.text, signed)))
    return Answer(200, key.cosign(asked.note.text, at), origin=new.origin, seen=Seen(new.size, new.root))


def _is_by(logs: Sequence[notes.Verifier], line: notes.Signature) -> bool:
    return any((log.name, log.key_id) == (line.name, line.key_id) for log in logs)


def _follows(asked: Request, seen: Seen) -> Answer | None:
    """Why the checkpoint is not cosigned; None when it continues `seen`."""
    new = asked.checkpoint
    if asked.old > new.size:
        return Answer(400, "The old size is larger than the checkpoint.\n")
    if asked.old != seen.size:
        return Answer(409, f"{seen.size}\n", SIZE)
    if asked.old == new.size and seen.root != new.root:
        return Answer(409, "A checkpoint of this size has another root.\n")
    try:
        merkle.verify_consistency(
            old_size=seen.size, new_size=new.size, old_root=seen.root, new_root=new.root, proof=asked.proof
        )
    except merkle.ProofError as error:
        return Answer(422, f"{error}\n")
    return None
