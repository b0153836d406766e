"""Giving checkpoints to witnesses outside: to whom and when, one clock at a time, and what came of it.

The network is used outside any transaction. Who gives holds a lease in the witness's row of Heartbeat meanwhile; it
ends by itself, so that a clock that was killed holds up nothing for long.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy

from portal import audit, limits, locks, registry, timers
from portal.audit import tree
from portal.models.ledger import Checkpoint, Witness, Witnessing
from portal.models.people import User
from portal.models.timers import Heartbeat
from portal.reads import witnesses as reads
from portal.services import ledger
from portal.services.witness_kinds import KINDS, REFUSED, TAKEN, UNREACHABLE, Given

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)  # longer than any kind of witness may take
BACKOFF = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30)]  # after so many failures in a row


def due(at: datetime) -> list[Witness]:
    """Those that should get the newest checkpoint now."""
    newest = _newest()
    if newest is None:
        return []
    active = Witness.objects.filter(is_active=True).order_by("made_at", "pk")
    return [witness for witness in active if _is_due(witness, newest, _lease(witness), at)]


def give(witness: Witness, at: datetime) -> Witnessing | None:
    """Give the newest checkpoint to `witness`, if it is due and nobody else gives; what came of it."""
    token = _reserve(witness, at)
    if token is None:
        return None
    try:
        newest, taken = _newest(), reads.last_taken(witness)
        given = _handed(witness, newest, taken, at) if newest else None
    except BaseException:
        _release(witness, token, at)
        raise
    with transaction.atomic():
        found = None
        if newest is not None and given is not None:
            found = _record(witness, newest, given, at)
        _release(witness, token, at)
    return found


def ask(*, witness: Witness, by: User, at: datetime) -> None:
    """`by` wants `witness` to get the newest checkpoint now; the clock gives it within seconds."""
    with audit.action(actor=by, reason="asked to give a checkpoint", at=at) as action:
        locks.hold([_process(witness)])
        timers.beat(_process(witness), at=at, detail=_lease(witness) | {"asked": True})
        action.record(verb="witness.asked", target=witness)


class Giver:
    """The rounds of one clock."""

    def __init__(self) -> None:
        self.told: set[str] = set()  # keys of alarms, so that one a day is not tried again each round

    def round(self, *, at: Callable[[], datetime], stop: Callable[[], bool] = lambda: False) -> int:
        """Give to all that are due, one after the other, then look for late ones; how many were tried."""
        tried = 0
        for witness in due(at()):
            if stop():
                return tried
            try:
                tried += give(witness, at()) is not None
            except Exception as error:  # one witness must not hold up the others
                log.exception("witness.failed", witness=str(witness.pk), error=repr(error))
        self.alarm(at())
        return tried

    def alarm(self, at: datetime) -> None:
        """Tell the operators of each late witness, once a day."""
        for each in reads.late(at):
            key = f"late:{each.witness.pk}:{at:%Y-%m-%d}"
            if key not in self.told:
                reason = f"{each.sentence} {each.problem}".strip()
                log.error("witness.late", witness=str(each.witness.pk), problem=each.problem)
                ledger.alert(kind="witness", reason=reason, key=key, at=at)
                self.told.add(key)


def _newest() -> Checkpoint | None:
    return Checkpoint.objects.order_by("-id").first()


def _is_due(witness: Witness, newest: Checkpoint, lease: dict[str, Any], at: datetime) -> bool:
    if _is_leased(lease, at):
        return False
    return bool(lease.get("asked")) or at >= _due_at(witness, newest)


def _due_at(witness: Witness, newest: Checkpoint) -> datetime:
    """When it gets `newest`; a ledger that stands still is given again now and then, to show that both are there."""
    tries = list(witness.witnessings.order_by("-id").values_list("result", "at")[: len(BACKOFF)])
    failures = next((place for place, (result, _at) in enumerate(tries) if result == TAKEN), len(tries))
    if failures:
        return tries[0][1] + BACKOFF[failures - 1]
    taken = reads.last_taken(witness)
    if taken is None:
        return witness.made_at
    again = timedelta(minutes=witness.alarm_minutes) / 2
    is_newer = newest.pk != taken.checkpoint_id
    return taken.at + (min(timedelta(minutes=witness.every_minutes), again) if is_newer else again)


def _process(witness: Witness) -> str:
    return f"witness {witness.pk}"


def _lease(witness: Witness) -> dict[str, Any]:
    """{token, until} of whoever gives now, and {asked} when somebody wants it now."""
    return dict(Heartbeat.objects.filter(pk=_process(witness)).values_list("detail", flat=True).first() or {})


def _is_leased(lease: dict[str, Any], at: datetime) -> bool:
    return "until" in lease and datetime.fromisoformat(lease["until"]) > at


def _reserve(witness: Witness, at: datetime) -> str | None:
    """A token, when `witness` is still due and nobody else gives."""
    with transaction.atomic():
        newest = _newest()
        if newest is None or not locks.try_hold(_process(witness)):
            return None
        if not _is_due(witness, newest, _lease(witness), at):
            return None
        token = secrets.token_hex(8)
        until = (at + LEASE).astimezone(UTC).isoformat()
        timers.beat(_process(witness), at=at, detail={"token": token, "until": until})
    return token


def _release(witness: Witness, token: str, at: datetime) -> None:
    with transaction.atomic():
        locks.hold([_process(witness)])
        lease = _lease(witness)
        if lease.get("token") == token:
            timers.beat(_process(witness), at=at, detail={"asked": True} if lease.get("asked") else {})


def _handed(witness: Witness, newest: Checkpoint, taken: Witnessing | None, at: datetime) -> Given:
    """Nothing is sent that does not continue what the witness has: that would only make it doubt us."""
    problem = _changed(newest) or (taken and _changed(taken.checkpoint))
    if problem:
        return Given(REFUSED, f"Nothing was sent: {problem}", alarm="changed")
    if taken and taken.checkpoint.size > newest.size:
        words = (
            f"Nothing was sent: it has a checkpoint of {taken.checkpoint.size} entries, the newest has {newest.size}."
        )
        return Given(REFUSED, words, alarm="changed")
    return KINDS[witness.kind](witness, newest, taken, at)


def _changed(checkpoint: Checkpoint) -> str:
    """Why the ledger is not what `checkpoint` says; nothing when it is."""
    size = tree.size()
    if size < checkpoint.size:
        return f"the ledger holds {size} entries, but {checkpoint.size} were signed, so that entries are missing."
    try:
        is_same = tree.root(checkpoint.size).hex() == checkpoint.root
    except tree.Broken:  # places in the middle are gone
        is_same = False
    return "" if is_same else f"the first {checkpoint.size} entries are not those that were signed."


def _record(witness: Witness, newest: Checkpoint, given: Given, at: datetime) -> Witnessing:
    say = log.info if given.result == TAKEN else log.warning
    say("witness.tried", witness=str(witness.pk), result=str(given.result), size=newest.size)
    if given.alarm:
        key = f"{given.alarm}:{witness.pk}:{at:%Y-%m-%d}"
        ledger.alert(kind=given.alarm, reason=f"{witness.name}: {given.detail}", key=key, at=at)
    return Witnessing.objects.create(
        witness=witness,
        checkpoint=newest,
        at=at,
        result=given.result,
        detail=given.detail[: limits.REASON_LENGTH],
        signatures=given.signatures,
    )


def register() -> None:
    registry.verbs.add("witness.asked", gettext_lazy("asked to give a witness the newest checkpoint"))


__all__ = ["REFUSED", "TAKEN", "UNREACHABLE", "Giver", "ask", "due", "give", "register"]
