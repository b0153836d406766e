"""Who may hold a duty, by the names that people type and paste: the text of a cell and back.

A text lists the holder and then the alternates, separated by semicolons, with the minutes at the end:
``Jonas Weber; Petra Lang; 15 min``. A person is called by name or e-mail address, everything else by name or
``team:key``, ``role:key``, ``schedule:key``. An empty text means that the cell inherits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents.cells import Held, Value
from governance.documents.facts import PeopleFacts
from governance.rules import ownership
from portal.errors import DomainError
from portal.models import User

MINUTES = re.compile(r"(?:(?P<what>decide)\s+)?(?P<number>[0-9]{1,5})\s*(?:min|minutes)\.?", re.IGNORECASE)
ADDRESS = re.compile(r"<([^<>\s]+@[^<>\s]+)>\s*$")
MOST_MINUTES = 43_200
MOST_ALTERNATES = 20


class NotRead(DomainError):
    """The text names nobody, or somebody who cannot be told apart; the sentence says who."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One who may be named: `label` is the text that names them, `note` what tells them apart from others."""

    held: Held
    label: str
    note: str
    name: str = ""
    active: bool = True


class Holders:
    """Everybody who may hold a duty, as known at one moment; two queries when `facts` are given."""

    def __init__(self, matrices: ownership.Matrices, facts: PeopleFacts) -> None:
        self.facts = facts
        emails = dict(User.objects.values_list("pk", "email"))
        self._by_name: dict[str, list[Held]] = {}
        self._exact: dict[str, Held] = {}
        self._known: dict[Held, tuple[str, str, str]] = {}  # name, exact name, note
        for held, name, exact, note, active in self._everybody(matrices, emails):
            if held in self._known:
                continue
            self._known[held] = name, exact, note
            self._exact.setdefault(exact.casefold(), held)
            if active:
                self._by_name.setdefault(_plain(name), []).append(held)

    def _everybody(
        self, matrices: ownership.Matrices, emails: dict[UUID, str]
    ) -> Iterator[tuple[Held, str, str, str, bool]]:
        for person in self.facts.people.values():
            email = emails.get(person.id, "")
            yield Held("person", str(person.id)), person.name, email, email, person.active
        for team in self.facts.teams.values():
            yield Held("team", str(team.id)), team.name, f"team:{team.key}", _("team"), True
        for schedule in getattr(self.facts, "schedules", {}).values():
            key = getattr(schedule, "key", "") or str(schedule.id)
            yield Held("schedule", str(schedule.id)), schedule.name, f"schedule:{key}", _("on-call schedule"), True
        for pinned in (matrices.company, *matrices.teams.values()):
            for role in pinned.content.roles if pinned is not None else ():
                yield Held("role", role.key), role.title, f"role:{role.key}", _("role"), True

    def name(self, held: Held) -> str:
        """What `held` is called."""
        return self._known.get(held, (held.ref,))[0]

    def active(self, held: Held) -> bool:
        """A person who is active; teams, roles and schedules are whenever they exist."""
        return held in self._known and held in self._by_name.get(_plain(self._known[held][0]), ())

    def label(self, held: Held) -> str:
        """The text that names `held` and nobody else."""
        if held not in self._known:
            return f"{held.kind}:{held.ref}"
        name, exact, _note = self._known[held]
        clear = self._by_name.get(_plain(name)) == [held] and not MINUTES.fullmatch(name) and ";" not in name
        return name if clear and _plain(name) not in self._exact else exact

    def address(self, held: Held) -> str:
        """The text that names `held` for programs: ``person:id``, ``team:key``; `find` takes it."""
        return f"person:{held.ref}" if held.kind == "person" or held not in self._known else self._known[held][1]

    def text(self, value: Value | None) -> str:
        """The text of a cell; `read` gives the same value back."""
        if value is None:
            return ""
        parts = [self.label(held) for held in (value.holder, *value.alternates)]
        if value.acknowledge_minutes:
            parts.append(f"{value.acknowledge_minutes} min")
        if value.decide_minutes:
            parts.append(f"decide {value.decide_minutes} min")
        return "; ".join(parts)

    def find(self, text: str) -> Held:
        """Whom `text` names. Raises NotRead for nobody and for several."""
        wanted = text.strip()
        address = ADDRESS.search(wanted)
        exact = self._exact.get((address[1] if address else wanted).casefold())
        if exact is not None:
            return exact
        found = self._by_name.get(_plain(wanted), [])
        if len(found) == 1:
            return found[0]
        if found:
            labels = ", ".join(self._known[held][1] for held in found)
            raise NotRead(_("Several are called “%(name)s”: write %(labels)s.") % {"name": wanted, "labels": labels})
        for kind in ("person", "team", "role", "schedule"):
            held = Held(kind, wanted.removeprefix(f"{kind}:"))
            if wanted.startswith(f"{kind}:") and held in self._known:
                return held
        raise NotRead(_("Nobody is called “%(name)s”.") % {"name": wanted[:80]})

    def read(self, text: str) -> Value | None:
        """The value that `text` says, None when it is empty. Raises NotRead."""
        people: list[Held] = []
        minutes: dict[str, int] = {}
        for part in filter(None, (part.strip() for part in text.replace("\n", ";").split(";"))):
            given = MINUTES.fullmatch(part)
            if given is None:
                people.append(self.find(part))
                continue
            number = int(given["number"])
            if not 1 <= number <= MOST_MINUTES:
                raise NotRead(_("Minutes are a whole number from 1 to %(most)s.") % {"most": MOST_MINUTES})
            minutes["decide" if given["what"] else "acknowledge"] = number
        if not people:
            if minutes:
                raise NotRead(_("Name somebody before the minutes, or leave the cell empty so that it inherits."))
            return None
        if len(people) > MOST_ALTERNATES + 1:
            raise NotRead(_("At most %(most)s people can stand in.") % {"most": MOST_ALTERNATES})
        return Value(people[0], tuple(people[1:]), minutes.get("acknowledge"), minutes.get("decide"))

    def choices(self, words: str = "", most: int = 20) -> list[Choice]:
        """Those whose name or address holds `words`, names with a word that begins so first; no inactive people."""
        named = ((name, held) for name, helds in self._by_name.items() for held in helds)
        return [self._choice(held, True) for held in self._fitting(words, named)[:most]]

    def gone(self, words: str, most: int) -> list[Choice]:
        """Inactive people whose name or address holds `words`; they cannot be named any more."""
        named = (
            (_plain(name), held)
            for held, (name, _exact, _note) in self._known.items()
            if held not in self._by_name.get(_plain(name), ())
        )
        return [self._choice(held, False) for held in self._fitting(words, named)[: max(0, most)]]

    def _fitting(self, words: str, named: Iterable[tuple[str, Held]]) -> list[Held]:
        """Those of `named` that hold `words`, names with a word that begins so first."""
        wanted = _plain(words)
        found = []
        for name, held in named:
            exact = self._known[held][1].casefold()
            exact = exact if "@" in wanted else exact.partition("@")[0]
            if wanted in name or wanted in exact:
                found.append((f" {wanted}" not in f" {name}", name, held))
        found.sort(key=lambda item: item[:2])
        return [held for _later, _name, held in found]

    def _choice(self, held: Held, active: bool) -> Choice:
        name, _exact, note = self._known[held]
        return Choice(held, self.label(held), note, name, active)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
