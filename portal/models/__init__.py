from .audit import AuditEntry, AuditPayload
from .messages import Attempt, AttemptResult, Breaker, Message, MessageState
from .people import Absence, Channel, ContactMethod, DataClass, Department, Lane, Membership, Team, User
from .timers import Counter, Heartbeat, Timer, TimerState
from .tokens import ApiToken, IdempotencyKey

__all__ = [
    "Absence",
    "ApiToken",
    "Attempt",
    "AttemptResult",
    "AuditEntry",
    "AuditPayload",
    "Breaker",
    "Channel",
    "ContactMethod",
    "Counter",
    "DataClass",
    "Department",
    "Heartbeat",
    "IdempotencyKey",
    "Lane",
    "Membership",
    "Message",
    "MessageState",
    "Team",
    "Timer",
    "TimerState",
    "User",
]
