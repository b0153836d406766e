"""What is wrong with one row of a matrix, in words short enough for a cell (D6, I17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents import training_checks
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Row
from governance.reads import sentences
from governance.reads.holders import Holders
from governance.rules import ownership
from governance.rules.resolution import Candidate

Learned = tuple[Mapping[str, str], Mapping[UUID, frozenset[str]]]
"""Titles of the training topics by key, and what each person has learned (``learned.facts``)."""


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
    learned: Learned | None = None,
) -> tuple[Flaw, ...]:
    """Inactive or unreachable people, empty teams and schedules, nobody to stand in, holder and deputy the same,
    and training that lacks (D10, D108)."""
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
    if learned is not None and learned[0]:
        found += _untrained(matrices, row, [people for people, _missing in reached], learned)
    return tuple(found)


def _untrained(
    matrices: ownership.Matrices, row: Row, reached: Sequence[Sequence[Candidate]], learned: Learned
) -> list[Flaw]:
    """What the duty and the roles of `row` ask for and its people have not learned."""
    titles, known = learned
    every = [pinned.content for pinned in (*matrices.teams.values(), matrices.company) if pinned is not None]
    duty = next((duty for item in every if (duty := item.responsibility_by_key.get(row.responsibility))), None)
    lacking: dict[str, dict[str, None]] = {}
    for holder, people in zip((row.holder, *row.alternates), reached, strict=True):
        role = next((role for item in every if (role := item.role_by_key.get(holder.role or ""))), None)
        asked = {*(duty.training if duty else ()), *(role.training if role else ())}
        for person in people:
            names = [titles[key] for key in sorted(asked - known.get(person.person, frozenset())) if key in titles]
            if person.via != "cover" and names:
                lacking.setdefault(person.name, {}).update(dict.fromkeys(names))
    words = _("%(name)s has not learned %(topics)s")
    found = [Flaw("advisory", words % {"name": name, "topics": ", ".join(names)}) for name, names in lacking.items()]
    both = {training_checks.PLATFORM, training_checks.BUSINESS}
    owners = [known.get(person.person, frozenset()) for person in reached[0] if person.via != "cover"]
    if row.letter == "A" and both <= titles.keys() and owners and not any(both <= has for has in owners):
        said = {"platform": titles[training_checks.PLATFORM], "business": titles[training_checks.BUSINESS]}
        sentence = _("nobody accountable has learned both %(platform)s and %(business)s")
        found.append(Flaw("advisory", sentence % said))
    return found
