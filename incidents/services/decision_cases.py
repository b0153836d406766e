"""A decision with its run and the pinned rules: which levels it goes to, and what each of them may and must.

The ladder is that of incidents, without the levels that may take none of the choices; before it comes whoever the
matrix names for this decision, or whoever leads the incident whose playbook asks (D11, D20-D23).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from governance.documents.base import Target
from governance.documents.escalation import Level
from governance.documents.matrix import ConflictRule, Decision, Matrix
from governance.documents.sentences import stored as _
from governance.reads import documents, people
from governance.rules import deciding, ranking
from governance.rules import escalation as rules
from governance.rules.deciding import Choice
from incidents.models import DecisionRequest, EscalationRun, Incident
from incidents.services import cases

LEADS = _("Whoever leads the incident")


@dataclass(kw_only=True)
class DecisionCase(cases.Steered):
    """`decision` with its run; read with its incident and workflow."""

    decision: DecisionRequest

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        return choices_of(self.decision)

    @cached_property
    def row(self) -> Decision | None:
        """The row of the matrix that applies."""
        if self.decision.step and not self.decision.name:
            return None  # a gate belongs to whoever leads
        return deciding.row_of(self.matrices, self.workflow, self.decision.name)

    @cached_property
    def conflict(self) -> ConflictRule | None:
        """Who settles contradictions: the rule of the nearest matrix that has one."""
        every = ranking.documents(self.matrices, self.workflow)
        return next((item.content.conflict for item in every if item.content.conflict is not None), None)

    @cached_property
    def plan(self) -> rules.Plan:
        """The ladder of this decision; see ``deciding.ladder``."""
        decision = self.decision
        plan = rules.plan(self.policy, self.run.severity, self.criticality, decision.category or None)
        first, title = self._first()
        boxes = rules.timeboxes(self.policy, self.run.severity, decision.category or None)
        minutes = (self.row.minutes if self.row is not None else None) or boxes.decision_minutes
        return deciding.ladder(plan, self.policy.content, self.choices, first=first, title=title, minutes=minutes)

    def _first(self) -> tuple[tuple[Target, ...], str]:
        if self.row is not None:
            return (Target(responsibility=self.row.responsibility),), self.row.title
        lead = self.decision.lead_id  # as it was then: the ladder of a decision does not change any more
        return ((Target(person=lead),), LEADS) if lead else ((), "")

    def level(self, key: str) -> Level | None:
        """The level of the policy called `key`; None for whoever is asked first and for the fallback."""
        return self.policy.content.level_by_key.get(key)

    def permitted(self, key: str) -> tuple[Choice, ...]:
        """The choices that the level called `key` may take."""
        return deciding.permitted(self.level(key), self.choices)

    def missing(self, key: str) -> tuple[str, ...]:
        """What the level called `key` needs to know and nobody has said."""
        return deciding.missing(self.level(key), self.decision.given)

    @property
    def step(self) -> rules.Step | None:
        """The step that was taken last; None before the first."""
        return self.plan.steps[self.run.position - 1] if 0 < self.run.position <= len(self.plan.steps) else None


def choices_of(decision: DecisionRequest) -> tuple[Choice, ...]:
    return tuple(Choice(choice["key"], choice["title"]) for choice in decision.choices)


def matrices_of(case: DecisionCase) -> list[Matrix]:
    """The matrices that may name this decision, the nearest first."""
    return [pinned.content for pinned in ranking.documents(case.matrices, case.workflow)]


def pin(decision: DecisionRequest, *, at: datetime) -> DecisionCase:
    """A case under the rules that steer its incident, else under those in force now; nothing is saved.

    Raises NothingInForce.
    """
    workflow = people.workflow_facts(decision.workflow)
    steered = EscalationRun.objects.filter(incident=decision.incident_id).first() if decision.incident_id else None
    run = EscalationRun(decision=decision, started_at=at, generation_at=at)
    run.severity, run.criticality = decision.severity, decision.criticality
    if steered is not None:
        run.policy_id, run.policy_digest, run.matrices = steered.policy_id, steered.policy_digest, steered.matrices
        return _opened([(decision, run)])[0]
    force = documents.in_force("escalation", "matrix")
    policy, matrices = force.policy_for(workflow), force.matrices_for(workflow)
    assert policy.version is not None
    run.policy_id, run.policy_digest, run.matrices = policy.version, policy.digest, documents.pins(matrices)
    return DecisionCase(run=run, policy=policy, matrices=matrices, workflow=workflow, decision=decision)


def _opened(pairs: Sequence[tuple[DecisionRequest, EscalationRun]]) -> list[DecisionCase]:
    policies = documents.pinned({(run.policy_id, run.policy_digest) for _, run in pairs})
    matrices = documents.pinned_matrices([run.matrices for _, run in pairs])
    return [
        DecisionCase(
            run=run,
            policy=policies[run.policy_id],
            matrices=own,
            workflow=people.workflow_facts(decision.workflow),
            decision=decision,
        )
        for (decision, run), own in zip(pairs, matrices, strict=True)
    ]


def open_one(decision: DecisionRequest) -> DecisionCase:
    """The case of `decision` under its pinned rules; locks nothing."""
    run = EscalationRun.objects.get(decision=decision)
    return _opened([(decision, run)])[0]


NEEDED = ("workflow__team", "lead", "incident__workflow", "incident__team", "requester", "source", "board")


def lock(decision: DecisionRequest) -> DecisionCase:
    """Lock and re-read the incident of `decision`, then the decision, then its run."""
    if decision.incident_id is not None:
        list(Incident.objects.select_for_update(no_key=True).filter(pk=decision.incident_id).values_list("pk"))
    rows = DecisionRequest.objects.select_related(*NEEDED).select_for_update(no_key=True, of=("self",))
    found = rows.get(pk=decision.pk)
    run = EscalationRun.objects.select_for_update(no_key=True).get(decision=found)
    return _opened([(found, run)])[0]


def lock_free(runs: Iterable[UUID]) -> dict[UUID, DecisionCase]:
    """Those runs of decisions of which nobody else holds incident, decision or run, locked, by run id."""
    wanted = EscalationRun.objects.filter(pk__in=set(runs), decision__isnull=False)
    pairs = {run: (decision, incident) for run, decision, incident in wanted.values_list(*ABOUT)}
    incidents = {incident for _, incident in pairs.values() if incident is not None}
    free = Incident.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=incidents)
    held = set(free.values_list("pk", flat=True))
    mine = {run: decision for run, (decision, incident) in pairs.items() if incident is None or incident in held}
    rows = DecisionRequest.objects.select_related(*NEEDED)
    rows = rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk__in=mine.values())
    decisions = {row.pk: row for row in rows}
    locked = EscalationRun.objects.select_for_update(no_key=True, skip_locked=True).filter(decision__in=decisions)
    found = [(decisions[run.decision_id], run) for run in locked if run.decision_id]
    return {case.run.pk: case for case in _opened(found)}


ABOUT = ("pk", "decision_id", "decision__incident_id")
