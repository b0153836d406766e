"""What the clock asks later: does the person who answered get anywhere, is a snooze over, does anybody speak?

Escalates again after an answer without progress and after silence; unanswered runs start over (DESIGN section 6).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max

from governance.rules import escalation as rules
from incidents.models import TimelineEntry
from incidents.models.escalation import RunState
from incidents.services import cases, escalation, escalation_steps, timeline
from portal import audit, timers
from portal.models import Timer

NO_PROGRESS = (
    *("acknowledged", "reported", "joined", "event", "snoozed"),
    *("role_assumed", "role_asked", "role_confirmed"),
)
UNANSWERED = (RunState.EXHAUSTED, RunState.NOBODY_REACHED)


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``escalation.follow_up``: look whether somebody got anywhere, else escalate again."""
    mine, left = escalation_steps.claim(rows)
    last = progress([case for _, case in mine])
    for _timer, case in mine:
        run = case.run
        if run.state in UNANSWERED:
            again(case, "unanswered", at=at)
        elif run.state == RunState.ACKNOWLEDGED and run.acknowledged_at is not None:
            times = rules.follow_up(case.policy)
            heard = last.get(case.incident.pk)
            if heard is None or heard <= run.acknowledged_at:
                again(case, "no_progress", at=at)
            elif heard + timedelta(minutes=times.silence_minutes) <= at:
                again(case, "silence", at=at)
            else:
                due = heard + timedelta(minutes=times.silence_minutes)
                timers.schedule_many([escalation_steps.follow_up_timer(run, due)], at)
    return left


def progress(opened: Sequence[cases.Case]) -> dict[UUID, datetime]:
    """When a person last moved each incident forward; answering and joining are not progress. One query."""
    entries = TimelineEntry.objects.filter(incident__in=[case.incident.pk for case in opened], by__isnull=False)
    entries = entries.exclude(verb__in=NO_PROGRESS)
    return dict(entries.values_list("incident_id").annotate(Max("at")).order_by())


def again(case: cases.Case, because: str, *, at: datetime) -> None:
    """A new generation calls the next level; after the last one it starts over, up to the cap (I8)."""
    run, action = case.run, audit.current()
    name = str(run.acknowledged_by) if run.acknowledged_by else ""
    timeline.add(case.incident, verb="re_escalated", by=None, at=at, data={"because": because, "name": name})
    if action is not None:
        action.record(verb="incident.re_escalated", target=case.incident, data={"because": because})
    escalation.resume(case, at=at, reason=because)


def fire_resume(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``escalation.resume``: the snooze is over."""
    mine, left = escalation_steps.claim(rows)
    moves = []
    for _timer, case in mine:
        run, following = case.run, case.next_step
        if run.state != RunState.PAUSED:
            continue
        answered = run.acknowledged_by_id is not None
        run.state, run.paused_until = RunState.ACKNOWLEDGED if answered else RunState.RUNNING, None
        run.save(update_fields=["state", "paused_until"])
        timeline.add(case.incident, verb="resumed", by=None, at=at)
        action = audit.current()
        if action is not None:
            action.record(verb="incident.resumed", target=case.incident)
        if answered:
            escalation.follow_up(case, at=at)
        elif following is None:
            again(case, "unanswered", at=at)
        else:
            moves.append(escalation_steps.Move(case=case, steps=(following,)))
    escalation_steps.take(moves, at=at)
    return left
