from .beats import Beat
from .decisions import (
    CallbackAttempt,
    CallbackState,
    DecisionAnswer,
    DecisionCallback,
    DecisionReading,
    DecisionRecord,
    DecisionRequest,
    DecisionState,
    DecisionText,
    Override,
)
from .escalation import EscalationEvent, EscalationRun
from .evidence import Evidence
from .incidents import Incident, Participant, TimelineEntry, TimelineText
from .intake import Event, RefusedCall, ReportDraft, Source
from .response import Containment, Recheck, Remedy, ScopeAnswer, ScopeStatement, StepEntry
from .roles import RoleAssignment
from .silences import Silence
from .triage import ImpactScore
from .updates import StatusUpdate, Subscription
from .views import BoardView

__all__ = [
    "Beat",
    "BoardView",
    "CallbackAttempt",
    "CallbackState",
    "Containment",
    "DecisionAnswer",
    "DecisionCallback",
    "DecisionReading",
    "DecisionRecord",
    "DecisionRequest",
    "DecisionState",
    "DecisionText",
    "EscalationEvent",
    "EscalationRun",
    "Event",
    "Evidence",
    "ImpactScore",
    "Incident",
    "Override",
    "Participant",
    "Recheck",
    "RefusedCall",
    "Remedy",
    "ReportDraft",
    "RoleAssignment",
    "ScopeAnswer",
    "ScopeStatement",
    "Silence",
    "Source",
    "StatusUpdate",
    "StepEntry",
    "Subscription",
    "TimelineEntry",
    "TimelineText",
]
