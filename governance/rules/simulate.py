"""Whom other rules would tell otherwise: the outlook of two sets of documents, workflow by workflow (P17, D15)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from governance.documents.base import SEVERITIES, Pinned, Severity
from governance.documents.escalation import Escalation
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Matrix
from governance.documents.rubric import Rubric
from governance.rules import escalation, outlook, ownership, scoping, triage
from governance.rules.ownership import Matrices


@dataclass(frozen=True)
class Rules:
    """The documents that steer telling, all at once."""

    matrices: Matrices
    policies: tuple[Pinned[Escalation], ...]
    rubrics: tuple[Pinned[Rubric], ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is told for the first time `minutes` after the start."""

    person: UUID
    name: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody who is told in both cases, `before` and `after` in minutes after the start."""

    person: UUID
    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Change:
    """What differs: people who come, go or are told at another time, levels that begin or cease to reach nobody."""

    added: tuple[Told, ...] = ()
    removed: tuple[Told, ...] = ()
    moved: tuple[Moved, ...] = ()
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.moved or self.opened or self.closed)


@dataclass(frozen=True, slots=True)
class Line:
    """One difference of `workflow` (None: one that nobody can name), for the `severities` for which it is the same."""

    workflow: WorkflowFacts | None
    severities: tuple[Severity, ...]
    change: Change


@dataclass(frozen=True)
class Report:
    """All lines, gaps first, then by workflow; `compared` workflows were looked at, `left` were too many to."""

    lines: tuple[Line, ...]
    compared: int
    left: int = 0

    @property
    def added(self) -> list[tuple[str, int]]:
        """Name and number of workflows of everybody who comes to be told, most workflows first."""
        return self._counted(lambda change: change.added)

    @property
    def removed(self) -> list[tuple[str, int]]:
        """The same for everybody who is no longer told."""
        return self._counted(lambda change: change.removed)

    @property
    def moved(self) -> int:
        """How many workflows tell somebody at another time."""
        return self._workflows(lambda change: bool(change.moved))

    @property
    def opened(self) -> int:
        """How many workflows get a level that reaches nobody."""
        return self._workflows(lambda change: bool(change.opened))

    @property
    def closed(self) -> int:
        return self._workflows(lambda change: bool(change.closed))

    @property
    def workflows(self) -> int:
        """How many workflows tell anybody otherwise."""
        return self._workflows(bool)

    def _workflows(self, wanted: Callable[[Change], bool]) -> int:
        return len({line.workflow for line in self.lines if wanted(line.change)})

    def _counted(self, people: Callable[[Change], tuple[Told, ...]]) -> list[tuple[str, int]]:
        pairs = {
            (told.person, told.name, line.workflow and line.workflow.id)
            for line in self.lines
            for told in people(line.change)
        }
        found = Counter((person, name) for person, name, _ in pairs)
        return sorted(((name, number) for (_, name), number in found.items()), key=lambda item: (-item[1], item[0]))


def difference(
    before: Rules,
    after: Rules,
    workflows: Iterable[WorkflowFacts | None],
    people: PeopleFacts,
    at: datetime,
    *,
    most: int = 10_000,
) -> Report:
    """Whom `after` would tell otherwise than `before` for each of `workflows` at each severity, from `at` on.

    Only where what steers differs is anything played through, and what is steered alike only once; after `most`
    different cases the rest is only counted.
    """
    judge = _Judge(people, at)
    lines: list[Line] = []
    compared = left = 0
    for workflow in workflows:
        if len(judge.outcomes) >= most:
            left += 1
            continue
        compared += 1
        found: dict[Change, list[Severity]] = {}
        for severity in SEVERITIES:
            change = judge.change(before, after, workflow, severity)
            if change:
                found.setdefault(change, []).append(severity)
        lines += [Line(workflow, tuple(severities), change) for change, severities in found.items()]
    return Report(tuple(sorted(lines, key=_order)), compared, left)


def touched(before: Matrix | None, after: Matrix) -> Callable[[WorkflowFacts | None], bool]:
    """Which workflows a matrix that turns from `before` into `after` can steer otherwise."""
    same = ("responsibilities", "roles", "triage_team")
    scopes: set[tuple[str, UUID | str | None]]
    if before is None or before.scope != after.scope or any(getattr(before, n) != getattr(after, n) for n in same):
        scopes = {("default", None)} if after.scope.kind == "default" else {("team", after.scope.team)}
    else:
        differing = {*before.rows} ^ {*after.rows}
        scopes = {(row.scope.kind, row.scope.ref) for row in differing}

    def is_touched(workflow: WorkflowFacts | None) -> bool:
        if ("default", None) in scopes or workflow is None:
            return bool(scopes)
        own = ("workflow", workflow.id), ("team", workflow.team), ("criticality", workflow.criticality)
        return any(scope in scopes for scope in own)

    return is_touched


Outcome = tuple[Mapping[UUID, Told], Mapping[str, str]]
"""Everybody who is told, with the first time; and the levels that reach nobody, with the sentence."""


@dataclass
class _Judge:
    """Plays rules through, each case once."""

    people: PeopleFacts
    at: datetime
    outcomes: dict[object, Outcome] = field(default_factory=dict)
    plans: dict[object, escalation.Plan] = field(default_factory=dict)

    def change(self, before: Rules, after: Rules, workflow: WorkflowFacts | None, severity: Severity) -> Change:
        was, now = (self._steers(rules, workflow, severity) for rules in (before, after))
        if was == now:
            return Change()
        outcomes = (self._told(key, rules, workflow, severity) for key, rules in ((was, before), (now, after)))
        return _change(*outcomes)

    def _steers(self, rules: Rules, workflow: WorkflowFacts | None, severity: Severity) -> object:
        """All that an outcome follows from, beside people and time; equal for cases that end alike."""
        policy = scoping.applicable(rules.policies, workflow=workflow)
        if policy is None:
            return None
        criticality = workflow.criticality if workflow is not None else None
        wanted = _wanted(rules, workflow, severity)
        key = policy.digest, severity, criticality, wanted
        if key not in self.plans:
            self.plans[key] = escalation.plan(policy, severity, criticality, wanted=wanted)
        plan = self.plans[key]
        company = rules.matrices.company
        team = workflow.team if workflow is not None else company.content.triage_team if company else None
        own = rules.matrices.teams.get(team) if team else None
        duties = {target.responsibility for step in (*plan.steps, *plan.news) for target in step.targets}
        rows = [(duty, self._row(rules.matrices, workflow, duty, severity)) for duty in sorted(filter(None, duties))]
        boxes, silence = escalation.timeboxes(policy, severity), escalation.follow_up(policy).silence_minutes
        times = boxes.triage_minutes, boxes.decision_minutes, silence
        roles = own.content.roles if own else (), company.content.roles if company else ()
        return plan.steps, plan.news, times, roles, tuple(rows)

    def _row(
        self, matrices: Matrices, workflow: WorkflowFacts | None, responsibility: str, severity: Severity
    ) -> tuple[object, ...]:
        """Whom the deciding row names, in which order and how fast."""
        decided = ownership.deciding(matrices, workflow, responsibility, severity)
        row = decided[1] if decided else None
        return (row.holder, row.alternates, row.acknowledge_minutes) if row else ()

    def _told(self, key: object, rules: Rules, workflow: WorkflowFacts | None, severity: Severity) -> Outcome:
        if key not in self.outcomes:
            self.outcomes[key] = self._play(rules, workflow, severity)
        return self.outcomes[key]

    def _play(self, rules: Rules, workflow: WorkflowFacts | None, severity: Severity) -> Outcome:
        told: dict[UUID, Told] = {}
        gaps: dict[str, str] = {}
        policy = scoping.applicable(rules.policies, workflow=workflow)
        if policy is None:
            return told, gaps
        wanted = _wanted(rules, workflow, severity)
        for moment in outlook.outlook(policy, rules.matrices, workflow, severity, self.people, self.at, wanted=wanted):
            if moment.step is None:
                continue
            for tell in moment.telling.tells:
                told.setdefault(tell.person, Told(tell.person, tell.name, moment.minutes))
            for gap in moment.telling.gaps:
                gaps.setdefault(moment.step.level, gap)
        return told, gaps


def _wanted(rules: Rules, workflow: WorkflowFacts | None, severity: Severity) -> str:
    """The path that the rubric names for `severity`."""
    rubric = scoping.applicable(rules.rubrics, workflow=workflow)
    return triage.path_at(rubric.content, severity) if rubric is not None else ""


def _change(was: Outcome, now: Outcome) -> Change:
    (told, gaps), (told_now, gaps_now) = was, now
    both = (Moved(key, told[key].name, told[key].minutes, told_now[key].minutes) for key in told if key in told_now)
    return Change(
        added=tuple(item for key, item in told_now.items() if key not in told),
        removed=tuple(item for key, item in told.items() if key not in told_now),
        moved=tuple(item for item in both if item.before != item.after),
        opened=tuple(sentence for level, sentence in gaps_now.items() if level not in gaps),
        closed=tuple(sentence for level, sentence in gaps.items() if level not in gaps_now),
    )


def _order(line: Line) -> tuple[bool, str, tuple[str, ...]]:
    return not line.change.opened, line.workflow.name if line.workflow else "", line.severities
