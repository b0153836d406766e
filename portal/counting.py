"""How often somebody calls within a minute: counted by all processes together where there is Redis.

A count carries no duty: while Redis is away, hangs or is full each process counts for itself, from nought, so that
nobody is refused for it; after a failure Redis is not asked for ``BREAKER`` seconds, as with hints.
"""

import time
from datetime import datetime
from functools import cache as remembered
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

KEPT = 120  # seconds
TIMEOUT = 0.3  # seconds, for connecting and for the answer
BREAKER = 5.0  # seconds without a try after a failure

_broken_until = 0.0


def within(name: str, most: int, *, at: datetime) -> bool:
    """Count a call of `name` in the minute of `at`; whether it is one of the first `most`. Never raises."""
    global _broken_until
    key = f"calls:{name}:{at:%H:%M}"
    if settings.REDIS_URL and time.monotonic() >= _broken_until:
        try:
            return _together(key) <= most
        except (RedisError, OSError) as error:
            _broken_until = time.monotonic() + BREAKER
            log.warning("counting.alone", error=repr(error))
    return _alone(key) <= most


def reset() -> None:
    """Close the breaker: for tests."""
    global _broken_until
    _broken_until = 0.0


@remembered
def _server(url: str) -> Any:
    """The connections of this process."""
    waits = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT, "retry": Retry(NoBackoff(), 0)}
    return Redis.from_url(url, **waits)


def _together(key: str) -> int:
    """One round trip, since every event costs one."""
    with _server(settings.REDIS_URL).pipeline(transaction=False) as sent:
        count, _expires = sent.incr(key).expire(key, KEPT).execute()
    return int(count)


def _alone(key: str) -> int:
    cache.add(key, 0, timeout=KEPT)
    try:
        return cache.incr(key)
    except ValueError:  # the cache dropped it in between: it starts over
        return 1
