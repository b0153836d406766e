"""What a playbook means for one workflow right now: who acts and how they are reached, what hangs on it, how fast (D4).

Everything comes from what is in force at the moment: the matrices, the catalog, the escalation policy. People's
addresses are never told, only the kinds of ways on which they are reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Limit
from governance.documents.module import Instruction, ManualWork, Module
from governance.documents.playbook import Playbook, Scenario
from governance.models import Dependency, Workflow
from governance.reads import documents, foretold, people
from governance.reads.foretold import Person
from governance.reads.playbooks import Read
from governance.rules import escalation, ownership, ranking
from governance.rules.ownership import Candidate, Matrices
from portal import outbox
from portal.models import ContactMethod
from portal.models.people import Lane


@dataclass(frozen=True)
class Duty:
    """A responsibility that steps name: who holds it now, who stands in, and why these (a sentence)."""

    key: str
    title: str
    people: tuple[Person, ...]
    stand_ins: tuple[Person, ...]
    sentence: str


@dataclass(frozen=True)
class Power:
    """A role that may take an option of a gate, with its holders now; `limit` is None when the role itself is named."""

    role: str
    limit: Limit | None
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Stage:
    """One level of the escalation of a category, and how many minutes it has to answer."""

    title: str
    minutes: int


@dataclass(frozen=True)
class Response:
    """How fast people answer in a scenario: minutes to triage and to decide, and the levels that are told."""

    path: str
    triage_minutes: int
    decision_minutes: int
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Live:
    """Everything at `at`: duties by responsibility, powers by authority or role, responses by category."""

    workflow: Workflow
    severity: str
    at: datetime
    duties: Mapping[str, Duty]
    authorities: Mapping[str, tuple[Power, ...]]
    roles: Mapping[str, tuple[Power, ...]]
    responses: Mapping[str, Response]
    upstream: tuple[Dependency, ...]
    downstream: tuple[Dependency, ...]


def live(read: Read, workflow: Workflow, severity: str, *, at: datetime) -> Live:
    """What `read` means for `workflow` (given with its team) at `severity`; a constant number of queries."""
    facts, folk = people.workflow_facts(workflow), people.facts(at)
    matrices = documents.matrices_for(workflow)
    world = _World(matrices, facts, severity, folk, at)
    duties = {key: world.duty(key) for key in sorted(_responsibilities(read))}
    keys = [option for scenario in read.content.scenarios for step in scenario.steps for option in step.options]
    authorities = {item.authority: world.holding(item.authority) for item in keys if item.authority}
    roles = {item.role: world.role(item.role) for item in keys if item.role}
    named = [person for found in duties.values() for person in found.everybody]
    named += [person for found in (*authorities.values(), *roles.values()) for _, _, who in found for person in who]
    methods = outbox.verified_methods({person.person for person in named})
    up, down = _dependencies(workflow)
    return Live(
        workflow,
        severity,
        at,
        {key: found.shown(methods) for key, found in duties.items()},
        {key: _powers(found, methods) for key, found in authorities.items()},
        {key: _powers(found, methods) for key, found in roles.items()},
        _responses(read.content.scenarios, workflow, severity),
        up,
        down,
    )


@dataclass(frozen=True)
class _Found:
    """A duty before the ways of its people are known."""

    key: str
    title: str
    people: tuple[Candidate, ...]
    stand_ins: tuple[Candidate, ...]
    sentence: str

    @property
    def everybody(self) -> tuple[Candidate, ...]:
        return (*self.people, *self.stand_ins)

    def shown(self, methods: Mapping[UUID, list[ContactMethod]]) -> Duty:
        return Duty(
            self.key, self.title, _people(self.people, methods), _people(self.stand_ins, methods), self.sentence
        )


_Held = tuple[str, Limit | None, tuple[Candidate, ...]]
"""Title of a role, the limit that gives it the authority, its holders."""


@dataclass(frozen=True)
class _World:
    """The matrices in force, asked about one workflow at one moment."""

    matrices: Matrices
    workflow: WorkflowFacts | None
    severity: str
    folk: PeopleFacts
    at: datetime

    def duty(self, key: str) -> _Found:
        answer = ownership.resolve(self.matrices, self.workflow, key, self.severity, self.folk, self.at)
        first = answer.groups[0].people if answer.groups else ()
        later = tuple(person for group in answer.groups[1:] for person in group.people)
        return _Found(key, self._titles.get(key, key), first, later, answer.sentence)

    @property
    def _titles(self) -> dict[str, str]:
        known = [pinned.content.responsibility_by_key for pinned in ranking.documents(self.matrices, self.workflow)]
        return {key: duty.title for duties in reversed(known) for key, duty in duties.items()}

    def holding(self, authority: str) -> list[_Held]:
        """The roles that have `authority`, the most specific matrix first; each role once."""
        found: dict[str, _Held] = {}
        for pinned in ranking.documents(self.matrices, self.workflow):
            for role in pinned.content.roles:
                limit = next((item for item in role.limits if item.key == authority), None)
                if limit is not None and role.key not in found:
                    found[role.key] = role.title, limit, self._holders(role.key)
        return list(found.values())

    def role(self, key: str) -> list[_Held]:
        for pinned in ranking.documents(self.matrices, self.workflow):
            if key in pinned.content.role_by_key:
                return [(pinned.content.role_by_key[key].title, None, self._holders(key))]
        return []

    def _holders(self, role: str) -> tuple[Candidate, ...]:
        return ownership.expand(self.matrices, self.workflow, "role", role, self.folk, self.at)[0]


def _powers(found: Iterable[_Held], methods: Mapping[UUID, list[ContactMethod]]) -> tuple[Power, ...]:
    return tuple(Power(title, limit, _people(who, methods)) for title, limit, who in found)


def _people(found: Iterable[Candidate], methods: Mapping[UUID, list[ContactMethod]]) -> tuple[Person, ...]:
    return tuple(
        Person(item.person, item.name, foretold.ways(methods.get(item.person, ()), str(Lane.URGENT)), item.sentence)
        for item in found
    )


def _responsibilities(read: Read) -> set[str]:
    """Every responsibility that a step or an instruction names, in the playbook and in its modules."""
    found = {step.responsibility for scenario in read.content.scenarios for step in scenario.steps}
    rows: list[Instruction] = _by_hand(read.content)
    for told in read.scenarios:
        rows += [row for line in told.lines for row in line.instructions]
        rows += [row for used in told.modules if used.module is not None for row in _by_hand(used.module.content)]
    return {key for key in (*found, *(row.responsibility for row in rows)) if key is not None}


def _by_hand(content: Playbook | Module) -> list[Instruction]:
    work: ManualWork | None = content.manual
    return list(work.steps) if work is not None else []


def _responses(scenarios: Iterable[Scenario], workflow: Workflow, severity: str) -> dict[str, Response]:
    """By category what the escalation policy in force promises; categories that it does not know are left out."""
    try:
        policy = documents.policy_for(workflow)
    except documents.NothingInForce:
        return {}
    categories = {item.key: item for item in policy.content.exceptions}
    found: dict[str, Response] = {}
    for key in {scenario.category for scenario in scenarios if scenario.category in categories}:
        path = policy.content.path_by_key.get(categories[key].path) if key else None
        if key is None or path is None:
            continue
        levels = (policy.content.level_by_key.get(level) for level in path.levels)
        times = escalation.timeboxes(policy, severity, key)
        stages = tuple(Stage(level.title, level.window_minutes) for level in levels if level is not None)
        found[key] = Response(path.title, times.triage_minutes, times.decision_minutes, stages)
    return found


def _dependencies(workflow: Workflow) -> tuple[tuple[Dependency, ...], tuple[Dependency, ...]]:
    """What flows into `workflow` and what flows out of it."""
    rows = Dependency.objects.filter(Q(upstream=workflow) | Q(downstream=workflow)).select_related(
        "upstream", "downstream"
    )
    found = list(rows.order_by("title", "pk"))
    return (
        tuple(item for item in found if item.downstream_id == workflow.pk),
        tuple(item for item in found if item.upstream_id == workflow.pk),
    )
