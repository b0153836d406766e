from .audit import AuditEntry, AuditPayload
from .ledger import AuditRun, Checkpoint, Feed, Leaf, LegalHold, SigningKey, Subtree, Witness, Witnessing
from .messages import Attempt, AttemptResult, Breaker, Message, MessageState
from .people import Absence, Channel, ContactMethod, DataClass, Department, Lane, Membership, Team, User
from .search import SearchEntry, SearchPart, SearchWord
from .timers import Counter, Heartbeat, Timer, TimerState
from .tokens import ApiToken, IdempotencyKey

__all__ = [
    "Absence",
    "ApiToken",
    "Attempt",
    "AttemptResult",
    "AuditEntry",
    "AuditPayload",
    "AuditRun",
    "Breaker",
    "Channel",
    "Checkpoint",
    "ContactMethod",
    "Counter",
    "DataClass",
    "Department",
    "Feed",
    "Heartbeat",
    "IdempotencyKey",
    "Lane",
    "Leaf",
    "LegalHold",
    "Membership",
    "Message",
    "MessageState",
    "SearchEntry",
    "SearchPart",
    "SearchWord",
    "SigningKey",
    "Subtree",
    "Team",
    "Timer",
    "TimerState",
    "User",
    "Witness",
    "Witnessing",
]
