"""Four wrong ways to build it. The kill tests must turn red on each of them."""

from dataclasses import replace
from typing import Any


def sent_before_sending() -> None:
    """The message is marked as sent, and only then it is sent."""
    from portal import channels, delivery

    def deliver(claimed: Any, *, at: Any = None) -> str:
        when = at or claimed.attempt.started_at
        hoped = channels.Outcome(channels.SENT, confirmed=claimed.message.channel == "webhook")
        delivery.record(claimed, hoped, at=when)
        return delivery.transmit(claimed)[0].result

    delivery.deliver = deliver


def next_timer_in_memory() -> None:
    """The next promise is remembered by the process and written after the commit."""
    from django.db import transaction

    from portal import timers

    real = timers.schedule_many

    def later(specs: Any, at: Any) -> None:
        transaction.on_commit(lambda: real(specs, at))

    timers.schedule_many = later


def no_duplicate_marking() -> None:
    """A try whose outcome nobody knows is repeated without a mark."""
    from portal import delivery
    from portal.models import Attempt

    def interrupted(rows: list[Any], at: Any) -> None:
        Attempt.objects.filter(message__in=rows, ended_at=None).update(ended_at=at, result="unknown")

    delivery._interrupted = interrupted


def new_id_for_each_try() -> None:
    """A webhook that is sent again cannot be told from a new one."""
    from portal import delivery, ids
    from portal.channels import webhook

    def send(envelope: Any, *, deadline: float) -> Any:
        return webhook.send(replace(envelope, message_id=str(ids.uuid7())), deadline=deadline)

    delivery.SENDERS["webhook"] = send


ALL = (sent_before_sending, next_timer_in_memory, no_duplicate_marking, new_id_for_each_try)
MUTANTS = {mutant.__name__: mutant for mutant in ALL}


def apply(name: str) -> None:
    MUTANTS[name]()
