"""What must always hold in the tables of incidents; ``manage.py clock --audit`` and the fault tests ask.

Each check returns sentences, one for each violation (at most a hundred are told).
"""

from django.db.models import Exists, F, OuterRef, Q

from governance.reads import documents
from governance.rules import deciding
from governance.rules.incident_roles import COMMANDER
from incidents.models import (
    Beat,
    DecisionRecord,
    DecisionRequest,
    DecisionState,
    EscalationEvent,
    EscalationRun,
    Incident,
    Participant,
    RoleAssignment,
)
from incidents.models.decisions import ASKS
from incidents.models.escalation import RunState
from portal import operators, registry
from portal.models import Message, Timer, User
from portal.models.timers import TimerState

TOLD = 100
LADDER = ("level", "repeat", "fallback", "news")
ELSEWHERE = ("incident.meeting", "incident.update")  # lead to the status page whoever may not open the incident
RUN, INCIDENT = "incidents.escalationrun", "incidents.incident"


def register() -> None:
    registry.invariants.add("I4", a_fired_step_has_its_messages)
    registry.invariants.add("I6", nothing_fires_after_an_answer)
    registry.invariants.add("I8", a_run_keeps_its_cap)
    registry.invariants.add("I13", nobody_is_called_without_cause)
    registry.invariants.add("I17 incidents", gaps_are_told)
    registry.invariants.add("I18", whoever_was_told_can_look)
    registry.invariants.add("I6 timers", ended_runs_promise_nothing)
    registry.invariants.add("I3 beats", somebody_waits_for_a_beat)
    registry.invariants.add("decisions", decisions_are_made_by_people)
    registry.invariants.add("decisions in time", decisions_keep_their_clock)
    registry.invariants.add("roles", one_person_commands)
    registry.invariants.add("roles in time", nobody_shares_a_role)


def a_fired_step_has_its_messages() -> list[str]:
    """I4: each person told by a step has a message; everybody else has the recorded reason."""
    sent = Message.objects.filter(key=OuterRef("message_key"))
    told = EscalationEvent.objects.filter(outcome=EscalationEvent.Outcome.TOLD, user__is_active=True)
    missing = told.filter(~Exists(sent))
    silent = EscalationEvent.objects.exclude(outcome=EscalationEvent.Outcome.TOLD).filter(decided_by="")
    return [f"I4: event {row.pk} of run {row.run_id} has no message." for row in missing[:TOLD]] + [
        f"I4: event {row.pk} of run {row.run_id} says nobody was told, but not why." for row in silent[:TOLD]
    ]


def nothing_fires_after_an_answer() -> list[str]:
    """I6: no step of the ladder after the answer, none at all after the end."""
    steps = EscalationEvent.objects.filter(generation=F("run__generation"), kind__in=LADDER)
    answered = steps.filter(run__state=RunState.ACKNOWLEDGED, at__gt=F("run__acknowledged_at"))
    ended = EscalationEvent.objects.filter(run__state=RunState.STOPPED, at__gt=F("run__stopped_at"))
    found = [(row, "answered") for row in answered[:TOLD]] + [(row, "stopped") for row in ended[:TOLD]]
    return [f"I6: run {row.run_id} took a step after it was {how}: {row.kind}, {row.at}." for row, how in found]


def ended_runs_promise_nothing() -> list[str]:
    """A stopped run has no armed timer; an answered one only the promise to look again."""
    armed = Timer.objects.filter(state=TimerState.ARMED, subject_type=RUN, subject_id=OuterRef("pk"))
    loud = armed.filter(kind__in=["escalation.step", "escalation.news"])
    runs = EscalationRun.objects
    return [
        f"Run {row.pk} is stopped, but a timer is armed." for row in runs.filter(Exists(armed), state="stopped")[:TOLD]
    ] + [
        f"Run {row.pk} is answered, but its ladder is armed."
        for row in runs.filter(Exists(loud), state="acknowledged")[:TOLD]
    ]


def somebody_waits_for_a_beat() -> list[str]:
    """P4: a beat that is alive has an armed timer not later than it is missing; one that is paused has none."""
    armed = Timer.objects.filter(state=TimerState.ARMED, kind="beat.missing", subject_id=OuterRef("pk"))
    up = Beat.objects.filter(is_active=True, state=Beat.State.UP)
    forgotten = up.filter(~Exists(armed.filter(due_at__lte=OuterRef("due_at"))))
    idle = Beat.objects.filter(Exists(armed), is_active=False)
    return [f"I3: nobody waits for beat {row.key}." for row in forgotten[:TOLD]] + [
        f"I3: beat {row.key} is paused, but a timer is armed." for row in idle[:TOLD]
    ]


def a_run_keeps_its_cap() -> list[str]:
    """I8, against the cap of the pinned policy."""
    runs = EscalationRun.objects.filter(steps__gt=1)
    pins = set(runs.values_list("policy_id", "policy_digest"))
    caps = {pk: item.content.cap for pk, item in documents.pinned(pins).items()}
    over = [
        pk
        for policy, cap in caps.items()
        for pk in runs.filter(policy_id=policy, steps__gt=cap).values_list("pk", flat=True)[:TOLD]
    ]
    return [f"I8: run {pk} took more steps than its policy allows." for pk in over[:TOLD]]


def nobody_is_called_without_cause() -> list[str]:
    """I13: every call of a level has the event that caused it, of the same person."""
    cause = EscalationEvent.objects.filter(message_key=OuterRef("key"), user=OuterRef("recipient"))
    calls = Message.objects.filter(event="incident.level", channel="inbox").filter(~Exists(cause))
    near = Message.objects.filter(event="incident.level", subject_type=INCIDENT).filter(
        subject_id__in=Incident.objects.filter(kind="near_miss").values("pk")
    )
    return [f"I13: message {row.pk} calls somebody without a step." for row in calls[:TOLD]] + [
        f"I13: message {row.pk} calls somebody about a near miss." for row in near[:TOLD]
    ]


def decisions_are_made_by_people() -> list[str]:
    """Whatever was decided has a record of a person, and one of the choices that their level may take (D21, D76)."""
    decided = DecisionRecord.objects.filter(outcome=DecisionState.DECIDED)
    runs = EscalationRun.objects.filter(decision__in=decided.values("request"))
    pins = set(runs.values_list("policy_id", "policy_digest"))
    policies = {pk: item.content for pk, item in documents.pinned(pins).items()}
    unmade = DecisionRequest.objects.filter(state=DecisionState.DECIDED).exclude(pk__in=decided.values("request"))
    found = [f"Decision {row.reference} is decided, but no record says by whom." for row in unmade[:TOLD]]
    for row in decided.select_related("request__run").iterator(chunk_size=500):
        choices = [deciding.Choice(choice["key"], choice["title"]) for choice in row.request.choices]
        level = policies[row.request.run.policy_id].level_by_key.get(row.level)
        if row.choice not in {choice.key for choice in choices}:
            found.append(f"Decision {row.request.reference} was decided as none of its choices.")
        elif row.choice not in {choice.key for choice in deciding.permitted(level, choices)}:
            found.append(f"Decision {row.request.reference} was decided by a level that may not choose this.")
    return found[:TOLD]


def decisions_keep_their_clock() -> list[str]:
    """What is asked has one promise of the clock: its level's end, that of who settles it, or of who owes data."""
    armed = Timer.objects.filter(state=TimerState.ARMED)
    steps = armed.filter(kind="decision.step", subject_id=OuterRef("run__pk"))
    owed, tie = (armed.filter(kind=kind, subject_id=OuterRef("pk")) for kind in ("decision.owed", "decision.tie"))
    waits = Exists(steps), Exists(owed), Exists(tie)
    rows = DecisionRequest.objects.annotate(steps=waits[0], owed=waits[1], tie=waits[2])
    right = (
        Q(state=DecisionState.OPEN, steps=True, owed=False, tie=False)
        | Q(state=DecisionState.WAITING, steps=False, owed=True, tie=False)
        | Q(state=DecisionState.CONTESTED, steps=False, owed=False, tie=True)
        | ~Q(state__in=ASKS) & Q(steps=False, owed=False, tie=False)
    )
    return [f"Decision {row.reference} is {row.state}, and its timers are not." for row in rows.exclude(right)[:TOLD]]


def gaps_are_told() -> list[str]:
    """I17: where a step resolved nobody, the operators were told."""
    if not operators.people():
        return []
    gaps = EscalationEvent.objects.filter(outcome=EscalationEvent.Outcome.NOBODY)
    told = Message.objects.filter(event="incident.gap", subject_id=OuterRef("run__incident_id"))
    asked = Message.objects.filter(event="decision.gap", subject_id=OuterRef("run__decision_id"))
    silent = gaps.filter(~Exists(told), ~Exists(asked))
    return [f"I17: run {row.run_id} met a gap and no operator was told." for row in silent[:TOLD]]


def whoever_was_told_can_look() -> list[str]:
    """I18: every active recipient of a message about an incident may open it."""
    part = Participant.objects.filter(incident_id=OuterRef("subject_id"), user_id=OuterRef("recipient_id"))
    about = Message.objects.filter(subject_type=INCIDENT, recipient__is_active=True, channel="inbox")
    strangers = about.filter(~Exists(part)).exclude(Q(event__startswith="operator.") | Q(event__in=ELSEWHERE))
    found = []
    for user, incident in strangers.values_list("recipient_id", "subject_id").distinct().order_by()[:TOLD]:
        person = User.objects.get(pk=user)
        if not Incident.objects.filter(pk=incident).visible_to(person).exists():
            found.append(f"I18: person {user} was told about incident {incident} but cannot open it.")
    return found


def one_person_commands() -> list[str]:
    """Whoever leads an open incident commands it, from the first answer on; nobody does once it is over (D5)."""
    here = RoleAssignment.objects.filter(incident=OuterRef("pk"), ended_at=None)
    commands = here.filter(role=COMMANDER, user=OuterRef("lead"))
    open_now = Incident.objects.open()
    alone = open_now.filter(~Exists(commands), lead__isnull=False)
    beside = open_now.filter(Exists(here.filter(role=COMMANDER)), ~Exists(commands))
    headless = open_now.filter(lead=None, run__state=RunState.ACKNOWLEDGED)
    over = Incident.objects.exclude(pk__in=open_now.values("pk")).filter(Exists(here))
    return (
        [f"Incident {row.reference} has a lead who does not command it." for row in alone[:TOLD]]
        + [f"Somebody commands incident {row.reference} who does not lead it." for row in beside[:TOLD]]
        + [f"Incident {row.reference} was answered, but nobody commands it." for row in headless[:TOLD]]
        + [f"Incident {row.reference} is over, but somebody holds a role in it." for row in over[:TOLD]]
    )


def nobody_shares_a_role() -> list[str]:
    """At any moment at most one person holds a role: nobody came to one before the one before them had left."""
    mine = RoleAssignment.objects.filter(incident=OuterRef("incident"), role=OuterRef("role"))
    before = mine.exclude(pk=OuterRef("pk")).filter(assumed_at__lt=OuterRef("assumed_at"))
    shared = before.filter(Q(ended_at=None) | Q(ended_at__gt=OuterRef("assumed_at")))
    rows = RoleAssignment.objects.filter(Exists(shared))
    return [f"Two people held the role {row.role} of incident {row.incident_id} at once." for row in rows[:TOLD]]
