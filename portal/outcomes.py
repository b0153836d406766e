"""What follows from how an attempt went: again later, the person's next way, or given up and told (P7).

Whoever calls holds the message, inside a transaction.
"""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from portal import audit, channels, limits, operators, outbox, registry
from portal.models.messages import Message, MessageState
from portal.models.people import ContactMethod, Lane

BACKOFF = {Lane.URGENT: (5.0, 60.0), Lane.ROUTINE: (30.0, 900.0)}  # seconds: first, longest
TRIES_BEFORE_NEXT_METHOD = 4
ACTOR = "delivery"

log = structlog.get_logger(__name__)


def backoff(tries: int, lane: str) -> timedelta:
    """How long to wait after the n-th try: exponential with jitter, so that a herd spreads."""
    first, longest = BACKOFF[Lane(lane)]
    return timedelta(seconds=min(longest, first * 2 ** min(tries - 1, 20)) * random.uniform(0.5, 1.5))


def is_too_long(pause: timedelta, lane: str) -> bool:
    """Whether news of `lane` never wait so long on one way while there is another."""
    return pause > timedelta(seconds=BACKOFF[Lane(lane)][1])


def move(message: Message, state: str, **values: Any) -> None:
    """Into `state`, with the lease gone."""
    values |= {"state": state, "token": None, "lease_until": None}
    if "reason" in values:
        values["reason"] = values["reason"][: limits.REASON_LENGTH]
    for name, value in values.items():
        setattr(message, name, value)
    message.save(update_fields=list(values))


def again(message: Message, outcome: channels.Outcome, at: datetime) -> None:
    """Not now: later on this way, or after some tries on the next one."""
    doubtful = message.maybe_duplicate or outcome.result == channels.UNKNOWN
    pause = timedelta(seconds=outcome.pause)
    is_enough = message.tries >= TRIES_BEFORE_NEXT_METHOD or is_too_long(pause, message.lane)
    if is_enough and unused_method(message) is not None:
        message.maybe_duplicate = doubtful
        message.save(update_fields=["maybe_duplicate"])
        next_way(message, outcome.detail, at)
        return
    later = min(at + max(pause, backoff(message.tries, message.lane)), message.deadline_at)
    move(message, MessageState.PENDING, due_at=later, maybe_duplicate=doubtful, reason=outcome.detail)


def usable(message: Message, method: ContactMethod | None) -> bool:
    """Whether the method may carry this message: proved, or the message is the one that proves it."""
    if method is None or not method.is_active:
        return False
    kind = registry.event_types.get(message.event)
    return method.verified_at is not None or (kind is not None and kind.to_unverified)


def unused_method(message: Message) -> ContactMethod | None:
    """The next verified method of the person that this news has not tried; None for news about one method.

    (The link that proves an address must arrive at that address and nowhere else.) A way that still waits its turn
    has not been tried.
    """
    if message.subject_type == ContactMethod._meta.label_lower:
        return None
    used = {row.method_id for row in _family(message) if not _waits(row)}
    ways = outbox.verified_methods([message.recipient_id]).get(message.recipient_id, [])
    return next((way for way in outbox.in_order(ways, message.lane) if way.pk not in used), None)


def _waits(message: Message) -> bool:
    return message.step > 0 and message.tries == 0 and message.state == MessageState.PENDING


def _family(message: Message) -> list[Message]:
    """The same news on every way of the person, by any road: the first message and all that came of it."""
    root = message
    while root.fallback_of_id is not None:
        root = Message.objects.defer("context").get(pk=root.fallback_of_id)
    found: dict[UUID, Message] = {root.pk: root}
    fresh = [root.pk]
    while fresh:
        rows = Message.objects.defer("context").filter(fallback_of__any=fresh)
        fresh = [row.pk for row in rows if row.pk not in found]
        found |= {row.pk: row for row in rows}
    return [*found.values(), message]


def next_way(message: Message, why: str, at: datetime) -> None:
    """This method will not do: use the person's next one now, or give up; nothing when nobody is asked any more."""
    if over := outbox.needless([message]).get(message.pk):
        move(message, MessageState.SUPPRESSED, reason=over)
        return
    method = unused_method(message)
    if method is None:
        give_up(message, why, at)
        return
    move(message, MessageState.FAILED, reason=why)
    reason = f"{message.get_channel_display()}: {why}"
    key = outbox.fallback_key(message.key, message.recipient_id, method)
    waiting = Message.objects.select_for_update(no_key=True).filter(key=key, state=MessageState.PENDING).first()
    if waiting is not None:
        outbox.hurry(waiting, at=at, reason=reason)
    else:
        outbox.insert(outbox.fallback(message, method, at, reason))


def give_up(message: Message, why: str, at: datetime) -> None:
    """Dead: the operators are told, except about their own alerts, which would never end."""
    with audit.action(actor=None, actor_label=ACTOR, reason=why, at=at) as action:
        move(message, MessageState.DEAD, reason=why, died_at=at)
        action.record(
            verb="message.died",
            target=message,
            data={"event": message.event, "channel": message.channel, "recipient": str(message.recipient_id)},
        )
        if message.event == operators.EVENT:
            log.error("delivery.operator_alert_died", message=str(message.pk), reason=why)
            return
        operators.alert(
            what="message_dead",
            subject=message,
            key=str(message.pk),
            facts={
                "event": message.event,
                "channel": message.channel,
                "recipient": str(message.recipient),
                "reason": why,
            },
            at=at,
        )
