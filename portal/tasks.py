"""Celery tasks: thin, may run twice, late or never (U6)."""

import sys

from celery import shared_task

from portal import delivery

sys.setswitchinterval(delivery.SWITCH)  # only workers import this module


@shared_task(name="portal.deliver")
def deliver(ids: list[str]) -> int:
    """Deliver the messages of a hint."""
    return delivery.work(ids)
