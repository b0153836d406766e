"""Wrong ways to build it. The kill tests must turn red on each of them."""

import copy
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

    def later(specs: Any, at: Any, **how: Any) -> None:
        transaction.on_commit(lambda: real(specs, at, **how))

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


def answer_promised_in_memory() -> None:
    """That the workflow is told is remembered by the process and written after the commit."""
    from django.db import transaction

    from incidents.services import callbacks, decisions

    def later(decision: Any, record: Any) -> None:
        transaction.on_commit(lambda: callbacks.ended(decision, record))

    decisions.ENDED["api"] = later


def last_answer_wins() -> None:
    """Whoever answers after the end decides anew."""
    from incidents.models.decisions import DecisionState
    from incidents.services import decision_answers, decision_records

    keep = decision_answers._late

    def late(case: Any, choice: str, by: Any, at: Any) -> Any:
        words = decision_records.Words(rationale="It is clear enough.")
        given = decision_records.Given(choice, "", by, "They may.", case.decision.risk, words)
        decision_records.conclude(case, outcome=DecisionState.DECIDED, at=at, given=given)
        return keep(case, choice, by, at)

    decision_answers._late = late


def answer_sent_before_sending() -> None:
    """The answer to the workflow is marked as taken, and only then it is sent."""
    from incidents.services import callbacks
    from portal import channels

    def deliver(claimed: Any, at: Any) -> bool:
        if claimed is None:
            return False
        when = max(at or claimed.attempt.started_at, claimed.callback.created_at)
        callbacks.record(claimed, channels.Outcome(channels.SENT), at=when)
        callbacks.transmit(claimed)
        return True

    callbacks._deliver = deliver


def answer_without_mark() -> None:
    """An answer that may have arrived is sent again as if it were the first."""
    from incidents.services import callbacks

    callbacks._interrupted = lambda callback, at: None


def answer_under_another_id() -> None:
    """An answer that is sent again cannot be told from a new one."""
    from incidents.services import callbacks
    from portal import ids

    real = callbacks.transmit

    def transmit(claimed: Any) -> Any:
        other = copy.copy(claimed.callback)
        other.pk = ids.uuid7()
        return real(replace(claimed, callback=other))

    callbacks.transmit = transmit


ALL = (sent_before_sending, next_timer_in_memory, no_duplicate_marking, new_id_for_each_try)
OF_ANSWERING = (answer_promised_in_memory, last_answer_wins)
OF_CALLING_BACK = (answer_sent_before_sending, answer_without_mark, answer_under_another_id)
MUTANTS = {mutant.__name__: mutant for mutant in (*ALL, *OF_ANSWERING, *OF_CALLING_BACK)}


def apply(name: str) -> None:
    MUTANTS[name]()


def names(mutants: tuple[Any, ...]) -> list[str]:
    return sorted(mutant.__name__ for mutant in mutants)
