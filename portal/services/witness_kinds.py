"""The ways in which a checkpoint reaches a witness: by mail, into a file, or for its cosignature. Each tries once.

None of them changes the database, so that they run outside any transaction.
"""

import fcntl
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import ngettext

from portal import channels
from portal.audit import cosigning, notes, tree
from portal.channels import cosigner, email
from portal.models.ledger import Checkpoint, Witness, Witnessing

TAKEN, REFUSED, UNREACHABLE = Witnessing.Result.TAKEN, Witnessing.Result.REFUSED, Witnessing.Result.UNREACHABLE
MAIL_DEADLINE = 20.0  # seconds
COSIGN_DEADLINE = 15.0  # seconds for each of two tries
SKEW = timedelta(hours=1)  # by which the clock of a witness may be wrong
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
TAIL = 256 * 1024  # bytes at the end of a file among which the last checkpoint is
MODE = 0o640
STATUSES = {
    400: "It cannot read what it was sent",
    403: "It does not know the key that signed the checkpoint",
    404: "It does not know this ledger, or the address is not that of a witness",
}


@dataclass(frozen=True)
class Given:
    """What came of a try. `alarm` is the kind of alert that operators need at once (``ledger.alert``), or nothing."""

    result: str
    detail: str = ""
    signatures: str = ""
    alarm: str = ""


def by_mail(witness: Witness, checkpoint: Checkpoint, taken: Witnessing | None, at: datetime) -> Given:
    """A mail with the signed note; it counts as taken when the mail server has taken it."""
    origin = notes.Checkpoint.parse(notes.Note.parse(checkpoint.note).text).origin
    with translation.override(settings.LANGUAGE_CODE):
        local = timezone.localtime(checkpoint.at).strftime("%Y-%m-%d %H:%M %Z")
        words = ngettext(
            "%(size)s entry at %(at)s: checkpoint of %(origin)s",
            "%(size)s entries at %(at)s: checkpoint of %(origin)s",
            checkpoint.size,
        )
        subject = words % {"size": checkpoint.size, "at": local, "origin": origin}
        facts = {"checkpoint": checkpoint, "origin": origin, "at": local, "site": settings.SITE_URL}
        text = render_to_string("portal/ledger/witness_mail.txt", facts)
    envelope = channels.Envelope(
        message_id=f"checkpoint-{checkpoint.pk}-{witness.pk}-{int(at.timestamp())}",
        address=witness.address,
        subject=subject,
        short=subject,
        text=text,
        html="",
        event="ledger.checkpoint",
        at=at,
        lane="routine",
        thread=f"ledger-{witness.pk}",
        language=settings.LANGUAGE_CODE,
    )
    try:
        outcome = email.send(envelope, deadline=MAIL_DEADLINE)
    except OSError as error:
        return Given(UNREACHABLE, f"The mail could not be written ({type(error).__name__}).")
    if outcome.result == channels.SENT:
        return Given(TAKEN, outcome.detail)
    return Given(REFUSED if outcome.result == channels.REFUSED else UNREACHABLE, outcome.detail)


def path(witness: Witness) -> Path:
    """Where the file of `witness` is. Raises ValueError for a name that is none."""
    if not FILE_NAME.fullmatch(witness.address):
        raise ValueError("Its address is not the plain name of a file.")
    return Path(settings.WITNESS_DIR) / witness.address


def by_file(witness: Witness, checkpoint: Checkpoint, taken: Witnessing | None, at: datetime) -> Given:
    """The signed note at the end of a file, which may be on another machine's disk; on the disk before this returns."""
    try:
        file = path(witness)
        file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
        number = os.open(file, flags if taken else flags | os.O_CREAT, MODE)
    except FileNotFoundError:
        return Given(REFUSED, "Its file is gone, and with it the checkpoints in it.", alarm="witness")
    except (OSError, ValueError) as error:
        return Given(UNREACHABLE, getattr(error, "strerror", None) or str(error))
    try:
        return _appended(number, checkpoint, taken)
    except OSError as error:
        return Given(UNREACHABLE, error.strerror or type(error).__name__)
    finally:
        os.close(number)


def _appended(number: int, checkpoint: Checkpoint, taken: Witnessing | None) -> Given:
    fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    about = os.fstat(number)
    if not stat.S_ISREG(about.st_mode):
        return Given(REFUSED, "Its address is not a plain file.")
    had = int(taken.detail.partition(" ")[0]) if taken else 0
    if about.st_size < had:
        detail = f"Its file has {about.st_size} bytes, but {had} were written: checkpoints were removed."
        return Given(REFUSED, detail, alarm="witness")
    start = max(0, about.st_size - TAIL)
    tail = os.pread(number, TAIL, start).decode("utf-8", "replace")
    if problem := _contradicts(_last_note(tail), checkpoint):
        return Given(REFUSED, problem, alarm="changed")
    # NOTE: what a power cut has torn is left as it is; the empty lines keep it apart.
    block = ("" if not tail or tail.endswith("\n\n") else "\n\n") + f"{checkpoint.note}\n"
    left = block.encode()
    while left:
        left = left[os.write(number, left) :]
    os.fsync(number)
    if not about.st_size:
        _sync(Path(settings.WITNESS_DIR))
    return Given(TAKEN, f"{os.fstat(number).st_size} bytes")


def _sync(directory: Path) -> None:
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _last_note(tail: str) -> notes.Checkpoint | None:
    """The last checkpoint of a file; its signature is not asked for, since who can write there can only alarm us."""
    parts = tail.split("\n\n")
    for place in range(len(parts) - 1, 0, -1):
        try:
            note = notes.Note.parse(f"{parts[place - 1]}\n\n{parts[place]}\n")
            return notes.Checkpoint.parse(note.text)
        except notes.NoteError:
            continue
    return None


def _contradicts(last: notes.Checkpoint | None, checkpoint: Checkpoint) -> str:
    """Why `last` of a file and our ledger are not about the same entries; nothing when they are."""
    if last is None or last.origin != notes.Checkpoint.parse(notes.Note.parse(checkpoint.note).text).origin:
        return ""
    if last.size > checkpoint.size:
        return f"Its file knows {last.size} entries, but the ledger holds {checkpoint.size}: entries are missing."
    if tree.root(last.size) != last.root:
        return f"The first {last.size} entries are not those that its file knows: the ledger was changed."
    return ""


def by_cosigning(witness: Witness, checkpoint: Checkpoint, taken: Witnessing | None, at: datetime) -> Given:
    """The cosignature of a witness elsewhere, checked with its key."""
    old = taken.checkpoint.size if taken else 0
    try:
        reply = _ask(witness, checkpoint, old)
        if reply.status == 409 and reply.content_type == cosigning.SIZE:
            seen = _size(reply.body)
            if seen > checkpoint.size:
                detail = f"It has seen {seen} entries, but the ledger holds {checkpoint.size}: entries are missing."
                return Given(REFUSED, detail, alarm="changed")
            reply = _ask(witness, checkpoint, seen)
        return _meaning(witness, checkpoint, reply, at)
    except cosigner.NoReply as error:
        return Given(UNREACHABLE, str(error))
    except (cosigner.NotAllowed, notes.NoteError) as error:
        return Given(REFUSED, str(error))


def _ask(witness: Witness, checkpoint: Checkpoint, old: int) -> cosigner.Reply:
    body = cosigning.request(old, tree.consistency(old, checkpoint.size), checkpoint.note)
    return cosigner.post(witness.address, body, deadline=COSIGN_DEADLINE)


def _size(body: bytes) -> int:
    """What a witness answers that has seen another size. Raises NoteError."""
    text = notes.read(body)
    if not text.endswith("\n"):
        raise notes.NoteError("It has not said which size it knows.")
    return notes.from_decimal(text[:-1])


def _meaning(witness: Witness, checkpoint: Checkpoint, reply: cosigner.Reply, at: datetime) -> Given:
    """What an answer to the last try says."""
    code = reply.status
    if code == 200:
        return _cosigned(witness, checkpoint, reply.body, at)
    if code == 422 or (code == 409 and reply.content_type != cosigning.SIZE):
        detail = f"It says that this checkpoint is inconsistent with what it has seen before (HTTP {code})."
        return Given(REFUSED, detail, alarm="witness")
    if code == 409:
        return Given(REFUSED, "It says twice that it has seen another size (HTTP 409).")
    if code in STATUSES:
        return Given(REFUSED, f"{STATUSES[code]} (HTTP {code}).")
    if code in (408, 425, 429) or code >= 500:
        return Given(UNREACHABLE, f"It cannot answer now (HTTP {code}).")
    if 300 <= code < 400:
        return Given(REFUSED, f"Its address leads elsewhere (HTTP {code}).")
    return Given(REFUSED, f"It answered HTTP {code}.")


def _cosigned(witness: Witness, checkpoint: Checkpoint, body: bytes, at: datetime) -> Given:
    verifier = notes.Verifier.parse(witness.vkey)
    text = notes.Note.parse(checkpoint.note).text
    try:
        note = notes.Note.parse(f"{text}\n{notes.read(body)}")
        signed = note.verified([verifier]) if note.text == text else []
    except notes.NoteError as error:
        return Given(REFUSED, f"Its cosignature is not good: {error}")
    if not signed or signed[0].at is None or abs(signed[0].at - at) > SKEW:
        return Given(REFUSED, "Its cosignature is not of this hour: its clock is wrong, or the answer is an old one.")
    mine = [line.line for line in note.signatures if (line.name, line.key_id) == (verifier.name, verifier.key_id)]
    return Given(TAKEN, signatures="".join(mine))


KINDS: dict[str, Callable[[Witness, Checkpoint, Witnessing | None, datetime], Given]] = {
    Witness.Kind.MAIL: by_mail,
    Witness.Kind.FILE: by_file,
    Witness.Kind.COSIGN: by_cosigning,
}
