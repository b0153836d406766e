"""Everything that was concerned is looked at again before an incident is resolved, or it is said why not (D89)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from incidents.models import Incident, Recheck
from incidents.reads import rechecks as reads
from portal import bulk, limits
from portal.errors import DomainError
from portal.models import User

if TYPE_CHECKING:
    from incidents.services.incidents import Held

Result = Recheck.Result


class NotRechecked(DomainError):
    """Something was not looked at again, does not work, or nothing says why it was not."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found of the subject `key` (of ``reads.subjects``); `note` says why it was not looked at."""

    key: str
    result: str
    note: str = ""


def keep(*, held: "Held", found: Sequence[Found], by: User, at: datetime) -> list[Recheck]:
    """Seal what `by` found of everything that the held incident concerned. Raises NotRechecked.

    Nothing may be left out, and nothing that does not work.
    """
    asked = {item.key: item for item in reads.subjects(held.incident)}
    said = {item.key: item for item in found if item.key in asked}
    missing = [asked[key].name for key in asked if key not in said]
    if missing:
        names = ", ".join(missing[:4]) + (" …" if len(missing) > 4 else "")
        raise NotRechecked(_("Say whether this works again, or why nobody looked: %(names)s.") % {"names": names})
    for key in asked:
        if said[key].result == Result.FAILED:
            words = {"name": asked[key].name, "why": f" {said[key].note}".rstrip()}
            raise NotRechecked(_("“%(name)s” does not work, so the incident is not resolved yet.%(why)s") % words)
    rows = [_row(held.incident, asked[key], said[key], by, at) for key in asked]
    if rows:
        _seal(held, rows, "rechecked", Result.PASSED, Result.WAIVED)
    return rows


def keep_failed(*, held: "Held", found: Sequence[Found], by: User, at: datetime) -> list[Recheck]:
    """Seal what `by` found where something does not work yet; the held incident stays as it is. Raises NotRechecked.

    What nobody spoke of is left out. The same words of the same person are not kept twice.
    """
    asked = {item.key: item for item in reads.subjects(held.incident)}
    said = {item.key: item for item in found if item.key in asked}
    rows = [_row(held.incident, asked[key], said[key], by, at) for key in asked if key in said]
    if not any(row.result == Result.FAILED for row in rows):
        raise NotRechecked(_("Nothing fails, so there is nothing to write down before you resolve it."))
    known = {(row.subject, row.workflow_id): row for row in reads.latest(held.incident)}
    before = [known.get((row.subject, row.workflow_id)) for row in rows]
    if all(old is not None and _fact(old) == _fact(row) for old, row in zip(before, rows, strict=True)):
        raise NotRechecked(_("This is written down already."))
    _seal(held, rows, "recheck_failed", Result.FAILED, Result.PASSED, Result.WAIVED)
    return rows


def _seal(held: "Held", rows: Sequence[Recheck], verb: str, *counted: str) -> None:
    """Write `rows` and one line, which says how many had each of the results."""
    bulk.insert(rows)  # before they are proven: the database gives out their keys
    held.action.prove(rows, about=held.incident)
    counts = {str(result): sum(row.result == result for row in rows) for result in counted}
    text = "; ".join(f"{row.subject}: {row.note}" for row in rows if row.note)
    held.log(verb, text, is_public=False, name=str(held.by), **counts)


def _fact(row: Recheck) -> tuple[object, ...]:
    return row.result, row.note, row.by_id


def _row(incident: Incident, subject: reads.Subject, found: Found, by: User, at: datetime) -> Recheck:
    note, name = found.note.strip(), {"name": subject.name}
    if found.result not in Result.values:
        raise NotRechecked(_("Say whether “%(name)s” works again.") % name)
    if found.result == Result.WAIVED and not note:
        raise NotRechecked(_("Say why nobody looked at “%(name)s”.") % name)
    if found.result == Result.FAILED and not note:
        raise NotRechecked(_("Say what does not work at “%(name)s”.") % name)
    return Recheck(
        incident=incident,
        subject=subject.name[: limits.TITLE_LENGTH],
        workflow=subject.workflow,
        result=found.result,
        note=note[: limits.REASON_LENGTH],
        by=by,
        at=at,
    )
