"""Who may be asked to approve, by the texts that people choose from: boards, teams, duties, roles, people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from governance.documents.facts import Facts

Named = dict[str, Any]
"""What names somebody, as the content of an approval policy writes it."""


class Deciders:
    """Everybody whom an approval policy may ask; `duties` are titles of responsibilities by key. No query."""

    def __init__(self, facts: Facts, duties: Mapping[str, str]) -> None:
        self.facts, self.duties = facts, duties

    def text(self, value: Mapping[str, Any]) -> str:
        """The text that names `value`; `find` gives it back."""
        plain = {name: part for name, part in value.items() if part not in (None, "")}
        return next((text for text, (known, _note) in self.known.items() if known == plain), self._bare(plain))

    def find(self, text: str) -> Named | None:
        """Whom `text` names, None for nobody."""
        found = self.known.get(text.strip())
        return dict(found[0]) if found is not None else None

    def choices(self) -> Iterator[tuple[str, str]]:
        """(text, what it is) of everybody."""
        for text, (_value, note) in self.known.items():
            yield text, note

    @cached_property
    def known(self) -> dict[str, tuple[Named, str]]:
        """Value and kind by text; of two who are called the same the second one says what it is too."""
        found: dict[str, tuple[Named, str]] = {}
        for value, name, note in self._everybody():
            text = name if name not in found else f"{name} ({note})"
            if text not in found:
                found[text] = value, note
        return found

    def _everybody(self) -> Iterator[tuple[Named, str, str]]:
        for board in self.facts.boards.values():
            yield {"board": str(board.id)}, board.name, _("board")
            for function in sorted({seat.function for seat in board.seats if seat.function}):
                words = _("%(board)s, %(function)s only") % {"board": board.name, "function": function}
                yield {"board": str(board.id), "function": function}, words, _("seats of a board")
        for team in self.facts.teams.values():
            yield {"team": str(team.id)}, team.name, _("team")
        for key, title in self.duties.items():
            yield {"responsibility": key}, title, _("responsibility")
        for role in sorted(self.facts.permission_roles or ()):
            words = _("Everybody who is %(role)s") % {"role": role.replace("_", " ")}
            yield {"role": role}, words, _("role in the portal")
        for person in self.facts.people.values():
            if person.active:
                yield {"person": str(person.id)}, person.name, _("person")

    def _bare(self, value: Mapping[str, Any]) -> str:
        return ":".join(str(part) for item in value.items() for part in item)
