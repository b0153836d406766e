from .catalog import Dependency, Platform, Workflow, WorkflowGroupObjectPermission, WorkflowUserObjectPermission
from .changes import ChangeRequest, Review
from .oncall import CalendarLink, Layer, LayerMember, Override, Schedule
from .ownership import Assignment
from .versions import Document, Edit, Reference, Version

__all__ = [
    "Assignment",
    "CalendarLink",
    "ChangeRequest",
    "Dependency",
    "Document",
    "Edit",
    "Layer",
    "LayerMember",
    "Override",
    "Platform",
    "Reference",
    "Review",
    "Schedule",
    "Version",
    "Workflow",
    "WorkflowGroupObjectPermission",
    "WorkflowUserObjectPermission",
]
