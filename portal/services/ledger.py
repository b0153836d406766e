"""Keeping the ledger sealed: what the clock does each half second, and what the holder of the key may do."""

import time
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, locks, operators, timers
from portal.audit import keys, notes, sequence, tree
from portal.errors import DomainError
from portal.models.ledger import Checkpoint
from portal.models.timers import Heartbeat

log = structlog.get_logger(__name__)

PROCESS = "ledger"  # its heartbeat; the detail says what keeps it from being signed
BEAT_EVERY = 5.0  # seconds
NAMESPACE = uuid5(NAMESPACE_URL, "portal.ledger")


class NothingToSign(DomainError):
    """The ledger is empty."""


class Keeper:
    """Seals what was committed, signs it, and says so or why not; one for each clock process."""

    def __init__(self) -> None:
        self.sequencer = sequence.Sequencer()
        self.problem = ""
        self.beaten_at = float("-inf")  # monotonic seconds

    def round(self, *, at: datetime | None = None) -> sequence.Sealed:
        """One look. Without a usable key entries get their places all the same, and operators are told."""
        at = at or timezone.now()
        signer, problem, kind = None, "", ""
        try:
            signer = keys.load()
        except keys.KeyUnusable as error:
            problem, kind = str(error), "key"
        done = self.sequencer.seal(signer, at=at)
        if done.problem:
            problem, kind = done.problem, "changed"
        self._say(kind, problem, at)
        return done

    def _say(self, kind: str, problem: str, at: datetime) -> None:
        now = time.monotonic()
        if problem == self.problem and now - self.beaten_at < BEAT_EVERY:
            return
        timers.beat(PROCESS, at=at, detail={"problem": problem} if problem else {})
        if problem and problem != self.problem:
            log.error("ledger.not_signed", problem=problem)
            alert(kind=kind, reason=problem, key=f"{kind}:{at:%Y-%m-%d}", at=at)
        self.problem, self.beaten_at = problem, now


def alert(*, kind: str, reason: str, key: str, at: datetime) -> None:
    """Tell the operators, once for each `key`, that the ledger needs them; `kind` as the templates know it.

    key: nobody can sign; changed: it is not what was signed; witness: nobody outside knows it; verification: failed.
    """
    with transaction.atomic():
        operators.alert(
            what="ledger",
            subject=Heartbeat(process=PROCESS, at=at),
            subject_id=uuid5(NAMESPACE, key),
            key=key,
            facts={"kind": kind, "reason": reason},
            at=at,
        )


def rotate(*, name: str = "", at: datetime) -> notes.Signer:
    """Put a new key in the place of the present one; the next checkpoint is signed by both.

    Raises KeyUnusable for the present key, NothingToSign, and NoteError for a name that no key can have.
    """
    old = keys.load()
    new = notes.Signer.generate(name or old.name)
    with audit.action(actor=None, actor_label=sequence.ACTOR, reason="the signing key is rotated", at=at):
        locks.hold([sequence.LOCK])
        size = tree.size()
        if not size:
            raise NothingToSign(_("The ledger is empty. Start the clock first, so that the present key signs."))
        sequence.checkpoint(size, [old, new] if old.name == new.name else [new], at)
    keys.replace(new)
    return new


def checkpoint_now(*, at: datetime) -> Checkpoint:
    """Seal and sign all that is committed now; the newest checkpoint. Raises KeyUnusable, NothingToSign."""
    signer, sequencer = keys.load(), sequence.Sequencer()
    while sequencer.seal(signer, at=at).count:
        pass
    found = Checkpoint.objects.order_by("-id").first()
    if found is None:
        raise NothingToSign(_("The ledger is empty."))
    return found
