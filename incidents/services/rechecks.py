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
    rows = [_row(held.incident, asked[key], said[key], by, at) for key in asked]
    if rows:
        bulk.insert(rows)  # before they are proven: the database gives out their keys
        held.action.prove(rows, about=held.incident)
        counts = {"passed": 0, "waived": 0} | {
            result: sum(row.result == result for row in rows) for result in ("passed", "waived")
        }
        text = "; ".join(f"{row.subject}: {row.note}" for row in rows if row.note)
        held.log("rechecked", text, is_public=False, name=str(by), **counts)
    return rows


def _row(incident: Incident, subject: reads.Subject, found: Found, by: User, at: datetime) -> Recheck:
    note, name = found.note.strip(), {"name": subject.name}
    if found.result == Result.FAILED:
        why = f" {note}" if note else ""
        raise NotRechecked(
            _("“%(name)s” does not work, so the incident is not resolved yet.%(why)s") % {**name, "why": why}
        )
    if found.result not in (Result.PASSED, Result.WAIVED):
        raise NotRechecked(_("Say whether “%(name)s” works again.") % name)
    if found.result == Result.WAIVED and not note:
        raise NotRechecked(_("Say why nobody looked at “%(name)s”.") % name)
    return Recheck(
        incident=incident,
        subject=subject.name[: limits.TITLE_LENGTH],
        workflow=subject.workflow,
        result=found.result,
        note=note[: limits.REASON_LENGTH],
        by=by,
        at=at,
    )
