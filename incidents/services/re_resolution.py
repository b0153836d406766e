"""Severity or workflow changed: people and windows are resolved anew in the same transaction (DESIGN section 6).

Newly responsible people are told at once for every level that was reached, nobody twice for a level; an answered
run stays so unless the severity rises; old timers are superseded with the reason.
"""

from datetime import datetime, timedelta

from governance.rules import escalation as rules
from incidents.models import EscalationEvent, EscalationRun, Incident
from incidents.models.escalation import RunState
from incidents.services import cases, escalation, escalation_steps, meetings, timeboxes, timeline, update_timers
from portal import audit, timers


def reresolve(*, incident: Incident, run: EscalationRun, before: str, because: str, repin: bool, at: datetime) -> None:
    """Resolve anew after `incident` changed and was saved; `before` is the severity until now.

    `repin` takes the rules that are in force for a new workflow; a new severity keeps the pinned ones. The
    caller holds incident and run.
    """
    if run.state == RunState.STOPPED:
        return
    taken, was = _taken(run), run.state
    kept = (run.acknowledged_by, run.acknowledged_at, run.paused_until)
    stays = was in (RunState.ACKNOWLEDGED, RunState.PAUSED) and not incident.severity < before
    timers.supersede(subject=run, at=at, reason=because)
    if repin:
        case = cases.pin(incident, at=at, run=run)
    else:
        run.severity, run.path = incident.severity, incident.path
        case = cases.open_one(incident, run)
    cases.next_generation(run, at=at, state=was if stays else RunState.RUNNING)
    if stays:
        run.acknowledged_by, run.acknowledged_at, run.paused_until = kept
    run.save()
    timeline.add(incident, verb="re_resolved", by=None, at=at, data={"because": because})
    action = audit.current()
    if action is not None:
        action.record(verb="escalation.re_resolved", target=run, data={"because": because, "was": was})
    steps = reached(case.plan, taken, falls=incident.severity > before)
    move = escalation_steps.Move(case=case, steps=steps, kind="manual" if stays else "", is_armed=not stays)
    escalation_steps.take([move], at=at)
    _times(case, at=at)


def _taken(run: EscalationRun) -> set[tuple[str, int]]:
    """(level key, round) of every step that was ever taken, whether it reached anybody or not."""
    events = EscalationEvent.objects.filter(run=run).exclude(level_key="news")
    return set(events.values_list("level_key", "round"))


def reached(plan: rules.Plan, taken: set[tuple[str, int]], *, falls: bool) -> tuple[rules.Step, ...]:
    """The steps of the new plan that count as reached, the first one at least.

    Up to the furthest that was taken before; when the severity falls only as long as each was, so that nobody is
    called who would have had time. Of a level that was repeated only the last round: it is told once.
    """
    ladder = [step for step in plan.steps if step.kind != "fallback"] or list(plan.steps)
    was = [(step.level, step.round) in taken for step in ladder]
    if falls:
        count = was.index(False) if False in was else len(was)
    else:
        count = len(was) - was[::-1].index(True) if True in was else 0
    steps = ladder[: max(count, 1)]
    last = {step.level: step for step in steps}
    return tuple(step for step in steps if last[step.level] is step)


def _times(case: cases.Case, *, at: datetime) -> None:
    """What the new generation promises besides the next step; timeboxes that still run, at the new severity."""
    run, news = case.run, rules.next_news(case.plan, None)
    if run.state == RunState.ACKNOWLEDGED:
        escalation.follow_up(case, at=at)
    elif run.state == RunState.PAUSED and run.paused_until is not None:
        data = {"generation": run.generation}
        timers.schedule(kind=escalation.RESUME, subject=run, due_at=max(run.paused_until, at), at=at, data=data)
    elif news is not None:
        due = at + timedelta(minutes=news.after_minutes)
        timers.schedule_many([escalation_steps.news_timer(run, news, due)], at)
    if case.incident.is_open:
        timeboxes.rearm(case, at=at)
        meetings.rearm(case.incident, at=at)
        update_timers.rearm(case.incident, at=at)
