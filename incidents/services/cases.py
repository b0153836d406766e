"""A case: an incident, or a decision (``decision_cases``), with its run and the pinned rules that steer it.

``lock`` keeps the order incident > run. ``pin`` chooses the rules that are in force now, ``open_many`` reads
pinned ones for a whole batch in a constant number of queries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db.models import Max, prefetch_related_objects

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation
from governance.documents.facts import WorkflowFacts
from governance.models import Workflow
from governance.reads import documents, people
from governance.rules import escalation as rules
from governance.rules.ownership import Matrices
from incidents.models import EscalationEvent, EscalationRun, Incident
from incidents.models.escalation import RunState
from portal import prepared

UNKNOWN = "unknown"
PLANS = 1_000  # kept in a process; they follow from frozen documents
_plans: dict[tuple[object, ...], rules.Plan] = {}


@dataclass(kw_only=True)
class Steered:
    """A run with the pinned rules that steer it, whatever it is about.

    `plan` follows from the pinned policy, the run's severity and criticality, and the path that was chosen.
    """

    run: EscalationRun
    policy: Pinned[Escalation]
    matrices: Matrices
    workflow: WorkflowFacts | None

    @cached_property
    def plan(self) -> rules.Plan:
        key = (*self.pins[:2], self.run.severity, self.criticality, self.run.path)
        if key not in _plans:
            if len(_plans) >= PLANS:
                _plans.clear()
            _plans[key] = rules.plan(self.policy, self.run.severity, self.criticality, wanted=self.run.path)
        return _plans[key]

    @property
    def pins(self) -> tuple[object, ...]:
        """What the run is pinned to; equal for runs under the same rules."""
        return self.run.policy_id, self.run.policy_digest, *sorted(self.run.matrices.items())

    @property
    def criticality(self) -> str | None:
        return None if self.run.criticality == UNKNOWN else self.run.criticality

    @property
    def next_step(self) -> rules.Step | None:
        return rules.next_step(self.plan, self.run.position - 1 if self.run.position else None)

    @property
    def is_capped(self) -> bool:
        return self.run.steps >= self.policy.content.cap

    def level_of(self, step: rules.Step) -> int:
        """The level's number along the plan, from 1; 0 for news."""
        return self.plan.numbers.get(step.level, 0)


@dataclass(kw_only=True)
class Case(Steered):
    """An incident with its run."""

    incident: Incident


def workflow_facts(incident: Incident) -> WorkflowFacts | None:
    """The incident's workflow for the rules; give the incident with ``workflow__team``."""
    return people.workflow_facts(incident.workflow)


def pin(
    incident: Incident, *, at: datetime, run: EscalationRun | None = None, force: documents.InForce | None = None
) -> Case:
    """A case under the rules that are in `force` (None: now); `run` is re-pinned in memory, or made, never saved.

    Raises NothingInForce.
    """
    force = force or documents.in_force("escalation", "matrix")
    workflow = workflow_facts(incident)
    policy, matrices = force.policy_for(workflow), force.matrices_for(workflow)
    if run is None:
        run = EscalationRun(incident=incident, started_at=at, generation_at=at)
    run.severity, run.criticality = incident.severity, workflow.criticality if workflow else UNKNOWN
    run.path = incident.path
    assert policy.version is not None
    run.policy_id, run.policy_digest = policy.version, policy.digest
    run.matrices = documents.pins(matrices)
    return Case(incident=incident, run=run, policy=policy, matrices=matrices, workflow=workflow)


_workflows = prepared.Question(
    lambda: Workflow.objects.select_related("team").filter(pk__any=prepared.Given("ids", Workflow, "id", many=True))
)


def open_many(pairs: Sequence[tuple[Incident, EscalationRun]]) -> list[Case]:
    """Cases under their pinned rules; at most three queries however many there are."""
    policies = documents.pinned({(run.policy_id, run.policy_digest) for _, run in pairs})
    matrices = documents.pinned_matrices([run.matrices for _, run in pairs])
    ids = {incident.workflow_id for incident, _ in pairs if incident.workflow_id}
    known = {workflow.pk: workflow for workflow in _workflows(ids=ids)} if ids else {}
    facts = {pk: people.workflow_facts(workflow) for pk, workflow in known.items()}
    for incident, _run in pairs:
        if incident.workflow_id and "workflow" not in incident._state.fields_cache:
            incident.workflow = known[incident.workflow_id]
    return [
        Case(
            incident=incident,
            run=run,
            policy=policies[run.policy_id],
            matrices=own,
            workflow=facts.get(incident.workflow_id) if incident.workflow_id else None,
        )
        for (incident, run), own in zip(pairs, matrices, strict=True)
    ]


def open_one(incident: Incident, run: EscalationRun) -> Case:
    return open_many([(incident, run)])[0]


def lock(incident: Incident) -> tuple[Incident, EscalationRun | None]:
    """Lock and re-read the incident, then its run (None for a near miss)."""
    rows = Incident.objects.select_related("workflow__team", "team", "lead", "reporter")
    found = rows.select_for_update(no_key=True, of=("self",)).get(pk=incident.pk)
    run = EscalationRun.objects.select_for_update(no_key=True).filter(incident_id=found.pk).first()
    if run is not None:
        run.incident = found
    return found, run


def lock_free(incidents: Iterable[object]) -> dict[object, tuple[Incident, EscalationRun | None]]:
    """Those incidents (with runs) that nobody else holds, locked, by incident id; the clock never waits."""
    free = Incident.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    found = {item.pk: item for item in free.prefetch_related("team", "lead").filter(pk__any=set(incidents))}
    runs = EscalationRun.objects.select_for_update(no_key=True, skip_locked=True).filter(incident_id__in=list(found))
    mine = {run.incident_id: run for run in runs if run.incident_id}
    held = set(
        EscalationRun.objects.filter(incident_id__in=set(found) - set(mine)).values_list("incident_id", flat=True)
    )
    for key, run in mine.items():
        run.incident = found[key]
    return {key: (item, mine.get(key)) for key, item in found.items() if key not in held}


_free_runs = prepared.Question(
    lambda: (
        EscalationRun.objects.select_related("incident")
        .filter(incident__isnull=False)  # so that the join may be locked
        .filter(pk__any=prepared.Given("runs", EscalationRun, "id", many=True))
        .select_for_update(no_key=True, skip_locked=True, of=("self", "incident"))
    )
)


def lock_free_runs(runs: Iterable[UUID]) -> dict[UUID, EscalationRun]:
    """Those runs of incidents of which nobody else holds run or incident, both locked in one statement, by run id."""
    found = {run.pk: run for run in _free_runs(runs=set(runs))}
    prefetch_related_objects([run.incident for run in found.values() if run.incident], "team", "lead")
    return found


def next_generation(run: EscalationRun, *, at: datetime, state: str = RunState.RUNNING) -> None:
    """Start a generation (in memory): old links and keys do not hold any more."""
    run.generation += 1
    run.generation_at, run.state = at, state
    run.paused_until, run.stopped_at = None, None
    if state == RunState.RUNNING:
        run.acknowledged_by, run.acknowledged_at = None, None


def after_its_steps(run: EscalationRun, at: datetime) -> datetime:
    """`at`, or the time of the last step of `run` where that is later; the caller holds the run.

    Who asked while the clock took a step had to wait for it, and comes after it (I6).
    """
    last: datetime | None = EscalationEvent.objects.filter(run=run).aggregate(last=Max("at"))["last"]
    return at if last is None else max(at, last)
