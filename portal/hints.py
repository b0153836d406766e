"""Hints wake Celery workers. They carry no duty: one that is lost costs a few seconds, never a message.

A publish may cost a request at most some tenths of a second, also when Redis hangs. (A default one blocks over 45 s.)
"""

import os
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings

from portal import fuses

log = structlog.get_logger(__name__)

TASK = "portal.deliver"
CHUNK = 50  # ids in one task

fuse = fuses.Fuse()
_lock = threading.Lock()


def publish(ids: Sequence[UUID], lane: str, task: str = TASK) -> bool:
    """Tell the workers of `lane` about what `task` takes: messages, or what another app sends. Never raises; False
    when nobody was told."""
    if not settings.REDIS_URL or fuse.is_blown:
        return False
    if not _lock.acquire(timeout=fuses.TIMEOUT):
        return False
    try:
        if fuse.is_blown:
            return False
        _send([str(pk) for pk in ids], lane, task)
    except Exception as error:
        fuse.blow()
        _forget()
        log.warning("hints.dropped", count=len(ids), lane=lane, error=repr(error))
        return False
    finally:
        _lock.release()
    return True


def reset() -> None:
    """Close the connection and begin anew: for tests."""
    fuse.reset()
    _forget()


_producer: Any = None
_producer_of: tuple[int, str] = (0, "")


def _forget() -> None:
    global _producer
    old, _producer = _producer, None
    if old is not None:
        try:
            old.connection.collect(socket_timeout=fuses.TIMEOUT)
        except Exception as error:
            log.debug("hints.close_failed", error=repr(error))


def _send(ids: list[str], lane: str, task: str) -> None:
    global _producer, _producer_of
    mine = (os.getpid(), str(current_app.conf.broker_url))
    if _producer is None or _producer_of != mine:
        connection = current_app.connection_for_write(
            connect_timeout=fuses.TIMEOUT,
            transport_options={
                "socket_timeout": fuses.TIMEOUT,
                "socket_connect_timeout": fuses.TIMEOUT,
                "retry_on_timeout": False,
                "max_retries": 0,
                "interval_start": 0,
            },
        )
        _producer, _producer_of = current_app.amqp.Producer(connection, auto_declare=False), mine
    for start in range(0, len(ids), CHUNK):
        current_app.send_task(
            task, args=[ids[start : start + CHUNK]], queue=lane, retry=False, producer=_producer, ignore_result=True
        )
