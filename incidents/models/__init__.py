from .beats import Beat
from .escalation import EscalationEvent, EscalationRun
from .evidence import Evidence
from .incidents import Incident, Participant, TimelineEntry, TimelineText
from .intake import Event, RefusedCall, ReportDraft, Source
from .silences import Silence
from .triage import ImpactScore
from .views import BoardView

__all__ = [
    "Beat",
    "BoardView",
    "EscalationEvent",
    "EscalationRun",
    "Event",
    "Evidence",
    "ImpactScore",
    "Incident",
    "Participant",
    "RefusedCall",
    "ReportDraft",
    "Silence",
    "Source",
    "TimelineEntry",
    "TimelineText",
]
