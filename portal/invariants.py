"""What must always hold in the kernel's tables; ``manage.py clock --audit`` and the fault tests ask.

Each check returns sentences, one for each violation (at most a hundred are told).
"""

from django.db.models import Exists, OuterRef

from portal import audit, history, registry
from portal.models import AuditEntry, AuditPayload

TOLD = 100


def register() -> None:
    registry.invariants.add("I10", every_change_has_its_entry)


def every_change_has_its_entry() -> list[str]:
    """I10: each history row has an audit entry of its action, each payload fits its commitment."""
    found = []
    for model in history.tracked_models():
        rows = history.model_of(model)
        orphans = rows._base_manager.filter(
            ~Exists(AuditEntry.objects.filter(request_id=OuterRef("request_id"), target_type=model._meta.label_lower))
        )
        found += [f"{rows._meta.label} {row.history_id} has no audit entry." for row in orphans[:TOLD]]
    for payload in AuditPayload.objects.select_related("entry").iterator(chunk_size=1000):
        if audit.commitment(payload.salt, payload.content) != payload.entry.commitment:
            found.append(f"The payload of audit entry {payload.entry_id} does not fit its commitment.")
    return found[:TOLD]
