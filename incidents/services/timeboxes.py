"""Triage within 15 minutes, a decision within 60 (D24): what happens when the time is over.

At zero the timeline says so, the lead and those who were told hear it, and the next level is told. The pinned policy's
trigger for a missed timebox tells its own people besides (D17, D18).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.rules import escalation as rules
from incidents.models import EscalationEvent, EscalationRun, Incident
from incidents.models.escalation import RunState
from incidents.services import cases, escalation_steps, messages, participants, timeline, triggered
from portal import audit, outbox, timers
from portal.models import Timer, User
from portal.models.timers import TimerState

TRIAGE, DECISION = "triage.timebox", "decision.timebox"
DONE = {TRIAGE: "triaged_at", DECISION: "decided_at"}


@dataclass(frozen=True)
class Late:
    """The timebox `which` (triage or decision) of `case` was over after `minutes`."""

    case: cases.Case
    which: str
    minutes: int


def arm(
    case: cases.Case, *, at: datetime, since: datetime | None = None, kinds: Sequence[str] = (TRIAGE, DECISION)
) -> None:
    """Promise the timeboxes of `kinds` that have not ended: minutes of the policy at the present severity, counted
    from `since` (None: now) but never over before now; earlier promises are superseded."""
    timers.schedule_many(promises(case, at=at, since=since, kinds=kinds), at)


def promises(
    case: cases.Case, *, at: datetime, since: datetime | None = None, kinds: Sequence[str] = (TRIAGE, DECISION)
) -> list[timers.Spec]:
    """The same as timers that are not written yet."""
    boxes = rules.timeboxes(case.policy, case.run.severity)
    minutes = {TRIAGE: boxes.triage_minutes, DECISION: boxes.decision_minutes}
    return [
        timers.Spec(
            kind=kind,
            subject=case.incident,
            due_at=max(at, (since or at) + timedelta(minutes=minutes[kind])),
            data={"minutes": minutes[kind]},
        )
        for kind in kinds
        if getattr(case.incident, DONE[kind]) is None
    ]


def rearm(case: cases.Case, *, at: datetime) -> None:
    """New rules or a new severity: timeboxes that still run get the new minutes, still counted from the report."""
    incident = case.incident
    running = Timer.objects.filter(subject_id=incident.pk, kind__in=list(DONE), state=TimerState.ARMED)
    arm(case, at=at, since=incident.reported_at, kinds=list(running.values_list("kind", flat=True)))


def end(incident: Incident, *, at: datetime, reason: str, kinds: Sequence[str] = (TRIAGE, DECISION)) -> None:
    """The timeboxes `kinds` are kept or not needed any more."""
    timers.cancel(subject=incident, at=at, reason=reason, kinds=kinds)


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of both timeboxes."""
    held = cases.lock_free({timer.subject_id for timer in rows})
    left = {timer.pk for timer in rows if timer.subject_id not in held}
    open_now = []
    for timer in rows:
        incident, run = held.get(timer.subject_id, (None, None))
        if incident and run and incident.is_open and getattr(incident, DONE[timer.kind]) is None:
            open_now.append((timer, incident, run))
    if not open_now:
        return left
    opened = cases.open_many([(incident, run) for _, incident, run in open_now])
    told = _told([run for _, _, run in open_now])
    missed = [(case, timer.kind.split(".")[0]) for (timer, _, _), case in zip(open_now, opened, strict=True)]
    besides = triggered.besides(missed, at=at)
    late: list[Late] = []
    lines, notes, records = [], [], []
    for (timer, incident, run), case in zip(open_now, opened, strict=True):
        which = timer.kind.split(".")[0]
        minutes = timer.data.get("minutes", 0)
        named = besides[run.pk]
        more = {"which": which, "minutes": minutes}
        lines.append(timeline.Line(incident.pk, "timebox", data=more | named.data))
        lines += named.lines
        records.append(("incident.timebox_passed", incident._meta.label_lower, incident.pk, {"which": which}))
        people = {row.user.pk: row.user for row in told.get(run.pk, ()) if row.user is not None}
        if incident.lead is not None:
            people[incident.lead.pk] = incident.lead
        people |= {user.pk: user for user in named.people}
        key = f"incident:{incident.pk}:{which}:{timer.pk}"
        notes.append(messages.note("incident.timebox", incident, people.values(), key, **more))
        notes += named.gaps
        last = max((row.at for row in told.get(run.pk, ())), default=None)
        if case.next_step is not None and rules.hurries(last, at):
            late.append(Late(case, which, minutes))
    timeline.add_many(lines, at=at)
    participants.add_many([(note.subject.pk, user.pk, "told") for note in notes for user in note.to], at=at)
    outbox.enqueue_many(notes, at)
    action = audit.current()
    if action is not None:
        action.record_many(records)
    _next_level(late, at=at)
    return left


def _told(runs: Sequence[EscalationRun]) -> dict[object, list[EscalationEvent]]:
    """Who was told when, in the present generation of each run; one query."""
    rows = EscalationEvent.objects.filter(run__in=runs, outcome=EscalationEvent.Outcome.TOLD).select_related("user")
    generations = {run.pk: run.generation for run in runs}
    found: dict[object, list[EscalationEvent]] = {}
    for row in rows:
        if row.generation == generations[row.run_id]:
            found.setdefault(row.run_id, []).append(row)
    return found


def _next_level(late: Sequence[Late], *, at: datetime) -> None:
    """Tell the next level of each case; an answered run stays answered, promises nothing more, and who is told
    reads that somebody has it but got no further."""
    moves, said = [], {}
    names = User.objects.in_bulk({item.case.run.acknowledged_by_id for item in late} - {None})
    for item in late:
        run, following = item.case.run, item.case.next_step
        if following is None or run.pk in said or run.state not in (RunState.RUNNING, RunState.ACKNOWLEDGED):
            continue
        answered = run.state == RunState.ACKNOWLEDGED
        if not answered:
            timers.supersede(subject=run, at=at, reason="the timebox is over", kinds=[escalation_steps.STEP])
        by = names.get(run.acknowledged_by_id) if answered else None
        words = {"overdue": item.which, "minutes": item.minutes, "answered_by": str(by or "")}
        said[run.pk] = words if answered else {}
        moves.append(escalation_steps.Move(case=item.case, steps=(following,), kind="follow_up", is_armed=not answered))
    if not moves:
        return
    batch = escalation_steps.Batch(moves, at)
    for move in moves:
        batch.walk(move)
    for telling in batch.tellings:
        words = said[telling.case.run.pk]
        if words and telling.event == "incident.level":  # nothing to take with one click: it is taken
            kept = {name: fact for name, fact in telling.more.items() if name not in (outbox.ACTIONS, "answer_by_at")}
            telling.more = kept | words
    batch.write()
