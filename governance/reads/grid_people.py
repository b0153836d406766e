"""Whom a cell may name, as they are suggested while somebody types: teams, and whether they can be reached (UI.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from governance.documents.facts import PeopleFacts, PersonFacts
from governance.reads.holders import Choice, Holders
from portal import moments


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One who fits. `note` tells them apart from others, `more` says team and reachability; `off`: not to be named."""

    label: str
    name: str
    note: str
    more: str = ""
    off: bool = False


def suggested(holders: Holders, *, at: datetime, words: str = "", most: int) -> list[Suggestion]:
    """Those whose names hold `words`; after them, where `words` are given, who left and so cannot be named.

    No query: everything comes from `holders` and the facts that it was made of.
    """
    facts = holders.facts
    found = holders.choices(words, most)
    if words.strip():
        found += holders.gone(words, most - len(found))
    teams = _teams(facts)
    return [
        Suggestion(item.label, item.name, item.note, " · ".join(_about(item, teams, facts, at)), not item.active)
        for item in found
    ]


def _teams(facts: PeopleFacts) -> dict[UUID, list[str]]:
    """The names of everybody's teams."""
    found: dict[UUID, list[str]] = {}
    for team in sorted(facts.teams.values(), key=lambda team: team.name.casefold()):
        for person in team.members:
            found.setdefault(person, []).append(team.name)
    return found


def _about(item: Choice, teams: dict[UUID, list[str]], facts: PeopleFacts, at: datetime) -> Iterator[str]:
    person = facts.people.get(UUID(item.held.ref)) if item.held.kind == "person" else None
    if person is None:
        return
    if person.id in teams:
        yield ", ".join(teams[person.id])
    if not person.active:
        yield _("not active")
    else:
        yield from _away(person, at)


def _away(person: PersonFacts, at: datetime) -> Iterator[str]:
    """Until when the person is away now; absences that follow without a gap count as one."""
    until = None
    for absence in person.absences:
        if absence.from_at <= (until or at) < absence.until_at:
            until = absence.until_at
    if until is not None:
        yield _("away until %(day)s") % {"day": _end(until, at)}


def _end(until: datetime, at: datetime) -> str:
    """The last day of what ends at midnight, else the time, with its day unless that is today."""
    local, today = timezone.localtime(until), timezone.localtime(at).date()
    clock = formats.date_format(local, "H:i")
    if clock == "00:00":
        return formats.date_format(local - timedelta(minutes=1), pgettext("date format", "j M"))
    if local.date() == today:
        return clock
    return moments.in_words(until)
