"""Who is on call. Until schedules land this is the responsibility `on_call` with its ordered alternates."""

from __future__ import annotations

from datetime import datetime

from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import ON_CALL
from governance.rules import ownership


def on_call(
    matrices: ownership.Matrices, workflow: WorkflowFacts | None, severity: str, people: PeopleFacts, at: datetime
) -> ownership.Resolution:
    """The resolution of `on_call`: `told(0)` answers first, `told(1)` when they do not, and so on."""
    return ownership.resolve(matrices, workflow, ON_CALL, severity, people, at)
