"""A ledger to try things on: entries by the dozen, a key of its own, rounds of the sequencer."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from portal import audit
from portal.audit import notes, sequence
from portal.models import AuditEntry
from tests.portal.kernel import NOW

NAME = "portal.example/ledger"


def write_key(path: Path, signer: notes.Signer) -> None:
    """Put `signer` into the file `path` as the clock expects it."""
    path.write_text(f"{signer.secret}\n")
    os.chmod(path, 0o600)


def write(count: int, *, at: datetime = NOW, verb: str = "thing.done") -> list[int]:
    """`count` things that happened, one action; the ids of their entries."""
    with audit.action(actor=None, actor_label="test", reason="a test needs it", at=at) as action:
        action.record_many([(verb, "portal.thing", str(n), {"n": n}) for n in range(count)])
    return list(AuditEntry.objects.filter(request_id=action.request_id).order_by("id").values_list("id", flat=True))


def seal(signer: notes.Signer | None, sequencer: sequence.Sequencer | None = None, **more: Any) -> sequence.Sealed:
    """Rounds until nothing waits and nothing is owed; the last one that did something."""
    sequencer, done = sequencer or sequence.Sequencer(), sequence.Sealed()
    for _ in range(50):
        found = sequencer.seal(signer, at=more.get("at", NOW))
        if not (found.count or found.is_signed):
            return found if found.problem else done or found
        done = found
    raise AssertionError("the sequencer does not come to an end")
