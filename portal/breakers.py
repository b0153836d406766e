"""A channel that does not answer is left alone for a while: people are reached another way, one message tries again.

A row of ``Breaker`` exists from the first failure on; the first success removes it, so while all is well there is
nothing to read or write. Only what the channel itself fails at counts, never what it says about one address.

One address that asks for a pause (HTTP 429) has a row of its own: what is for it waits, its channel goes on.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from portal import channels, limits, operators, prepared, secrets
from portal.channels import services
from portal.models.messages import Breaker, Message
from portal.models.people import Channel

FAILURES = 5  # in a row, then it opens
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(seconds=60)  # how long it stays open
SAVED = ["failures", "reason", "opened_at", "retry_at"]
PROBE = timedelta(seconds=30)  # one message may try so long, the others go on waiting
ADDRESS = "#"  # in the name of a row about one address; in no name of a channel
NAMESPACE = uuid.UUID("0b0f5d2e-6c1c-5e0a-9d0e-5d1f0c8a7f11")


def name(message: Message) -> str:
    """What fails together: the mail server; one host of webhooks, or of chats that people host themselves; one other
    service of chats or text messages."""
    address = message.method.address if message.method else ""
    if message.channel == Channel.WEBHOOK:
        return f"{message.channel}:{urlsplit(address).netloc.lower()}"[:200]
    if message.channel in (Channel.CHAT, Channel.SMS):
        host = _own_host(message.method.secret) if message.method else ""
        return ":".join(filter(None, [str(message.channel), address.partition(":")[0], host]))[:200]
    return str(message.channel)


def address(message: Message) -> str:
    """The one address of `message`, which may ask for a pause while its channel works."""
    return f"{message.channel}{ADDRESS}{message.method_id}"


def is_pause(breaker: Breaker) -> bool:
    """Whether this is no failure: one address has asked to be left alone."""
    return ADDRESS in breaker.name


def _own_host(secret: str) -> str:
    """The host of a service that everybody may host; empty for the others, and where the address is not readable."""
    try:
        return services.own_host(secrets.decrypt(secret))
    except secrets.Unreadable:
        return ""


_named = prepared.Question(
    lambda: Breaker.objects.filter(name__any=prepared.Given("names", Breaker, "name", many=True))
)


def known(messages: Iterable[Message]) -> dict[str, Breaker]:
    """The breakers of the channels and addresses of `messages` that have failed lately, by name; one look-up by key."""
    names = {
        key for message in messages if message.channel != Channel.INBOX for key in (name(message), address(message))
    }
    return {breaker.name: breaker for breaker in _named(names=names)} if names else {}


def holding(message: Message, troubled: Mapping[str, Breaker], at: datetime) -> Breaker | None:
    """What of `troubled` keeps `message` from going now: its address, else its channel."""
    for key in (address(message), name(message)):
        breaker = troubled.get(key)
        if breaker is not None and not lets_pass(breaker, at):
            return breaker
    return None


def lets_pass(breaker: Breaker, at: datetime) -> bool:
    """Whether a message may go now: the channel is trusted, or this one is the probe (one at a time)."""
    if breaker.retry_at is None:
        return True
    if breaker.retry_at > at:
        return False
    mine = Breaker.objects.filter(pk=breaker.pk, retry_at=breaker.retry_at).update(retry_at=at + PROBE)
    breaker.retry_at = at + PROBE
    return bool(mine)


def learn(message: Message, outcome: channels.Outcome, *, was_troubled: bool, at: datetime) -> None:
    """What an attempt says about its channel; the operators are told once each time it opens."""
    if message.channel == Channel.INBOX:
        return
    is_down = outcome.result in (channels.RETRY, channels.UNKNOWN) and not outcome.answered
    if is_down:
        _failed(name(message), outcome.detail, at)
    elif was_troubled:
        answered = [name(message)] if outcome.pause else [name(message), address(message)]
        Breaker.objects.filter(pk__in=answered).delete()
    if outcome.pause:
        _rests(address(message), outcome, at)


def _counted(key: str, detail: str) -> Breaker:
    """The row of `key`, locked, with one failure more (not saved)."""
    Breaker.objects.bulk_create([Breaker(name=key)], ignore_conflicts=True)
    row = Breaker.objects.select_for_update(no_key=True).get(pk=key)
    row.failures, row.reason = row.failures + 1, detail[: limits.REASON_LENGTH]
    return row


def _rests(key: str, outcome: channels.Outcome, at: datetime) -> None:
    row = _counted(key, outcome.detail)
    asked = timedelta(seconds=outcome.pause)
    row.opened_at = row.opened_at or at
    row.retry_at = at + max(asked, min(LONGEST, asked * 2 ** min(row.failures - 1, 8)))
    row.save(update_fields=SAVED)


def _failed(key: str, detail: str, at: datetime) -> None:
    row = _counted(key, detail)
    opens = row.failures >= FAILURES and row.opened_at is None
    if row.failures >= FAILURES:
        row.opened_at = row.opened_at or at
        row.retry_at = at + min(LONGEST, SHORTEST * 2 ** min(row.failures - FAILURES, 8))
    row.save(update_fields=SAVED)
    if opens:
        operators.alert(
            what="channel_down",
            subject=row,
            subject_id=uuid.uuid5(NAMESPACE, key),
            key=f"{key}:{at.isoformat()}",
            facts={"channel": key, "count": row.failures, "reason": row.reason},
            at=at,
        )


def sentence(breaker: Breaker) -> str:
    """Why a message did not go this way."""
    if is_pause(breaker):
        return f"the address asks for a pause: {breaker.reason}"
    return f"{breaker.name} does not answer: {breaker.reason}"


def open_ones() -> list[Breaker]:
    """The channels that hold messages back, the longest first."""
    rows = Breaker.objects.filter(opened_at__isnull=False).exclude(name__contains=ADDRESS)
    return list(rows.order_by("opened_at")[:20])
