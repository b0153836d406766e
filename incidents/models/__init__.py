from .escalation import EscalationEvent, EscalationRun
from .evidence import Evidence
from .incidents import Incident, Participant, TimelineEntry, TimelineText
from .intake import Event, ReportDraft, Source
from .triage import ImpactScore

__all__ = [
    "EscalationEvent",
    "EscalationRun",
    "Event",
    "Evidence",
    "ImpactScore",
    "Incident",
    "Participant",
    "ReportDraft",
    "Source",
    "TimelineEntry",
    "TimelineText",
]
