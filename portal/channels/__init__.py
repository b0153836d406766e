"""What every channel does: take an ``Envelope``, try once, and say honestly how it went.

A channel module has ``send(envelope, *, deadline) -> Outcome``. `deadline` is a total time in seconds, name
resolution and slow drips included. It never raises for what the other side does, never retries, and never
touches the database.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.errors import DomainError

SENT = "sent"  # accepted by the other side
REFUSED = "refused"  # certainly not accepted and never will be
RETRY = "retry"  # certainly not accepted now
UNKNOWN = "unknown"  # perhaps accepted


@dataclass(frozen=True)
class Outcome:
    """`result` is one of sent, refused, retry, unknown; `confirmed` when the recipient's own side took it.

    `answered`: it failed, but the channel itself works (the mail server speaks of this one mailbox).
    `pause`: so many seconds this one address wants to be left alone (HTTP 429); 0 when it did not ask.
    """

    result: str
    detail: str = ""
    confirmed: bool = False
    answered: bool = False
    pause: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One message ready to go. `message_id` is the same for every attempt; so is `thread` for one incident."""

    message_id: str
    address: str
    subject: str
    short: str
    text: str
    html: str
    event: str
    at: datetime
    lane: str = "urgent"
    thread: str = ""
    language: str = ""
    secret: str = ""
    possible_duplicate: bool = False
    data: dict[str, Any] = field(default_factory=dict)


class BadAddress(DomainError):
    """The address cannot be used; the text says why."""


Send = Callable[..., Outcome]


def one_line(text: str, length: int = 500) -> str:
    """`text` without line breaks and control characters, so that it cannot add a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:length]
