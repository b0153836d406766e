"""The only state machine of ``Message``: claim, send, record (U6, P7).

A message is taken by ``claim`` alone, one short transaction that writes lease, token and the attempt before
the first byte leaves. Nothing here keeps a transaction open while it talks to a network. Whoever lost a lease
changes nothing (I9): results are recorded only under the token of the present claim. What may have arrived
is sent again under the same id and marked as a possible duplicate (I2).
"""

import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import Error as DatabaseTrouble
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from portal import breakers, bulk, channels, ids, limits, outbox, outcomes, pacing, prepared, quiet, rendering, secrets
from portal.channels import chat, email, inbox, sms, webhook
from portal.models.messages import Attempt, AttemptResult, Message, MessageState
from portal.models.people import Channel, Lane

log = structlog.get_logger(__name__)

SENDERS: dict[str, channels.Send] = {
    Channel.EMAIL: email.send,
    Channel.WEBHOOK: webhook.send,
    Channel.INBOX: inbox.send,
    Channel.CHAT: chat.send,
    Channel.SMS: sms.send,
}
DEADLINE = 12.0  # seconds that one send may take in all
LEASE = timedelta(seconds=30)
GRACE = {Lane.URGENT: timedelta(seconds=3), Lane.ROUTINE: timedelta(seconds=15)}  # before the sweep takes it
PAUSE = 0.02  # seconds
RECORD_AGAIN = (0.1, 0.5, 2.0)  # seconds to wait when the database is lost between sending and recording
SWITCH = 0.0005  # seconds; after a wait for the database, a thread may wait this long for its turn (Python: 5 ms)


@dataclass(frozen=True)
class Claimed:
    """A message that is ours until `lease_until`, with the attempt that has begun; `troubled` when the
    last attempt on its channel or address failed."""

    message: Message
    attempt: Attempt
    token: UUID
    troubled: bool = False


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:64]


# Claim


def due(*, at: datetime, lane: str | None = None, grace: timedelta = timedelta()) -> list[QuerySet[Message]]:
    """What may be claimed at `at`: those whose lease has run out, then those waiting since `grace` ago.

    Two queries instead of one OR, so that each is a walk along its own partial index.
    """
    lanes = {"lane": lane} if lane else {}
    return [
        Message.objects.filter(state=MessageState.SENDING, lease_until__lt=at, **lanes),
        Message.objects.filter(state=MessageState.PENDING, due_at__lte=at - grace, **lanes),
    ]


def claim(
    *,
    ids: Sequence[Any] | None = None,
    limit: int = 1,
    at: datetime | None = None,
    worker: str,
    lane: str | None = None,
    grace: timedelta = timedelta(),
) -> list[Claimed]:
    """Take up to `limit` messages for `worker`, skipping those that somebody else is taking.

    With `ids` all of those, and a message that was due when it was written is taken even before: a hint says
    that it is new. On the way, what ran out of time dies; what nobody needs any more is dropped; what comes in
    somebody's quiet hours, too often or by a channel that does not answer waits, is bundled or goes another way.
    """
    at = at or timezone.now()
    with transaction.atomic():
        rows = _lock(ids, limit, at, lane, grace)
        if not rows:
            return []
        _interrupted([row for row in rows if row.state == MessageState.SENDING], at)
        wanted = pacing.judge(_wanted(rows, at), at)
        troubled = breakers.known(wanted)
        return _take(_passing(wanted, troubled, at), at, worker, troubled)


def _wanted(rows: list[Message], at: datetime) -> list[Message]:
    """Those of `rows` that shall go out now, by what they are about and whom they are for."""
    needless = outbox.needless(rows) | {
        row.pk: "the person is not active any more" for row in rows if not row.recipient.is_active
    }
    found = []
    for row in rows:
        if row.pk in needless:
            outcomes.move(row, MessageState.SUPPRESSED, reason=needless[row.pk])
        elif row.deadline_at <= at:
            outcomes.give_up(row, row.reason or "not sent before its deadline", at)
        elif row.lane == Lane.ROUTINE and (calm := quiet.until(row.recipient, at)) is not None:
            pacing.put_off(row, calm, at, "quiet hours", extend=True)
        else:
            found.append(row)
    return found


def _passing(rows: list[Message], troubled: dict[str, breakers.Breaker], at: datetime) -> list[Message]:
    """Those of `rows` whose channel answers, or whose turn it is to try it; the others go another way or wait.

    A pause that the address asked for is waited for, unless it is too long for such news.
    """
    found = []
    for row in rows:
        breaker = breakers.holding(row, troubled, at)
        if breaker is None:
            found.append(row)
            continue
        assert breaker.retry_at is not None
        waits = breakers.is_pause(breaker) and not outcomes.is_too_long(breaker.retry_at - at, row.lane)
        if waits or outcomes.unused_method(row) is None:
            pacing.put_off(row, breaker.retry_at, at, breakers.sentence(breaker))
        else:
            outcomes.next_way(row, breakers.sentence(breaker), at)
    return found


def _locked(rows: QuerySet[Message]) -> QuerySet[Message]:
    locked = rows.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return locked.select_related("recipient", "method").order_by("due_at")


_AT = prepared.Given("at", Message, "due_at")
_hinted = prepared.Question(
    lambda: _locked(
        Message.objects.filter(
            Q(state=MessageState.SENDING, lease_until__lt=_AT)
            | Q(state=MessageState.PENDING) & (Q(tries=0, due_at__lte=F("created_at")) | Q(due_at__lte=_AT)),
            pk__any=prepared.Given("ids", Message, "id", many=True),
        )
    )
)


def _lock(wanted: Sequence[Any] | None, limit: int, at: datetime, lane: str | None, grace: timedelta) -> list[Message]:
    if wanted is not None:
        return _hinted(ids=wanted, at=at)
    rows: list[Message] = []
    for some in due(at=at, lane=lane, grace=grace):
        if len(rows) < limit:
            rows += _locked(some)[: limit - len(rows)]
    return rows


def _interrupted(rows: list[Message], at: datetime) -> None:
    """Their worker never came back: perhaps they arrived, so what follows is a possible duplicate."""
    if not rows:
        return
    Attempt.objects.filter(message__in=rows, ended_at=None).update(
        ended_at=at, result=AttemptResult.UNKNOWN, detail="the worker did not come back"
    )
    for row in rows:
        row.maybe_duplicate = True
    Message.objects.filter(pk__any=[row.pk for row in rows]).update(maybe_duplicate=True)


def _take(rows: list[Message], at: datetime, worker: str, troubled: dict[str, breakers.Breaker]) -> list[Claimed]:
    if not rows:
        return []
    token, lease = ids.uuid7(), at + LEASE
    Message.objects.filter(pk__any=[row.pk for row in rows]).update(
        state=MessageState.SENDING, token=token, lease_until=lease, tries=F("tries") + 1
    )
    attempts = []
    for row in rows:
        row.state, row.token, row.lease_until, row.tries = MessageState.SENDING, token, lease, row.tries + 1
        attempts.append(
            Attempt(
                message=row,
                number=row.tries,
                token=token,
                worker=worker[:64],
                address=row.method.address if row.method else "",
                started_at=at,
                maybe_duplicate=row.maybe_duplicate,
            )
        )
    bulk.insert(attempts)
    return [
        Claimed(row, attempt, token, not troubled.keys().isdisjoint((breakers.name(row), breakers.address(row))))
        for row, attempt in zip(rows, attempts, strict=True)
    ]


# Send


def transmit(claimed: Claimed) -> tuple[channels.Outcome, str]:
    """Render and send once, outside any transaction. Returns how it went and the digest of what was sent."""
    message, method = claimed.message, claimed.message.method
    if message.channel != Channel.INBOX and not outcomes.usable(message, method):
        return channels.Outcome(channels.REFUSED, "the contact method is not in use any more"), ""
    try:
        words = rendering.render(message, message.recipient)
        envelope = channels.Envelope(
            message_id=str(message.pk),
            address=method.address if method else "",
            secret=secrets.decrypt(method.secret) if method else "",
            subject=words.subject,
            short=words.short,
            text=words.text,
            html=words.html,
            event=message.event,
            at=timezone.now(),
            lane=message.lane,
            thread=message.thread,
            language=words.language,
            possible_duplicate=message.maybe_duplicate,
            data=words.data,
        )
    except DatabaseTrouble:
        raise
    except Exception as error:  # a broken template must not stop the others
        log.exception("delivery.not_rendered", message=str(message.pk), message_event=message.event)
        return channels.Outcome(channels.RETRY, f"could not be written: {type(error).__name__}"), ""
    try:
        return SENDERS[message.channel](envelope, deadline=DEADLINE), words.digest
    except Exception as error:  # a channel that breaks leaves open what it did
        log.exception("delivery.channel_broke", message=str(message.pk), channel=message.channel)
        return channels.Outcome(channels.UNKNOWN, f"the channel broke: {type(error).__name__}"), words.digest


# Record


def record(claimed: Claimed, outcome: channels.Outcome, *, at: datetime, digest: str = "") -> bool:
    """Write how an attempt went and what follows from it. False, and nothing changed, when the lease was lost."""
    ours = Message.objects.filter(pk=claimed.message.pk, state=MessageState.SENDING, token=claimed.token)
    with transaction.atomic():
        held = _sent(ours, outcome, at) if outcome.result == channels.SENT else _not_sent(ours, outcome, at)
        if not held:
            log.warning("delivery.lease_lost", message=str(claimed.message.pk), result=outcome.result)
            return False
        Attempt.objects.filter(pk=claimed.attempt.pk, ended_at=None).update(
            ended_at=at, result=outcome.result, detail=outcome.detail[: limits.REASON_LENGTH], digest=digest
        )
        breakers.learn(claimed.message, outcome, was_troubled=claimed.troubled, at=at)
    return True


def _sent(ours: QuerySet[Message], outcome: channels.Outcome, at: datetime) -> bool:
    """What nearly always happens, in one statement."""
    state = MessageState.DELIVERED if outcome.confirmed else MessageState.SENT
    delivered_at = at if outcome.confirmed else None
    return bool(
        ours.update(state=state, token=None, lease_until=None, sent_at=at, delivered_at=delivered_at, reason="")
    )


def _not_sent(ours: QuerySet[Message], outcome: channels.Outcome, at: datetime) -> bool:
    message = ours.select_for_update(no_key=True, of=("self",)).select_related("method", "recipient").first()
    if message is None:
        return False
    if outcome.result == channels.REFUSED:
        outcomes.next_way(message, outcome.detail, at)
    elif message.deadline_at <= at:
        outcomes.give_up(message, outcome.detail, at)
    else:
        outcomes.again(message, outcome, at)
    return True


# Loops


def work(ids: Sequence[Any], *, worker: str = "", at: datetime | None = None) -> int:
    """Deliver the messages of one hint, each claimed just before its send. Returns how many were tried.

    After an unclear outcome (a channel that hangs) the rest is left untouched for others and the sweep.
    """
    tried = 0
    for pk in ids:
        taken = claim(ids=[pk], at=at, worker=worker or worker_name())
        for claimed in taken:
            tried += 1
            if deliver(claimed, at=at) == channels.UNKNOWN:
                return tried
    return tried


def deliver(claimed: Claimed, *, at: datetime | None = None) -> str:
    """Send what was claimed and record it; returns the result."""
    outcome, digest = transmit(claimed)
    # NOTE: in a portal whose clock was moved ahead for a demonstration, nothing is sent before it was caused.
    when = max(at or timezone.now(), claimed.message.created_at)
    for pause in (*RECORD_AGAIN, None):
        try:
            record(claimed, outcome, at=when, digest=digest)
            break
        except (OperationalError, InterfaceError):
            # The outcome is known and the token guards it, so a lost connection need not make a duplicate.
            if pause is None or connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(pause)
    return outcome.result


def sweep(
    *,
    lane: str,
    worker: str = "",
    at: datetime | None = None,
    grace: timedelta | None = None,
    seconds: float = 30.0,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Deliver what no worker took, one by one, for at most `seconds`. Returns how many were tried.

    `grace` defaults to 3 s for urgent and 15 s for routine messages; an expired lease needs none.
    """
    grace = GRACE[Lane(lane)] if grace is None else grace
    until, tried = time.monotonic() + seconds, 0
    while not stop() and time.monotonic() < until:
        when = at or timezone.now()
        if not any(some.exists() for some in due(at=when, lane=lane, grace=grace)):
            break
        taken = claim(at=when, worker=worker or worker_name(), lane=lane, grace=grace)
        if not taken:
            time.sleep(PAUSE)  # somebody else is at it, or it died
        for claimed in taken:
            deliver(claimed, at=at)
            tried += 1
    return tried
