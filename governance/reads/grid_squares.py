"""The squares of the grid at one severity: who holds the duty, where that comes from, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from governance.documents import cells
from governance.documents.cells import Cell, Value
from governance.documents.facts import WorkflowFacts
from governance.documents.matrix import LETTERS
from governance.models.catalog import Criticality
from governance.reads import grid_findings
from governance.reads.grid_findings import Flaw
from governance.reads.grid_rows import NO_ROWS, of_version, rows_by_cell
from governance.reads.grid_world import World
from governance.rules import ownership, ranking


@dataclass(frozen=True, slots=True)
class Answer:
    """One letter of a cell. `origin` is empty for the cell's own row, else says where the row stands."""

    cell: Cell
    value: Value
    name: str
    then: str
    origin: str = ""
    place: str = ""
    flaws: tuple[Flaw, ...] = ()
    source: tuple[str, str] = ("", "")
    """(digest, row key) of the row that decides."""

    @property
    def letter(self) -> str:
        return self.cell.letter


@dataclass(slots=True)
class Square:
    """One square of the grid: the answer that decides, other letters, and what it was before the draft."""

    cell: Cell
    token: str
    text: str
    answer: Answer | None
    others: tuple[Answer, ...] = ()
    was: str | None = None
    late: bool = False
    flaws: tuple[Flaw, ...] = ()
    wishes: tuple[tuple[str, str], ...] = ()
    """What others would like it to say: (who, text)."""

    @property
    def changed(self) -> bool:
        return self.was is not None

    @property
    def level(self) -> str:
        """block, advise or nothing."""
        levels = {flaw.level for flaw in self.flaws}
        return "block" if "blocking" in levels else "advise" if levels else ""


class Painter:
    """Makes squares of one severity; remembers what many squares share."""

    def __init__(self, world: World, severity: str) -> None:
        self.world, self.severity = world, severity
        self.before = rows_by_cell(world.now) if world.requests else {}
        self.own = rows_by_cell(world.shown)
        every = (world.shown.company, *world.shown.teams.values())
        self._said = {pinned.digest: of_version(pinned) for pinned in every if pinned is not None}
        used = {(cell[2], cell[4]) for cell in self.own}
        self._letters = {duty: [letter for letter in LETTERS if (duty, letter) in used] for duty, _letter in used}
        self.late = {item.cell for item in world.late}
        self._shared: dict[tuple[Any, ...], tuple[Answer | None, tuple[Answer, ...], tuple[Flaw, ...]]] = {}
        self._flaws: dict[tuple[str, str], tuple[Flaw, ...]] = {}
        self._labels: dict[Value, tuple[str, str, str]] = {}
        self._special = {cell[:2] for cell in self.own if cell[0] == "workflow"}

    def square(self, scope: str, ref: str, workflow: WorkflowFacts | None, responsibility: str) -> Square:
        """The square of `responsibility` in the row of `scope` and `ref`."""
        if workflow is not None and (scope, ref) not in self._special and scope == "workflow":
            key: tuple[Any, ...] = (workflow.team, workflow.criticality, responsibility)
            if key not in self._shared:
                self._shared[key] = self._answers(scope, ref, workflow, responsibility)
            answer, others, flaws = self._shared[key]
            shown = replace(answer.cell, ref=ref) if answer else Cell(scope, ref, responsibility, self.severity)
        else:
            answer, others, flaws = self._answers(scope, ref, workflow, responsibility)
            shown = answer.cell if answer else Cell(scope, ref, responsibility, self.severity)
        mine = self.own.get((scope, ref, responsibility, self.severity, shown.letter), NO_ROWS)
        square = Square(shown, mine.token, self._words(answer.value)[2] if answer else "", answer, others)
        square.flaws, square.late = flaws, shown in self.late
        if self.world.requests:
            self._mark_change(square, scope, ref, responsibility)
        if self.world.wishes:
            self._mark_wishes(square, scope, ref, responsibility)
        return square

    def _mark_wishes(self, square: Square, scope: str, ref: str, responsibility: str) -> None:
        for letter in LETTERS:
            for wish in self.world.wishes.get((scope, ref, responsibility, self.severity, letter), ()):
                text = " / ".join(self._words(value)[2] for value in wish.values) or _("inherited")
                square.wishes += ((str(wish.request.requested_by), text),)

    def _mark_change(self, square: Square, scope: str, ref: str, responsibility: str) -> None:
        """Say what the square was before the draft, when one of its rows differs from what is in force."""
        for letter in LETTERS:
            key = (scope, ref, responsibility, self.severity, letter)
            old, new = self.before.get(key, NO_ROWS), self.own.get(key, NO_ROWS)
            if old != new:
                square.was = self._words(old.values[0])[0] if old.values else _("inherited")
                return

    def _answers(
        self, scope: str, ref: str, workflow: WorkflowFacts | None, responsibility: str
    ) -> tuple[Answer | None, tuple[Answer, ...], tuple[Flaw, ...]]:
        """What decides among R and A, what the other letters say, and what is wrong with them."""
        found = []
        ranks = {}
        for letter in self._letters.get(responsibility, ()):
            ranked = self._deciding(scope, ref, workflow, responsibility, letter)
            if ranked is not None:
                found.append(self._answer(scope, ref, workflow, ranked))
                ranks[letter] = (cells.SCOPES.index(ranked[1].scope.kind), ranked[1].severity == "any", letter == "A")
        deciding = min((letter for letter in "RA" if letter in ranks), key=lambda letter: ranks[letter], default="")
        lead = next((item for item in found if item.letter == deciding), None)
        others = tuple(item for item in found if item is not lead)
        flaws = list(lead.flaws if lead else ())
        if not any(item.letter == "A" for item in found):
            flaws.append(grid_findings.UNOWNED if lead else grid_findings.NOBODY)
        for item in others:
            if item.letter == "A":
                flaws += [flaw for flaw in item.flaws if flaw not in flaws]
        return lead, others, tuple(flaws)

    def _deciding(
        self, scope: str, ref: str, workflow: WorkflowFacts | None, duty: str, letter: str
    ) -> ownership.Ranked | None:
        if scope == "workflow" or workflow is not None:
            return ownership.deciding(self.world.shown, workflow, duty, self.severity, letters=(letter,))
        company = self.world.shown.company
        places = [(scope, ref or None), ("default", None)] if scope == "criticality" else [("default", None)]
        for kind, value in places if company is not None else ():
            row = next(ranking.fitting(company.content, kind, value, duty, self.severity, (letter,)), None)  # type: ignore[union-attr]
            if row is not None:
                return ownership.Ranked(company, row, kind)  # type: ignore[arg-type]
        return None

    def _answer(self, scope: str, ref: str, workflow: WorkflowFacts | None, ranked: ownership.Ranked) -> Answer:
        pinned, row = ranked[0], ranked[1]
        kind, place = row.scope.kind, str(row.scope.ref or "")
        value = self._said[pinned.digest][kind, place, row.responsibility, row.severity, row.letter].values[0]
        name, then, _text = self._words(value)
        own_scope = kind == scope and place == ref
        cell = Cell(scope, ref, row.responsibility, self.severity, row.letter)
        origin = "" if own_scope and row.severity == self.severity else self._origin(own_scope, row, workflow)
        source = (pinned.digest, row.key)
        if source not in self._flaws:
            self._flaws[source] = grid_findings.of_row(
                self.world.shown,
                workflow,
                row,
                self.world.folk,
                self.world.at,
                self.world.holders,
                self.world.learned,
            )
        return Answer(cell, value, name, then, origin, kind, self._flaws[source], source)

    def _origin(self, own_scope: bool, row: Any, workflow: WorkflowFacts | None) -> str:
        if own_scope:
            return _("from any severity")
        if row.scope.kind == "team":
            team = self.world.folk.teams.get(row.scope.team)
            return _("from %(place)s") % {"place": team.name if team else _("the team")}
        if row.scope.kind == "criticality":
            return _("from %(word)s criticality") % {"word": Criticality(row.scope.criticality).label}
        return _("from the company default")

    def _words(self, value: Value) -> tuple[str, str, str]:
        """Holder, alternates, and the text of the cell."""
        if value not in self._labels:
            holders = self.world.holders
            then = ", ".join(holders.name(held) for held in value.alternates)
            self._labels[value] = holders.name(value.holder), then, holders.text(value)
        return self._labels[value]
