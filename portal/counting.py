"""How often somebody calls within a minute: counted by all processes together where there is Redis.

A count carries no duty: while Redis is away, hangs or is full each process counts for itself, from nought, so that
nobody is refused for it; after a failure Redis is not asked for ``BREAKER`` seconds, as with hints.
"""

import time
from datetime import datetime

import structlog
from django.conf import settings
from django.core.cache import BaseCache, caches
from redis import RedisError

log = structlog.get_logger(__name__)

SHARED, OWN = "shared", "default"  # of settings.CACHES
KEPT = 120  # seconds
BREAKER = 5.0  # seconds without a try after a failure

_broken_until = 0.0


def within(name: str, most: int, *, at: datetime) -> bool:
    """Count a call of `name` in the minute of `at`; whether it is one of the first `most`. Never raises."""
    global _broken_until
    key = f"calls:{name}:{at:%H:%M}"
    if SHARED in settings.CACHES and time.monotonic() >= _broken_until:
        try:
            return _count(caches[SHARED], key) <= most
        except (RedisError, OSError) as error:
            _broken_until = time.monotonic() + BREAKER
            log.warning("counting.alone", error=repr(error))
    return _count(caches[OWN], key) <= most


def reset() -> None:
    """Close the breaker: for tests."""
    global _broken_until
    _broken_until = 0.0


def _count(cache: BaseCache, key: str) -> int:
    cache.add(key, 0, timeout=KEPT)
    try:
        return cache.incr(key)
    except ValueError:  # the cache dropped it in between: it starts over
        return 1
