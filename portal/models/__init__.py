from .audit import AuditEntry, AuditPayload
from .messages import Attempt, Message
from .people import Absence, ContactMethod, Department, Membership, Team, User
from .timers import Counter, Heartbeat, Timer

__all__ = [
    "Absence",
    "Attempt",
    "AuditEntry",
    "AuditPayload",
    "ContactMethod",
    "Counter",
    "Department",
    "Heartbeat",
    "Membership",
    "Message",
    "Team",
    "Timer",
    "User",
]
