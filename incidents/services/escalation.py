"""What people do to the escalation of an incident: answer, give back, hurry, hand over, snooze (P5).

Each move locks the incident, then the run, judges the state under the lock and writes timers, timeline,
audit and messages in the same transaction. The engine that tells people lives in ``escalation_steps``.
"""

from datetime import datetime

from incidents.models import EscalationRun
from portal.errors import DomainError
from portal.models import User


class NotAnswerable(DomainError):
    """Somebody was faster, or the escalation has ended."""


class CannotEscalate(DomainError):
    """The move does not fit the state of the escalation."""


def acknowledge(*, run: EscalationRun, by: User, at: datetime, grant: bool = False) -> EscalationRun:
    """`by` takes the incident: nothing fires any more, the lead is `by`, reported becomes investigating.

    `grant=True` when the authority comes from a one-time link instead of the visibility rules.
    Raises NotAnswerable (somebody was faster, or it has ended) and access.Refused.
    """
    raise NotImplementedError


def unacknowledge(*, run: EscalationRun, by: User, reason: str, at: datetime) -> EscalationRun:
    """`by` gives the incident back: a new generation resumes where the ladder stood. Raises CannotEscalate, Refused."""
    raise NotImplementedError


def escalate_now(*, run: EscalationRun, by: User, reason: str, at: datetime) -> EscalationRun:
    """Tell the next level at once instead of after its window. Raises CannotEscalate, Refused."""
    raise NotImplementedError


def reassign(*, run: EscalationRun, to: User, by: User, reason: str, at: datetime) -> EscalationRun:
    """Hand the incident to `to`, who is told at once and leads from now on. Raises CannotEscalate, Refused."""
    raise NotImplementedError


def snooze(*, run: EscalationRun, until: datetime, by: User, reason: str, at: datetime) -> EscalationRun:
    """Nobody else is called before `until`; then the ladder goes on. Raises CannotEscalate, Refused."""
    raise NotImplementedError
