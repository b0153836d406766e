from .actions import ActionItem, EffectCheck, HelpAnswer
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
from .feedback import Feedback
from .figures import Fact, FigureSum, PatternReport
from .incidents import Incident, Participant, TimelineEntry, TimelineText
from .intake import Event, RefusedCall, ReportDraft, Source
from .reports import GovernanceReport, OutsideText
from .response import Containment, Recheck, Remedy, ScopeAnswer, ScopeStatement, StepEntry
from .reviews import Finding, Hypothesis, Postmortem, PostmortemSection, Recurrence, ReportReading
from .roles import RoleAssignment
from .silences import Silence
from .triage import ImpactScore
from .updates import StatusUpdate, Subscription
from .views import BoardView

__all__ = [
    "ActionItem",
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
    "EffectCheck",
    "EscalationEvent",
    "EscalationRun",
    "Event",
    "Evidence",
    "Fact",
    "Feedback",
    "FigureSum",
    "Finding",
    "GovernanceReport",
    "HelpAnswer",
    "Hypothesis",
    "ImpactScore",
    "Incident",
    "OutsideText",
    "Override",
    "Participant",
    "PatternReport",
    "Postmortem",
    "PostmortemSection",
    "Recheck",
    "Recurrence",
    "RefusedCall",
    "Remedy",
    "ReportDraft",
    "ReportReading",
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
