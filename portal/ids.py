"""Identifiers: time-ordered UUIDs for rows and short references for people."""

import secrets
import threading
import time
import uuid
from datetime import UTC, datetime

from django.db import connection

TICKS = 4096  # in a millisecond
SET_BACK = 10_000 * TICKS
"""So far a clock is set back while ids keep their order. One that was wrong by more is followed; else the ids of this
process would say a false time until it is overtaken."""


class _Last(threading.local):
    """What this thread's latest UUID says of its time, so that its next one says more."""

    tick = 0


_last = _Last()


def uuid7() -> uuid.UUID:
    """A version 7 UUID: 60 bits of Unix time in 1/4096 ms (RFC 9562, section 6.2, method 3), then 62 random bits.

    Greater than every one that this thread made before, so what is made later also sorts later, unless the clock was
    set back by more than ``SET_BACK``.
    """
    now = time.time_ns() * TICKS // 1_000_000
    _last.tick = tick = now if now < _last.tick - SET_BACK else max(now, _last.tick + 1)
    value = (tick >> 12 & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (tick & 0xFFF) << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)


def made_at(value: uuid.UUID) -> datetime:
    """When a version 7 UUID was made; the beginning of 1970 for what is none."""
    return datetime.fromtimestamp((value.int >> 80) / 1000 if value.version == 7 else 0, UTC)


def reference(prefix: str, year: int) -> str:
    """The next reference such as ``INC-2026-0042``; numbers are unique per prefix and year, gaps are allowed.

    Call it late in a transaction, or before: on both databases the counter row stays locked until commit.
    """
    # NOTE: before a transaction it does not wait for the disk. What is committed later, and holds the number, gets
    # there after it.
    is_alone = connection.vendor == "postgresql" and not connection.in_atomic_block
    first = "SELECT %s, 1 FROM set_config('synchronous_commit', 'off', true)" if is_alone else "VALUES (%s, 1)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO portal_counter (name, value) {first} "
            "ON CONFLICT (name) DO UPDATE SET value = portal_counter.value + 1 RETURNING value",
            [f"{prefix}-{year}"],
        )
        (number,) = cursor.fetchone()
    return f"{prefix}-{year}-{number:04d}"
