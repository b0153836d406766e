"""Celery tasks: thin, may run twice, late or never (U6)."""

from celery import shared_task

from incidents.services import callbacks


@shared_task(name=callbacks.TASK)
def call_back(pks: list[str]) -> int:
    """Send the callbacks of a hint."""
    return callbacks.work(pks)
