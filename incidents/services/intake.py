"""Filing: the only transaction in which an incident comes into the world (D35, D36, D41)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from governance.models import Workflow
from incidents.models import Incident
from portal.errors import DomainError
from portal.models import User


class CannotFile(DomainError):
    """The report cannot be taken; the sentence says what to change or who can help."""


def report(
    *,
    by: User | None,
    title: str,
    workflow: Workflow | None,
    started_at: datetime,
    answers: Mapping[str, str],
    at: datetime,
    submission_key: str,
    description: str = "",
    just_before: str = "",
    who_is_hurt: str = "",
    kind: str = "incident",
    hint: str | None = None,
    workflow_version: str = "",
    components: Sequence[str] = (),
    source_label: str = "",
) -> Incident:
    """File an incident: score it, resolve the owners, tell the first level, arm the clocks; all or nothing.

    `by` None means a machine; then `source_label` names it. `answers` {dimension key: yes, no or unknown};
    `hint` a severity that the sender suggests. `submission_key` (at most 64 characters) makes it idempotent:
    the second call returns the first incident. A near miss is recorded with routine news, nobody is called.
    Raises CannotFile.
    """
    raise NotImplementedError
