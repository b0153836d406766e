"""How often somebody calls within a minute: counted by all processes together where there is Redis.

A count carries no duty: while Redis is away, hangs or is full each process counts for itself, from nought, so that
nobody is refused for it.
"""

from datetime import datetime
from functools import cache as remembered
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from redis import Redis, RedisError

from portal import fuses

log = structlog.get_logger(__name__)

KEPT = 120  # seconds

fuse = fuses.Fuse()


def within(name: str, most: int, *, at: datetime) -> bool:
    """Count a call of `name` in the minute of `at`; whether it is one of the first `most`. Never raises."""
    key = f"calls:{name}:{at:%H:%M}"
    if settings.REDIS_URL and not fuse.is_blown:
        try:
            return _together(key) <= most
        except (RedisError, OSError) as error:
            fuse.blow()
            log.warning("counting.alone", error=repr(error))
    return _alone(key) <= most


def wait(at: datetime) -> int:
    """Seconds until the next minute begins, and with it a new count."""
    return 60 - at.second


@remembered
def _server(url: str) -> Any:
    """The connections of this process."""
    return Redis.from_url(url, socket_timeout=fuses.TIMEOUT, socket_connect_timeout=fuses.TIMEOUT)


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
