from .boards import Board, BoardGroupObjectPermission, BoardSeat, BoardUserObjectPermission, FreezeWindow
from .catalog import (
    Dependency,
    Platform,
    Workflow,
    WorkflowChange,
    WorkflowGroupObjectPermission,
    WorkflowUserObjectPermission,
)
from .changes import ChangeRequest
from .keeping import Attestation, DocumentCheck, GovernanceReview, Topic, Training
from .oncall import CalendarLink, HandoverNotice, ImportedEvent, Layer, LayerMember, Override, Schedule, Swap
from .ownership import Assignment
from .reviews import Comment, Delegation, Review
from .versions import (
    Document,
    DocumentGroupObjectPermission,
    DocumentUserObjectPermission,
    Edit,
    Reference,
    Version,
)

__all__ = [
    "Assignment",
    "Attestation",
    "Board",
    "BoardGroupObjectPermission",
    "BoardSeat",
    "BoardUserObjectPermission",
    "CalendarLink",
    "ChangeRequest",
    "Comment",
    "Delegation",
    "Dependency",
    "Document",
    "DocumentCheck",
    "DocumentGroupObjectPermission",
    "DocumentUserObjectPermission",
    "Edit",
    "FreezeWindow",
    "GovernanceReview",
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
    "Topic",
    "Training",
    "Version",
    "Workflow",
    "WorkflowChange",
    "WorkflowGroupObjectPermission",
    "WorkflowUserObjectPermission",
]
