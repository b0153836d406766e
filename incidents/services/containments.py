"""What was halted or isolated because of an incident: written while it is held, and ended with its proof (D39).

Whoever holds the incident calls these; what people do about them one by one is in ``containing``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from governance.models import Workflow
from incidents.models import Containment, Incident
from incidents.reads import containments as reads
from portal import limits
from portal.errors import DomainError
from portal.models import User

if TYPE_CHECKING:
    from incidents.services.incidents import Held


class NotContained(DomainError):
    """Nothing was halted or released: something is missing, or it is so already."""


@dataclass(frozen=True, kw_only=True)
class Halt:
    """What somebody stopped (`kind` halted) or set apart (isolated), and of which process."""

    what: str
    kind: str = Containment.Kind.HALTED
    workflow: Workflow | None = None


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What becomes of an open containment at the end: released, or it stays; `words` say how one knows, or why."""

    containment: UUID
    is_released: bool
    words: str


def halt(
    *, held: "Held", kind: str, what: str, workflow: Workflow | None, by: User | None, at: datetime
) -> Containment:
    """`what` stands still from `at` on because of the held incident. Raises NotContained."""
    what = _said(what, _("Say what was halted or isolated."))
    if kind not in Containment.Kind.values:
        raise NotContained(_("Say whether it was halted or isolated."))
    mine = Containment.objects.filter(incident=held.incident, released_at=None)
    if mine.filter(kind=kind, what=what, workflow=workflow).exists():
        raise NotContained(_("This is written down already."))
    made = Containment(incident=held.incident, kind=kind, what=what, workflow=workflow, by=by, since=at)
    made.save()
    held.log("halted", what, is_public=False, **_facts(made, by))
    return made


def lift(*, held: "Held", containment: Containment, how: str, by: User, at: datetime) -> Containment:
    """It runs again; `how` says how one knows that this is safe. Raises NotContained."""
    how = _said(how, _("Say how you know that it is safe."))
    found = Containment.objects.select_for_update(no_key=True).get(pk=containment.pk, incident=held.incident)
    if found.released_at is not None:
        raise NotContained(_("%(name)s has released this already.") % {"name": found.released_by})
    found.released_by, found.released_at, found.release = by, at, how
    found.save(update_fields=["released_by", "released_at", "release"])
    held.log("released", how, is_public=False, **_facts(found, by))
    return found


def settle(*, held: "Held", settled: Sequence[Settled], by: User, at: datetime) -> None:
    """Release what may run again, and write down why the rest stays. Raises NotContained."""
    still = {row.pk: row for row in reads.open_of(held.incident)}
    for item in settled:
        row = still.get(item.containment)
        if row is None:
            raise NotContained(_("Somebody has released this meanwhile. Look again."))
        if item.is_released:
            lift(held=held, containment=row, how=item.words, by=by, at=at)
            continue
        why = _said(item.words, _("Say why it stays as it is."))
        held.log("stays_halted", why, is_public=False, **_facts(row, by))


def unsettled(incident: Incident, settled: Sequence[Settled]) -> list[Containment]:
    """What of `incident` stands still and is not in `settled`."""
    said = {item.containment for item in settled}
    return [row for row in reads.open_of(incident) if row.pk not in said]


def _said(text: str, sentence: str) -> str:
    text = text.strip()
    if not text:
        raise NotContained(sentence)
    if len(text) > limits.REASON_LENGTH:
        raise NotContained(_("Use at most %(count)d characters.") % {"count": limits.REASON_LENGTH})
    return text


def _facts(row: Containment, by: User | None) -> dict[str, str]:
    return {
        "name": str(by or ""),
        "kind": row.kind,
        "workflow": row.workflow.name if row.workflow is not None else "",
        "containment": str(row.pk),
    }
