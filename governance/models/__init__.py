from .catalog import (
    Dependency,
    Platform,
    Workflow,
    WorkflowChange,
    WorkflowGroupObjectPermission,
    WorkflowUserObjectPermission,
)
from .changes import ChangeRequest, Review
from .oncall import CalendarLink, HandoverNotice, ImportedEvent, Layer, LayerMember, Override, Schedule, Swap
from .ownership import Assignment
from .versions import Document, Edit, Reference, Version

__all__ = [
    "Assignment",
    "CalendarLink",
    "ChangeRequest",
    "Dependency",
    "Document",
    "Edit",
    "HandoverNotice",
    "ImportedEvent",
    "Layer",
    "LayerMember",
    "Override",
    "Platform",
    "Reference",
    "Review",
    "Schedule",
    "Swap",
    "Version",
    "Workflow",
    "WorkflowChange",
    "WorkflowGroupObjectPermission",
    "WorkflowUserObjectPermission",
]
