"""What is wrong with one row of a matrix, in words short enough for a cell (D6, I17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Row
from governance.reads import sentences
from governance.reads.holders import Holders
from governance.rules import ownership


@dataclass(frozen=True, slots=True)
class Flaw:
    """`level`: blocking (must be fixed before publishing, or nobody is told) or advisory."""

    level: str
    words: str


UNOWNED = Flaw("blocking", gettext_lazy("nobody is accountable"))  # type: ignore[arg-type]
NOBODY = Flaw("blocking", gettext_lazy("no row says who"))  # type: ignore[arg-type]


def of_row(
    matrices: ownership.Matrices,
    workflow: WorkflowFacts | None,
    row: Row,
    folk: PeopleFacts,
    at: datetime,
    holders: Holders,
) -> tuple[Flaw, ...]:
    """Inactive or unreachable people, empty teams and schedules, nobody to stand in, holder and deputy the same."""
    found = []
    everybody = (row.holder, *row.alternates)
    for holder in everybody:
        person = folk.people.get(holder.person) if holder.person else None
        if holder.person and (person is None or not person.active):
            name = person.name if person else _("Somebody unknown")
            found.append(Flaw("blocking", _("%(name)s is no longer active") % {"name": name}))
    if row.letter not in ("R", "A"):
        return tuple(found)
    reached = [ownership.expand(matrices, workflow, held.kind, held.ref, folk, at) for held in everybody]
    if not found and not reached[0][0]:
        missing = reached[0][1]
        words = sentences.said(missing[0].sentence).rstrip(".") if missing else _("nobody can be told")
        found.append(Flaw("advisory" if any(group for group, _missing in reached) else "blocking", words))
    if not row.alternates:
        found.append(Flaw("advisory", _("nobody stands in")))
    elif row.holder in row.alternates:
        found.append(Flaw("advisory", _("holder and deputy are the same")))
    return tuple(found)
