"""Hints wake Celery workers. They carry no duty: one that is lost costs a few seconds, never a message.

A publish may cost a request at most some tenths of a second, also when Redis hangs: short time-outs, no
retry, and after a failure nothing is tried for ``BREAKER`` seconds. (A default publish blocks over 45 s.)
"""

import os
import threading
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings

log = structlog.get_logger(__name__)

TASK = "portal.deliver"
CHUNK = 50  # message ids in one task
TIMEOUT = 0.3  # seconds, for connecting and for each answer
BREAKER = 5.0  # seconds without a try after a failure

_lock = threading.Lock()
_broken_until = 0.0


def publish(ids: Sequence[UUID], lane: str) -> bool:
    """Tell the workers of `lane` about messages. Never raises; False when nobody was told."""
    global _broken_until
    if not settings.REDIS_URL or time.monotonic() < _broken_until:
        return False
    if not _lock.acquire(timeout=TIMEOUT):
        return False
    try:
        if time.monotonic() < _broken_until:
            return False
        _send([str(pk) for pk in ids], lane)
    except Exception as error:
        _broken_until = time.monotonic() + BREAKER
        _forget()
        log.warning("hints.dropped", count=len(ids), lane=lane, error=repr(error))
        return False
    finally:
        _lock.release()
    return True


def reset() -> None:
    """Close the breaker and the connection: for tests, and after a fork."""
    global _broken_until
    _broken_until = 0.0
    _forget()


_producer: Any = None
_producer_of: tuple[int, str] = (0, "")


def _forget() -> None:
    global _producer
    old, _producer = _producer, None
    if old is not None:
        try:
            old.connection.collect(socket_timeout=TIMEOUT)
        except Exception as error:
            log.debug("hints.close_failed", error=repr(error))


def _send(ids: list[str], lane: str) -> None:
    global _producer, _producer_of
    mine = (os.getpid(), str(current_app.conf.broker_url))
    if _producer is None or _producer_of != mine:
        connection = current_app.connection_for_write(
            connect_timeout=TIMEOUT,
            transport_options={
                "socket_timeout": TIMEOUT,
                "socket_connect_timeout": TIMEOUT,
                "retry_on_timeout": False,
                "max_retries": 0,
                "interval_start": 0,
            },
        )
        _producer, _producer_of = current_app.amqp.Producer(connection, auto_declare=False), mine
    for start in range(0, len(ids), CHUNK):
        current_app.send_task(
            TASK, args=[ids[start : start + CHUNK]], queue=lane, retry=False, producer=_producer, ignore_result=True
        )
