"""The grid of the admin: workflows by team x responsibilities at one severity, as one person's drafts make it.

Every cell says who holds the duty, since when it is so in words (own row, or inherited from where), what is wrong
with it, and the token that an edit has to name. A constant number of queries, whatever the size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents import base, cells
from governance.documents.base import CRITICALITIES, SEVERITIES
from governance.documents.cells import Cell, Stale, Value
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import LETTERS
from governance.models import ChangeRequest, Document, Workflow
from governance.models.catalog import Criticality
from governance.reads import assignments, documents, drafts, grid_findings, grid_pending, people
from governance.reads.grid_findings import Flaw
from governance.reads.grid_pending import Wish
from governance.reads.grid_rows import NO_ROWS, Key, of_version, rows_by_cell
from governance.reads.holders import Holders
from governance.rules import ownership, ranking
from portal import access
from portal.models import Team, User


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


@dataclass(slots=True)
class Line:
    """One row: a workflow, or what holds for a whole team, a criticality or the company."""

    scope: str
    ref: str
    title: str
    note: str
    squares: list[Square]
    key: str = ""


@dataclass(slots=True)
class Group:
    """The lines of one matrix. `refusal` says why its cells cannot be edited here, empty when they can."""

    title: str
    team: str
    refusal: str
    lines: list[Line]
    total: int = 0


@dataclass(slots=True)
class Sheet:
    """Everything that the page shows. `columns`: (key, title); `counts`: own rows by severity; `kept`: keys of the
    teams whose rows the reader edits, where others are to read only."""

    columns: list[tuple[str, str]]
    groups: list[Group]
    counts: dict[str, int]
    teams: list[Team]
    requests: list[ChangeRequest]
    late: list[Stale]
    holders: Holders
    flaws: list[tuple[Flaw, str, Cell, int]] = field(default_factory=list)
    changed: int = 0
    others: list[tuple[ChangeRequest, int]] = field(default_factory=list)
    """Open changes of other people, with the number of cells."""
    kept: set[str] = field(default_factory=set)

    @property
    def blocking(self) -> int:
        return sum(flaw.level == "blocking" for flaw, *_ in self.flaws)


class World:
    """Documents in force and one person's drafts of them, read once: what the page and a single cell need."""

    def __init__(self, by: User, at: datetime) -> None:
        self.by, self.at = by, at
        self.now = documents.matrices()
        self.folk: PeopleFacts = people.facts(at)
        self.requests = list(drafts.open_of(by))
        self.late: list[Stale] = []
        self.wishes: dict[Key, list[Wish]] = {}
        company, own = self.now.company, dict(self.now.teams)
        for request in self.requests:
            draft = drafts.of(request.document, request)
            self.late += draft.late
            pinned = self._pinned(request, draft.content)
            team = drafts.team_of(request.document)
            if team is None:
                company = pinned
            else:
                own[team] = pinned
        self.shown = ownership.Matrices(company, own)
        self.holders = Holders(self.shown, self.folk)

    def _pinned(self, request: ChangeRequest, content: dict[str, Any]) -> documents.PinnedVersion[Any]:
        text = base.canonical(content)
        typed = base.load("matrix", text)
        return documents.PinnedVersion(
            request.document_id, base.digest(text), typed, request.document.title, request.version.number
        )

    def refusal(self, team: UUID | None) -> str:
        """Why the person may not draft the matrix of `team` (None: the company's)."""
        kind = "default" if team is None else "team"
        planned = Document(kind="matrix", scope_kind=kind, scope_value=str(team or ""))
        return access.can(self.by, "draft", planned).reason

    def columns(self) -> list[tuple[str, str]]:
        """Every responsibility, the company's in their order, then those that only teams define."""
        found = dict(assignments.responsibilities(self.shown, None))
        for pinned in self.shown.teams.values():
            for duty in pinned.content.responsibilities:
                found.setdefault(duty.key, duty.title)
        return list(found.items())


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
                self.world.shown, workflow, row, self.world.folk, self.world.at, self.world.holders
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


def sheet(
    *, by: User, at: datetime, severity: str = "any", team: str = "", words: str = "", only: Iterable[str] = ()
) -> Sheet:
    """The grid as `by` sees it. `team`: key of a team or "company"; `only`: findings, changed."""
    world = World(by, at)
    world.wishes = grid_pending.wishes(by)
    painter, columns = Painter(world, severity), world.columns()
    by_team: dict[UUID | None, list[tuple[WorkflowFacts, str]]] = {}
    for workflow, platform in _workflows():
        by_team.setdefault(workflow.team, []).append((workflow, platform))
    teams = list(Team.objects.filter(is_active=True).order_by("name"))
    counts = dict.fromkeys(("any", *SEVERITIES), 0)
    for cell in painter.own:
        counts[cell[3]] = counts.get(cell[3], 0) + 1
    result = Sheet(columns, [], counts, teams, world.requests, world.late, world.holders)
    result.others = grid_pending.counted(world.wishes)
    result.groups = [
        group for group in _groups(painter, columns, teams, by_team, team) if not team or group.team == team
    ]
    _own_first(result)
    _collect(result)
    _narrow(result, words, set(only), team)
    return result


def _workflows() -> Iterator[tuple[WorkflowFacts, str]]:
    """Every workflow in use with the name of its platform, by team and name."""
    names = ("pk", "name", "team_id", "criticality", "team__department_id", "key", "platform__name")
    for row in Workflow.objects.in_use().order_by("team__name", "name", "pk").values_list(*names):
        yield WorkflowFacts(*row[:-1]), row[-1]


def _groups(
    painter: Painter,
    columns: list[tuple[str, str]],
    teams: list[Team],
    by_team: dict[UUID | None, list[tuple[WorkflowFacts, str]]],
    asked: str,
) -> Iterator[Group]:
    world = painter.world

    def line(scope: str, ref: str, title: str, note: str, facts: WorkflowFacts | None, key: str = "") -> Line:
        return Line(scope, ref, title, note, [painter.square(scope, ref, facts, duty) for duty, _title in columns], key)

    company = [line("default", "", _("Every workflow"), _("when no other row says otherwise"), None)]
    for word in CRITICALITIES:
        title = _("%(word)s criticality") % {"word": Criticality(word).label.capitalize()}
        company.append(line("criticality", word, title, _("every such workflow"), None))
    yield Group(_("The whole company"), "company", world.refusal(None), company)
    own = {cell[1] for cell in painter.own if cell[0] == "team"}
    weights = {word.value: str(word.label) for word in Criticality}
    for team in teams:
        if team.pk not in by_team and str(team.pk) not in own and team.key != asked:
            continue
        general = team_facts(team)
        lines = [line("team", str(team.pk), _("Whole team"), _("what its workflows inherit"), general, team.key)]
        for facts, platform in by_team.get(team.pk, ()):
            note = f"{platform}, {weights[facts.criticality]}"
            lines.append(line("workflow", str(facts.id), facts.name, note, facts, facts.key))
        yield Group(team.name, team.key, world.refusal(team.pk), lines, len(lines) - 1)


def team_facts(team: Team) -> WorkflowFacts:
    """What stands for every workflow of `team`: nothing but the team's row and the default decides."""
    return WorkflowFacts(id=team.pk, name=team.name, team=team.pk, criticality="")


def responsibilities() -> dict[str, str]:
    """Titles of the company's responsibilities in force by key."""
    return assignments.responsibilities(documents.matrices(), None)


def _own_first(result: Sheet) -> None:
    """Who keeps the rows of some teams alone meets these first, then what they inherit from."""
    result.groups.sort(key=lambda group: bool(group.refusal))
    if any(group.refusal for group in result.groups):
        result.kept = {group.team for group in result.groups if not group.refusal}


def _collect(result: Sheet) -> None:
    """What is wrong, each row that is at fault once with the number of squares that it makes wrong."""
    seen: dict[tuple[Any, ...], list[Any]] = {}
    columns = dict(result.columns)
    for group in result.groups:
        for line in group.lines:
            for square in line.squares:
                result.changed += square.changed
                for flaw in square.flaws:
                    source = square.answer.source if square.answer else (square.cell.scope, square.cell.ref)
                    row = group.title if line.scope == "team" else line.title
                    place = f"{row}, {columns[square.cell.responsibility]}"
                    found = seen.setdefault(
                        (source, flaw.words, square.cell.responsibility), [flaw, place, square.cell, 0]
                    )
                    found[3] += 1
    result.flaws = sorted((tuple(item) for item in seen.values()), key=lambda item: item[0].level != "blocking")  # type: ignore[misc]


def _narrow(result: Sheet, words: str, only: set[str], team: str) -> None:
    """Leave the lines whose names hold `words`, and of these those with findings or changes when asked."""
    wanted = words.casefold().strip()
    for group in result.groups:
        group.lines = [
            line
            for line in group.lines
            if (not wanted or wanted in line.title.casefold() or wanted in group.title.casefold())
            and ("changed" not in only or any(square.changed or square.late for square in line.squares))
            and ("findings" not in only or any(square.flaws for square in line.squares))
        ]
    result.groups = [group for group in result.groups if group.lines]
