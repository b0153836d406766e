"""A change under its lock: how it is taken, ended and written down.

The rest of the engine stands on this: ``publishing`` brings into force, ``judging`` turns verdicts into states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.models import ChangeRequest, Document
from governance.models.versions import Kind
from governance.reads import approval as reads
from governance.services import notices, turnarounds, versions
from portal import audit, limits, timers
from portal.models import Timer

CLOCK = "clock"


def lock(change: ChangeRequest) -> ChangeRequest:
    """`change` and its document, locked and re-read: first the document, of a matrix all matrices."""
    document = versions.lock(change.document)
    locked = reads.select(ChangeRequest.objects.select_for_update(no_key=True, of=("self",))).get(pk=change.pk)
    locked.document = locked.version.document = document
    found: ChangeRequest = locked
    return found


def end(change: ChangeRequest, state: str, *, why: str, at: datetime) -> None:
    """`change` comes to nothing: rejected, expired, withdrawn or conflicted."""
    change.state, change.closed_at, change.outcome = state, at, why[: limits.REASON_LENGTH]
    change.answer_by = None
    change.save(update_fields=["state", "closed_at", "outcome", "answer_by"])
    turnarounds.end(change, reason=state, at=at)
    record(change, f"change.{state}", {"why": change.outcome})
    notices.decided(change, at=at)


def record(change: ChangeRequest, verb: str, data: dict[str, Any]) -> None:
    action = audit.current()
    assert action is not None
    action.record(verb=verb, target=change, data={"reference": change.reference} | data)


def refuse_unless(change: ChangeRequest, states: tuple[str, ...], error: type[Exception]) -> None:
    """Raises `error` when `change` is in none of `states`, saying what became of it."""
    if change.state not in states:
        words = {"reference": change.reference, "state": change.get_state_display()}
        raise error(_("%(reference)s is %(state)s by now; load the page again.") % words)


def each(due: Sequence[Timer], step: Callable[..., object], *, at: datetime) -> set[int]:
    """What a handler does: `step` for each change whose document nobody else holds; the other timers stay armed.

    Of a matrix all matrices have to be free, since ``lock`` takes them together and the clock never waits.
    """
    subjects = {timer.subject_id for timer in due}
    documents = dict(ChangeRequest.objects.filter(pk__in=subjects).values_list("pk", "document_id"))
    matrices = set(Document.objects.filter(kind=Kind.MATRIX).values_list("pk", flat=True))
    wanted = set(documents.values())
    free = set(timers.lock_subjects(Document, wanted | (matrices if wanted & matrices else set())))
    if not matrices <= free:
        free -= matrices
    mine = timers.lock_subjects(ChangeRequest, [pk for pk, document in documents.items() if document in free])
    left = set()
    for timer in due:
        if timer.subject_id in mine:
            with audit.action(actor=None, actor_label=CLOCK, reason="its time has come", at=at):
                step(lock(mine[timer.subject_id]), at=at)
        else:
            left.add(timer.pk)
    return left
