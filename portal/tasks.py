"""Celery tasks: thin, may run twice, late or never."""

from celery import shared_task

from portal import delivery


@shared_task(name="portal.deliver")
def deliver(ids: list[str]) -> int:
    """Deliver the messages of a hint."""
    return delivery.work(ids)
