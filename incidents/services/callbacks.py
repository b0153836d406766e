"""The answer to a workflow that waits: promised with the decision, sent until its receiver takes it (D18, D23).

The only state machine of ``DecisionCallback``, after the model of ``portal.delivery``: ``claim`` alone takes one, in
a short transaction that writes lease, token and the attempt before the first byte leaves; results are recorded only
under the token of the present claim. What may have arrived is sent again under the same id and says so. Celery workers
send at once, the sweep of the clock whatever they left.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import Error as DatabaseTrouble
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from incidents.models import CallbackAttempt, DecisionCallback, DecisionRecord, DecisionRequest
from incidents.models.decisions import CallbackState
from incidents.services import callback_body, timeline
from portal import audit, channels, hints, ids, limits, operators, secrets
from portal.channels import webhook
from portal.models.people import Lane

log = structlog.get_logger(__name__)

TASK = "incidents.call_back"
ACTOR = "callbacks"
KEPT_UP = timedelta(hours=48)  # so long is it tried
DEADLINE = 12.0  # seconds that one send may take in all
LEASE = timedelta(seconds=30)
GRACE = timedelta(seconds=3)  # for the workers, before the sweep takes it
BACKOFF = (5.0, 900.0)  # seconds: first, longest
PAUSE = 0.02  # seconds
CONTESTED = timedelta(seconds=30)  # so long until it is looked at again
OVERTAKEN = "a later answer took its place"
WAITING = (CallbackState.PENDING, CallbackState.SENDING)


@dataclass(frozen=True)
class Claimed:
    """A callback that is ours under `token`, with the attempt that has begun."""

    callback: DecisionCallback
    attempt: CallbackAttempt
    token: UUID


# Promise


def promise(decision: DecisionRequest, record: DecisionRecord, *, at: datetime) -> DecisionCallback | None:
    """Write, in the transaction that ends `decision`, that its workflow will be told; None when it named no address.

    The same record is promised once. An earlier answer that is still on its way is not sent any more.
    """
    if not decision.callback:
        return None
    found, is_new = DecisionCallback.objects.get_or_create(
        record=record,
        defaults={
            "address": decision.callback,
            "due_at": at,
            "deadline_at": at + KEPT_UP,
            "created_at": at,
        },
    )
    if is_new:
        transaction.on_commit(partial(hints.publish, [found.pk], Lane.URGENT, TASK), robust=True)
    return found


def ended(decision: DecisionRequest, record: DecisionRecord) -> None:
    """What follows the end of a decision that a workflow asked for."""
    promise(decision, record, at=record.at)


# Claim


def due(*, at: datetime, grace: timedelta = timedelta()) -> QuerySet[DecisionCallback]:
    """What may be claimed at `at`: whose lease has run out, and what waits since `grace` ago."""
    return DecisionCallback.objects.filter(
        Q(state=CallbackState.SENDING, lease_until__lt=at) | Q(state=CallbackState.PENDING, due_at__lte=at - grace)
    )


def claim(*, pk: Any = None, at: datetime | None = None, grace: timedelta = timedelta()) -> Claimed | None:
    """Take the callback `pk` (None: whichever is due first), unless somebody else is taking it.

    On the way, what ran out of time dies, and an answer that another one has replaced is not sent any more.
    """
    at = at or timezone.now()
    with transaction.atomic():
        rows = due(at=at, grace=grace) if pk is None else _hinted(pk, at)
        rows = rows.select_related("record__request__source", "record__request__incident")
        found = rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("due_at").first()
        if found is None:
            return None
        if found.state == CallbackState.SENDING:
            _interrupted(found, at)
        if _is_overtaken(found.record):
            _move(found, CallbackState.DEAD, reason=OVERTAKEN, ended_at=at)
            return claim(at=at, grace=grace) if pk is None else None
        if found.deadline_at <= at:
            _give_up(found, found.reason or "not sent before its deadline", at)
            return claim(at=at, grace=grace) if pk is None else None
        if found.record.request.is_asked:  # contested: who waits hears what stands in the end
            _move(found, CallbackState.PENDING, due_at=at + CONTESTED)
            return claim(at=at, grace=grace) if pk is None else None
        return _take(found, at)


def _hinted(pk: Any, at: datetime) -> QuerySet[DecisionCallback]:
    """The callback `pk` if it is due, or new: a hint says so, whatever the clock of the sender said."""
    return DecisionCallback.objects.filter(
        Q(state=CallbackState.SENDING, lease_until__lt=at)
        | Q(state=CallbackState.PENDING) & (Q(tries=0) | Q(due_at__lte=at)),
        pk=pk,
    )


def _interrupted(callback: DecisionCallback, at: datetime) -> None:
    """Its worker never came back: perhaps it arrived, so what follows is a possible duplicate."""
    callback.attempts.filter(ended_at=None).update(
        ended_at=at, result=channels.UNKNOWN, detail="the worker did not come back"
    )
    callback.maybe_duplicate = True
    callback.save(update_fields=["maybe_duplicate"])


def _is_overtaken(record: DecisionRecord) -> bool:
    return DecisionRecord.objects.filter(request=record.request_id, number__gt=record.number).exists()


def _take(callback: DecisionCallback, at: datetime) -> Claimed:
    token = ids.uuid7()
    tries = callback.tries + 1
    values = {"state": CallbackState.SENDING, "token": token, "lease_until": at + LEASE, "tries": tries}
    for name, value in values.items():
        setattr(callback, name, value)
    callback.save(update_fields=list(values))
    attempt = CallbackAttempt.objects.create(callback=callback, number=tries, started_at=at)
    return Claimed(callback, attempt, token)


# Send


def transmit(claimed: Claimed) -> channels.Outcome:
    """Send once, outside any transaction; never raises for what the other side does."""
    callback, record = claimed.callback, claimed.callback.record
    source = record.request.source
    if source is None or not source.is_active or not source.signing_secret:
        return channels.Outcome(channels.REFUSED, "there is no source any more whose secret signs the answer")
    try:
        secret = secrets.decrypt(source.signing_secret)
        text = callback_body.text(callback, record)
        signed = webhook.headers(
            key=str(callback.pk),
            at=timezone.now(),
            secret=secret,
            text=text,
            possible_duplicate=callback.maybe_duplicate,
        )
    except DatabaseTrouble:
        raise
    except Exception as error:  # one that cannot be written must not stop the others
        log.exception("callbacks.not_written", callback=str(callback.pk))
        return channels.Outcome(channels.RETRY, f"could not be written: {type(error).__name__}")
    try:
        return webhook.post(callback.address, text, signed, deadline=DEADLINE)
    except Exception as error:  # leaves open what it did
        log.exception("callbacks.broke", callback=str(callback.pk))
        return channels.Outcome(channels.UNKNOWN, f"the channel broke: {type(error).__name__}")


# Record


def record(claimed: Claimed, outcome: channels.Outcome, *, at: datetime) -> bool:
    """Write how an attempt went and what follows from it. False, and nothing changed, when the lease was lost."""
    with transaction.atomic():
        rows = DecisionCallback.objects.select_related("record__request__source", "record__request__incident")
        ours = rows.filter(pk=claimed.callback.pk, state=CallbackState.SENDING, token=claimed.token)
        callback = ours.select_for_update(no_key=True, of=("self",)).first()
        if callback is None:
            log.warning("callbacks.lease_lost", callback=str(claimed.callback.pk), result=outcome.result)
            return False
        CallbackAttempt.objects.filter(pk=claimed.attempt.pk, ended_at=None).update(
            ended_at=at, result=outcome.result, detail=outcome.detail[: limits.REASON_LENGTH]
        )
        if outcome.result == channels.SENT:
            _move(callback, CallbackState.SENT, ended_at=at, reason="")
        elif outcome.result == channels.REFUSED or callback.deadline_at <= at:
            _give_up(callback, outcome.detail, at)
        else:
            pause = max(timedelta(seconds=outcome.pause), backoff(callback.tries))
            doubtful = callback.maybe_duplicate or outcome.result == channels.UNKNOWN
            _move(
                callback,
                CallbackState.PENDING,
                due_at=min(at + pause, callback.deadline_at),
                maybe_duplicate=doubtful,
                reason=outcome.detail,
            )
    return True


def backoff(tries: int) -> timedelta:
    """How long to wait after the n-th try: exponential with jitter, so that a herd spreads."""
    first, longest = BACKOFF
    return timedelta(seconds=min(longest, first * 2 ** min(tries - 1, 20)) * random.uniform(0.5, 1.5))


def _move(callback: DecisionCallback, state: str, **values: Any) -> None:
    """Into `state`, with the lease gone."""
    values |= {"state": state, "token": None, "lease_until": None}
    if "reason" in values:
        values["reason"] = values["reason"][: limits.REASON_LENGTH]
    for name, value in values.items():
        setattr(callback, name, value)
    callback.save(update_fields=list(values))


def _give_up(callback: DecisionCallback, why: str, at: datetime) -> None:
    """Dead: the operators are told, and the timeline of the incident says that the workflow does not know."""
    request = callback.record.request
    said = {"decision": request.reference, "tries": callback.tries, "why": why[: limits.REASON_LENGTH]}
    with audit.action(actor=None, actor_label=ACTOR, reason=why, at=at) as action:
        _move(callback, CallbackState.DEAD, reason=why, ended_at=at)
        action.record(verb="decision.callback_dead", target=request, data=said)
        if request.incident is not None:
            timeline.add(request.incident, verb="callback_dead", by=None, at=at, data=said)
            action.record(verb="incident.callback_dead", target=request.incident, data=said)
        operators.alert(
            what="callback_dead",
            subject=request,
            key=str(callback.pk),
            facts={
                "subject": request.reference,
                "kind": str(request.source or ""),
                "reason": why,
                "count": callback.tries,
            },
            at=at,
        )


# Loops


def work(pks: Sequence[Any], *, at: datetime | None = None) -> int:
    """Send the callbacks of one hint; returns how many were tried."""
    return sum(_deliver(claim(pk=pk, at=at), at) for pk in pks)


def sweep(
    *,
    at: datetime | None = None,
    grace: timedelta = GRACE,
    seconds: float = 30.0,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Send what no worker took, one by one, for at most `seconds`; returns how many were tried."""
    until, tried = time.monotonic() + seconds, 0
    while not stop() and time.monotonic() < until:
        done = _deliver(claim(at=at, grace=grace), at)
        tried += done
        if done:
            continue
        if not due(at=at or timezone.now(), grace=grace).exists():
            break
        time.sleep(PAUSE)  # somebody else is at it, or it died
    return tried


def _deliver(claimed: Claimed | None, at: datetime | None) -> bool:
    if claimed is None:
        return False
    outcome = transmit(claimed)
    # NOTE: in a portal whose clock was moved ahead for a demonstration, nothing is sent before it was caused.
    record(claimed, outcome, at=max(at or timezone.now(), claimed.callback.created_at))
    return True
