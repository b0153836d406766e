"""The triggers of the escalation policy at work: what an event, a missing beat or a missed timebox sets off (D17, D18).

An event without an open incident is judged by the policy in force, which the incident is then pinned to; an event that
joins an open incident is judged by the policy that its run is pinned to. A trigger starts the timebox that it names:
for a new incident both run from now on anyway; for an open one the named timebox runs anew when it was missed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from governance.documents.escalation import Trigger
from governance.models import Dependency, Workflow
from governance.reads import documents
from governance.rules import triggers as rules
from incidents.models import Event, Incident
from incidents.models.incidents import OPEN_STATES
from incidents.reads import scoring
from incidents.services import cases, overrides, re_resolution, reasons, timeboxes, timeline, triage, triggered
from incidents.services.triggered import Judged
from portal import audit, limits, locks, prepared
from portal.models import Timer
from portal.models.timers import TimerState
from portal.prepared import Given

KINDS = ("matrix", "escalation", "rubric", "communication")  # what filing reads too
KINDS_OF_TIMEBOX = {"triage": timeboxes.TRIAGE, "decision": timeboxes.DECISION}
MOST_UPSTREAM = 5

_upstream = prepared.Question(
    lambda: (
        Incident.objects.filter(
            state__in=OPEN_STATES,
            kind=Incident.Kind.INCIDENT,
            workflow__feeds__downstream=Given("downstream", Dependency, "downstream"),
        )
        .order_by("reported_at", "id")
        .values_list("workflow__name", "reference")[:MOST_UPSTREAM]
    )
)


# Judging


def of_event(event: Event, workflow: Workflow | None) -> Judged | None:
    """Judge `event`, which found nothing open, by the policy in force; None when nothing is in force."""
    try:
        force = documents.in_force(*KINDS)
        policy = force.policy_for(workflow)
    except documents.NothingInForce:
        return None  # filing says so
    happening = _happening(event, workflow.criticality if workflow else None)
    written = policy.content.triggers
    held = overrides.held(workflow, at=event.received_at, triggers=written)
    judged = replace(_decided(written, happening, event, force), held=held)
    if not held.triggers:
        return judged
    otherwise = replace(_decided(overrides.changed(written, held.triggers), happening, event, force), held=held)
    keys = otherwise.judgement.key, judged.judgement.key
    return replace(otherwise, override=next((held.triggers[key] for key in keys if key in held.triggers), None))


def of_joining(event: Event, incident: Incident) -> Judged | None:
    """Judge `event`, which joins the open `incident`, by the policy that steers it; None when nothing follows."""
    run = getattr(incident, "run", None)
    if run is None:
        return None
    policy = documents.pinned([(run.policy_id, run.policy_digest)])[run.policy_id]
    if not rules.may_raise(policy.content.triggers, incident.severity):
        return None
    criticality = None if run.criticality == cases.UNKNOWN else run.criticality
    judged = _decided(policy.content.triggers, _happening(event, criticality), event, None)
    if judged.trigger is None or judged.counts or not judged.judgement.opens:
        return None
    event.trigger = judged.trigger.key
    is_worse = rules.worse(judged.trigger.severity, incident.severity)
    return judged if is_worse or judged.trigger.key != incident.trigger else None


def of_beat(workflow: Workflow, *, title: str, facts: dict[str, Any], at: datetime) -> Judged | None:
    """Judge a missing beat of `workflow`; None when nothing is in force."""
    try:
        force = documents.in_force(*KINDS)
        policy = force.policy_for(workflow)
    except documents.NothingInForce:
        return None
    happening = rules.Happening(at, kind="heartbeat", title=title, criticality=workflow.criticality, facts=facts)
    return Judged(happening, rules.deciding(policy.content.triggers, happening), force)


def _decided(
    triggers: Sequence[Trigger], happening: rules.Happening, event: Event, force: documents.InForce | None
) -> Judged:
    if event.workflow_id and rules.asks_upstream(triggers, happening):
        found = _upstream(downstream=event.workflow_id)
        happening = replace(happening, upstream=tuple(rules.Upstream(name, reference) for name, reference in found))
    return Judged(happening, rules.deciding(triggers, happening), force)


def _happening(event: Event, criticality: str | None) -> rules.Happening:
    body = event.body if isinstance(event.body, dict) else {"body": event.body}
    inner = body.get("details")
    details = {name: value for name, value in body.items() if name not in event.facts and name != "details"}
    facts = {**body, **event.facts, "source": event.source.name, "format": event.source.format}
    facts["details"] = details | (inner if isinstance(inner, dict) else {})
    return rules.Happening(
        event.received_at,
        format=event.source.format,
        title=event.facts.get("title", ""),
        step=_step(event, facts),
        hint=event.facts.get("severity"),
        criticality=criticality,
        facts=facts,
    )


def _step(event: Event, facts: dict[str, Any]) -> str:
    """The step that failed: the first component where a workflow platform speaks, else what is called so."""
    components = event.facts.get("components") or []
    if event.source.format in rules.PLATFORMS and components:
        return str(components[0])
    found = (facts["details"].get(name) for name in ("step", "node", "connector"))
    return next((name for name in found if isinstance(name, str) and name), "")


# Counting


def may_hold_back(judged: Judged | None) -> bool:
    """Whether the event may stay without an incident: its number is no problem, or the others have to be counted."""
    return judged is not None and (judged.counts or not judged.judgement.opens)


def counted(event: Event, judged: Judged) -> Judged:
    """`judged` with the events of the group that were held back so far, inside the transaction that stores `event`.

    NOTE: whoever counts waits for the others of the same group, or two events at once would each miss the other.
    """
    assert judged.trigger is not None
    locks.hold([f"{event.source_id}:{event.group_key}"])
    since = event.received_at - timedelta(minutes=judged.trigger.minutes)
    times = _held_back(event).filter(received_at__gt=since).order_by("-received_at")
    earlier = tuple(times.values_list("received_at", flat=True)[: judged.trigger.count])
    at = max((judged.happening.at, *earlier))  # a faster one may bear a later time
    return replace(judged, happening=replace(judged.happening, at=at, earlier=earlier))


def _held_back(event: Event) -> Any:
    """The events of the group of `event` that were counted and belong to no incident."""
    same = Event.objects.filter(source=event.source_id, group_key=event.group_key, incident=None)
    return same.filter(outcome=Event.Outcome.COUNTED)


def hold_back(event: Event, judged: Judged) -> None:
    """`event` is stored and opens nothing: say why."""
    event.trigger, event.outcome = judged.judgement.key, Event.Outcome.COUNTED
    event.group_reason = reasons.HELD_BACK % {"why": judged.judgement.sentence}
    event.group_reason = event.group_reason[: limits.REASON_LENGTH]


def take_in(event: Event, judged: Judged) -> None:
    """The incident of `event`, just opened, takes in the events that were counted up to it."""
    if judged.happening.earlier and event.incident is not None:
        words = reasons.COUNTED % {
            "ref": event.incident.reference,
            "why": judged.judgement.sentence,
        }
        _held_back(event).filter(received_at__gte=min(judged.happening.earlier)).update(
            incident=event.incident, outcome=Event.Outcome.JOINED, group_reason=words[: limits.REASON_LENGTH]
        )


# What follows


def opened(incident: Incident, judged: Judged | None, *, raised: str, at: datetime) -> None:
    """Tell the targets of the trigger that opened `incident`, whose run and first step are written.

    `raised` is the severity before, where the trigger raised it. A trigger without targets is in the timeline already.
    """
    if judged is None or not judged.judgement.targets or judged.force is None:
        return
    workflow = cases.workflow_facts(incident)
    policy, matrices = judged.force.policy_for(workflow), judged.force.matrices_for(workflow)
    told = triggered.tell_targets(incident, judged, policy, matrices, workflow, at=at, is_new=True)
    said = triggered.line(incident, judged, raised=raised, people=[str(user) for user in told])
    timeline.add_many([said], at=at)


def matched_again(incident: Incident, judged: Judged, *, at: datetime) -> None:
    """A trigger fits the open `incident`: raise it, and the first time tell, capture and start the timebox.

    Call before the event is stored. A severity that a person has confirmed stays.
    """
    judgement = judged.judgement
    incident, run = cases.lock(incident)
    if run is None or not incident.is_open:
        return
    before = incident.severity
    is_first = judgement.key != incident.trigger and not incident.events.filter(trigger=judgement.key).exists()
    rises = rules.worse(judgement.severity, before) and incident.triaged_at is None
    if not is_first and not rises:
        return
    if rises and judgement.severity is not None:
        rubric, verdict = scoring.score_of(incident)
        held = overrides.held(incident.workflow, at=at)
        triage.judge(incident, rubric, verdict, judgement.severity, held.path)
        reason = str(judgement.sentence)
        triage.keep(incident, rubric, verdict, by=None, at=at, severity=judgement.severity, reason=reason)
        incident.save(update_fields=list(triage.JUDGED))
    case = cases.open_one(incident, run)
    told = (
        triggered.tell_targets(incident, judged, case.policy, case.matrices, case.workflow, at=at) if is_first else []
    )
    said = triggered.line(incident, judged, raised=before if rises else "", people=[str(user) for user in told])
    timeline.add_many([said], at=at)
    action = audit.current()
    if action is not None:
        facts = {"trigger": judgement.key, "before": before, "after": incident.severity}
        action.record(verb="incident.triggered", target=incident, data=facts)
    if rises:
        because = "a trigger raised the severity"
        re_resolution.reresolve(incident=incident, run=run, before=before, because=because, repin=False, at=at)
    _start(case, judgement.timebox, at=at)


def _start(case: cases.Case, which: str, *, at: datetime) -> None:
    """The timebox `which` runs from now on, where it neither runs nor was kept: then it was missed."""
    kind = KINDS_OF_TIMEBOX[which]
    armed = Timer.objects.filter(subject_id=case.incident.pk, kind=kind, state=TimerState.ARMED)
    if not armed.exists():
        timeboxes.arm(case, at=at, kinds=[kind])
