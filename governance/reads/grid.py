"""The grid of the admin: workflows by team x responsibilities at one severity, as one person's drafts make it.

Every cell says who holds the duty, since when it is so in words (own row, or inherited from where), what is wrong
with it, and the token that an edit has to name. A constant number of queries, whatever the size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents.base import CRITICALITIES, SEVERITIES
from governance.documents.cells import Cell, Stale
from governance.documents.facts import WorkflowFacts
from governance.models import ChangeRequest, Workflow
from governance.models.catalog import Criticality
from governance.reads import grid_pending, people
from governance.reads.grid_findings import Flaw
from governance.reads.grid_squares import Painter, Square
from governance.reads.grid_world import World
from governance.reads.holders import Holders
from portal.models import Team, User


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
    _narrow(result, words, set(only))
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
        general = people.team_facts(team)
        lines = [line("team", str(team.pk), _("Whole team"), _("what its workflows inherit"), general, team.key)]
        for facts, platform in by_team.get(team.pk, ()):
            note = f"{platform}, {weights[facts.criticality]}"
            lines.append(line("workflow", str(facts.id), facts.name, note, facts, facts.key))
        yield Group(team.name, team.key, world.refusal(team.pk), lines, len(lines) - 1)


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


def _narrow(result: Sheet, words: str, only: set[str]) -> None:
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
