from .catalog import Dependency, Platform, Workflow, WorkflowGroupObjectPermission, WorkflowUserObjectPermission
from .changes import ChangeRequest, Review
from .ownership import Assignment
from .versions import Document, Edit, Reference, Version

__all__ = [
    "Assignment",
    "ChangeRequest",
    "Dependency",
    "Document",
    "Edit",
    "Platform",
    "Reference",
    "Review",
    "Version",
    "Workflow",
    "WorkflowGroupObjectPermission",
    "WorkflowUserObjectPermission",
]
