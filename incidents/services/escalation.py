"""What people do to the escalation of an incident: answer, give back, hurry, hand over, snooze (P5).

Each move locks the incident, then the run, judges the state under the lock and writes timers, timeline,
audit and messages in the same transaction. The engine that tells people lives in ``escalation_steps``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from governance.reads import documents
from governance.rules import escalation as rules
from incidents import access
from incidents.models import EscalationRun, Incident, Participant, RoleAssignment
from incidents.models.escalation import ANSWERABLE, RunState
from incidents.models.incidents import IncidentState
from incidents.services import cases, escalation_steps, messages, participants, roles, step_owners, timeboxes, timeline
from portal import audit, timers
from portal.errors import DomainError
from portal.models import User

RESUME = "escalation.resume"
LONGEST_SNOOZE = timedelta(days=7)


class NotAnswerable(DomainError):
    """Somebody was faster, or the escalation has ended."""

    def __init__(self, run: EscalationRun) -> None:
        if run.state == RunState.ACKNOWLEDGED:
            text = _("%(name)s has already answered. Nothing was changed.") % {"name": run.acknowledged_by}
        else:
            text = _("This incident does not wait for an answer any more. Nothing was changed.")
        super().__init__(text)


class CannotEscalate(DomainError):
    """The move does not fit the state of the escalation."""


def start(
    *,
    incident: Incident,
    at: datetime,
    force: documents.InForce | None = None,
    lines: Sequence[timeline.Line] = (),
    reporter: User | None = None,
    promised: Sequence[timers.Spec] = (),
) -> EscalationRun:
    """Pin the rules in `force` (None: now), tell the first level at once, arm its timer, the news and the timeboxes.

    Call inside the transaction that files `incident`; what it has to say before, `lines`, its `reporter` and what
    else is `promised`, is written with the rest, so that each table is written once. Raises NothingInForce.
    """
    case = cases.pin(incident, at=at, force=force)
    batch = escalation_steps.Batch([], at)
    batch.cases[case.run.pk] = case
    batch.lines += lines
    if reporter is not None:
        batch.participants.append((incident.pk, reporter.pk, Participant.Role.REPORTER))
    first = rules.next_step(case.plan, None)
    if first is not None:
        batch.walk(escalation_steps.Move(case=case, steps=(first,)))
    batch.specs += [*_first_news(case, at), *timeboxes.promises(case, at=at), *promised]
    batch.write()
    return case.run


def begin(case: cases.Case, *, at: datetime, is_fresh: bool = False) -> None:
    """Take the first step of the present generation and promise the news; the run is saved and locked."""
    first = rules.next_step(case.plan, None)
    if first is not None:
        escalation_steps.take([escalation_steps.Move(case=case, steps=(first,), is_fresh=is_fresh)], at=at)
    timers.schedule_many(_first_news(case, at), at)


def _first_news(case: cases.Case, at: datetime) -> list[timers.Spec]:
    """The promise of the first routine news, when the policy has any."""
    news = rules.next_news(case.plan, None)
    if news is None:
        return []
    return [escalation_steps.news_timer(case.run, news, at + timedelta(minutes=news.after_minutes))]


def acknowledge(*, run: EscalationRun, by: User, at: datetime) -> EscalationRun:
    """`by` takes the incident: nothing fires any more, `by` leads, reported becomes investigating.

    Raises NotAnswerable (somebody was faster, or it has ended) and access.Refused.
    """
    with audit.action(actor=by, reason="acknowledged", at=at) as action:
        incident, run = lock(run)
        access.require(by, "acknowledge", incident)
        if run.state not in ANSWERABLE or run.state == RunState.ACKNOWLEDGED:
            raise NotAnswerable(run)
        run.state, run.acknowledged_by, run.paused_until = RunState.ACKNOWLEDGED, by, None
        run.acknowledged_at = cases.after_its_steps(run, at)
        run.save(update_fields=["state", "acknowledged_by", "acknowledged_at", "paused_until"])
        lead(incident, by, at, answered_at=run.acknowledged_at)
        timers.cancel(subject=run, reason="acknowledged", at=at)
        messages.nobody_is_asked(incident, f"{by} has answered")
        follow_up(cases.open_one(incident, run), at=at)
        timeline.add(incident, verb="acknowledged", by=by, at=at, data={"name": str(by)}, is_public=True)
        action.record(verb="incident.acknowledged", target=incident, data={"generation": run.generation})
        key = f"run:{run.pk}:{run.generation}:acknowledged:{by.pk}"
        others = [user for user in participants.followers(incident) if user != by]
        messages.tell("incident.acknowledged", incident, others, key, at=at, name=str(by), happened_at=at)
        messages.tell_reporter(incident, "answered", f"{key}:reporter", by=by, at=at, name=str(by))
    return run


def lead(incident: Incident, user: User | None, at: datetime, *, answered_at: datetime | None = None) -> None:
    """Make `user` the lead (None: nobody) and a participant; the first answer (None: `at`) ends "reported"."""
    roles.command(incident, user, at)
    incident.lead = user
    names = ["lead"]
    if user is not None:
        participants.add(incident, user, Participant.Role.JOINED, at=at)
        if incident.state == IncidentState.REPORTED:
            incident.state = IncidentState.INVESTIGATING
            incident.acknowledged_at = incident.acknowledged_at or answered_at or at
            names += ["state", "acknowledged_at"]
    incident.save(update_fields=names)


def follow_up(case: cases.Case, *, at: datetime) -> None:
    """Promise to look again whether the person who answered gets anywhere."""
    minutes = rules.follow_up(case.policy).acknowledged_minutes
    due = at + timedelta(minutes=minutes)
    timers.schedule_many([escalation_steps.follow_up_timer(case.run, due)], at)


def unacknowledge(*, run: EscalationRun, by: User, reason: str, at: datetime) -> EscalationRun:
    """`by` gives the incident back: a new generation tells the next level at once.

    Raises CannotEscalate, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as action:
        incident, run = lock(run)
        access.require(by, "unacknowledge", incident)
        if run.state != RunState.ACKNOWLEDGED:
            raise CannotEscalate(_("Nobody has taken this incident, so it cannot be given back."))
        if incident.lead_id != by.pk and run.acknowledged_by_id != by.pk:
            name = run.acknowledged_by
            raise CannotEscalate(
                _("%(name)s has it. Only %(name)s can give it back; you can reassign it.") % {"name": name}
            )
        lead(incident, None, at)
        timeline.add(incident, verb="unacknowledged", by=by, at=at, data={"name": str(by)}, text=reason)
        action.record(verb="incident.unacknowledged", target=incident, data={"generation": run.generation})
        others = [user for user in participants.followers(incident) if user != by]
        key = f"run:{run.pk}:{run.generation}:unacknowledged"
        messages.tell("incident.unacknowledged", incident, others, key, at=at, name=str(by), reason=reason)
        step_owners.handed_over(incident, by, at=at)
        resume(cases.open_one(incident, run), at=at, reason="given back")
    return run


def resume(case: cases.Case, *, at: datetime, reason: str) -> None:
    """A new generation goes on with the next level at once; after the last it starts again from the first."""
    run = case.run
    timers.supersede(subject=run, at=at, reason=reason)
    cases.next_generation(run, at=at)
    following = case.next_step
    if following is None:
        run.position = run.level = 0
    run.save()
    if following is None:
        begin(case, at=at, is_fresh=True)
    else:
        escalation_steps.take([escalation_steps.Move(case=case, steps=(following,))], at=at)


def escalate_now(*, run: EscalationRun, by: User, reason: str, at: datetime) -> EscalationRun:
    """Tell the next level at once instead of after its window; an answered run stays answered.

    Raises CannotEscalate, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as action:
        incident, run = lock(run)
        access.require(by, "escalate", incident)
        case = cases.open_one(incident, run)
        if run.state == RunState.STOPPED:
            raise CannotEscalate(_("This incident has ended. Open it again first."))
        if case.next_step is None or case.is_capped:
            raise CannotEscalate(
                _("Everybody on the list was told already. Reassign the incident to somebody instead.")
            )
        timeline.add(incident, verb="escalated", by=by, at=at, data={"name": str(by)}, text=reason)
        action.record(verb="incident.escalated", target=incident, data={"level": case.next_step.level})
        hurry(case, at=at, reason="escalated now", kind="manual")
    return run


def hurry(case: cases.Case, *, at: datetime, reason: str, kind: str) -> None:
    """Take the next step now; where nobody has answered, the step after it is promised anew."""
    run, following = case.run, case.next_step
    if following is None:
        return
    answered = run.state == RunState.ACKNOWLEDGED
    if not answered:
        timers.supersede(subject=run, at=at, reason=reason, kinds=[escalation_steps.STEP, RESUME])
    if run.state == RunState.PAUSED:
        run.state, run.paused_until = RunState.RUNNING, None
        run.save(update_fields=["state", "paused_until"])
    move = escalation_steps.Move(case=case, steps=(following,), kind=kind, is_armed=not answered)
    escalation_steps.take([move], at=at)


def reassign(
    *,
    run: EscalationRun,
    to: User,
    by: User,
    reason: str,
    at: datetime,
    handover: Mapping[str, Any] | None = None,
    missing: Sequence[str] = (),
) -> EscalationRun:
    """Hand the incident to `to`, who is told at once and leads from now on; a running escalation goes on until
    somebody answers. `handover` is what the form of the role asked for, `missing` what was left open.

    Raises CannotEscalate, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as action:
        incident, run = lock(run)
        access.require(by, "reassign", incident)
        before = incident.lead
        _check_reassign(run, before, to)
        entered = RoleAssignment.Entered.HANDED_OVER if by == before else RoleAssignment.Entered.ASSIGNED
        succeed(incident, run, to, roles.Way(entered=entered, by=by, handover=handover or {}, note=reason), at=at)
        data: dict[str, Any] = {"from": str(before) if before else "", "to": str(to)}
        if missing:
            data["missing"] = list(missing)
        text = roles.text_of(reason, handover or {})
        entry_id = timeline.add(incident, verb="reassigned", by=by, at=at, data=data, text=text)
        action.record(verb="incident.reassigned", target=incident, data={"to": str(to.pk)})
        key = f"run:{run.pk}:{run.generation}:reassigned:{entry_id}"
        links = [] if run.state == RunState.ACKNOWLEDGED else messages.answer_link(run)
        told = {"name": str(by), "reason": reason, "again": False, "handover": roles.lines(handover or {})}
        messages.tell("incident.reassigned", incident, [to], key, at=at, actions=links, **told)
        if before is not None and before != by:
            relieved = {"name": str(by), "holder": str(to), "role": roles.title(incident), "reason": reason}
            messages.tell("role.relieved", incident, [before], key, at=at, **relieved)
        if before is not None and before == by:
            step_owners.handed_over(incident, by, at=at)
    return run


def succeed(incident: Incident, run: EscalationRun, to: User, way: roles.Way, *, at: datetime) -> None:
    """`to` leads from now on; where somebody had answered, `to` has, and is asked later whether it moves."""
    if run.state == RunState.ACKNOWLEDGED:
        run.acknowledged_by, run.acknowledged_at = to, cases.after_its_steps(run, at)
        run.save(update_fields=["acknowledged_by", "acknowledged_at"])
        timers.supersede(subject=run, at=at, reason="reassigned", kinds=[escalation_steps.FOLLOW_UP])
        follow_up(cases.open_one(incident, run), at=at)
    roles.command(incident, to, at, way=way)
    incident.lead = to
    incident.save(update_fields=["lead"])


def _check_reassign(run: EscalationRun, before: User | None, to: User) -> None:
    if run.state == RunState.STOPPED:
        raise CannotEscalate(_("This incident has ended. Open it again first."))
    if not to.is_active:
        raise CannotEscalate(_("%(name)s is not active any more. Choose somebody else.") % {"name": to})
    if before == to:
        raise CannotEscalate(_("%(name)s leads this incident already.") % {"name": to})


def snooze(*, run: EscalationRun, until: datetime, by: User, reason: str, at: datetime) -> EscalationRun:
    """Nobody else is called before `until` (at most seven days); then the ladder goes on where it stood.

    Raises CannotEscalate, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as action:
        incident, run = lock(run)
        access.require(by, "snooze", incident)
        if run.state in (RunState.STOPPED, RunState.PAUSED):
            raise CannotEscalate(_("Nobody is being called now, so there is nothing to put off."))
        if not at < until <= at + LONGEST_SNOOZE:
            raise CannotEscalate(_("Choose a time within the next seven days."))
        timers.supersede(
            subject=run, at=at, reason="snoozed", kinds=[escalation_steps.STEP, escalation_steps.FOLLOW_UP]
        )
        messages.nobody_is_asked(incident, f"{by} has put it off")
        run.state, run.paused_until = RunState.PAUSED, until
        run.save(update_fields=["state", "paused_until"])
        data = {"generation": run.generation}
        timers.schedule(kind=RESUME, subject=run, due_at=until, at=at, data=data, reason=reason)
        timeline.add(incident, verb="snoozed", by=by, at=at, data={"until": until.isoformat()}, text=reason)
        action.record(verb="incident.snoozed", target=incident, data={"until": until})
    return run


def stop(*, run: EscalationRun, at: datetime, reason: str) -> None:
    """End the escalation for good (resolve, decline); the caller holds incident and run inside its action."""
    run.state, run.stopped_at, run.paused_until = RunState.STOPPED, cases.after_its_steps(run, at), None
    run.save(update_fields=["state", "stopped_at", "paused_until"])
    timers.cancel(subject=run, at=at, reason=reason)
    assert run.incident is not None
    messages.nobody_is_asked(run.incident, "the incident is over", is_over=True)


def lock(run: EscalationRun) -> tuple[Incident, EscalationRun]:
    """Lock and re-read the incident of `run`, then the run."""
    assert run.incident is not None
    incident, held = cases.lock(run.incident)
    assert held is not None
    return incident, held
