"""What platforms tell about changes of workflows: a deployment is often the cause of what stops next."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from governance.models import Workflow, WorkflowChange
from governance.services import rechecks
from portal import audit, bulk, limits

SAME_CALL = timedelta(minutes=10)  # an equal call without a time of its own is the same change for so long


def record(
    *,
    workflow: Workflow | None,
    summary: str,
    changed_at: datetime,
    source: str,
    call: str,
    is_dated: bool,
    at: datetime,
    version: str = "",
    links: Sequence[Mapping[str, str]] = (),
    details: Mapping[str, Any] | None = None,
    label: str = "",
) -> WorkflowChange:
    """Keep one change of `workflow` (None: of one that we do not know); `label` names who told us in the ledger.

    `call` tells calls apart: the same one again is the same change, for ever when it says its time (`is_dated`).
    """
    key, known = _key(call, is_dated=is_dated, at=at)
    if known is not None:
        return known
    new = WorkflowChange(
        key=key,
        workflow=workflow,
        changed_at=min(changed_at, at),
        summary=summary[: limits.TITLE_LENGTH],
        version=version[: limits.KEY_LENGTH],
        source=source[: limits.NAME_LENGTH],
        links=[dict(link) for link in links],
        details=dict(details or {}),
        received_at=at,
    )
    with audit.action(actor=None, actor_label=label, reason="workflow changed", at=at) as action:
        if bulk.insert_new([new]):
            facts = {"workflow": workflow.key if workflow else "", "version": new.version}
            action.record(verb="workflow.changed", target=new, data=facts)
            if workflow is not None:
                rechecks.deployed(workflow=workflow, summary=new.summary, at=at)
            return new
    return WorkflowChange.objects.get(key=key)  # the same call was faster just now


def _key(call: str, *, is_dated: bool, at: datetime) -> tuple[str, WorkflowChange | None]:
    """The key under which `call` is kept, and the change that it repeats."""
    key = hashlib.sha256(call.encode()).hexdigest()
    known = WorkflowChange.objects.filter(key=key).first()
    while known is not None and not is_dated and at - known.received_at >= SAME_CALL:
        key = hashlib.sha256(f"{call}:{known.pk}".encode()).hexdigest()
        known = WorkflowChange.objects.filter(key=key).first()
    return key, known
