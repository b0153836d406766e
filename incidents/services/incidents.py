"""The life of an incident after it was filed (DESIGN section 6).

Every move locks the incident, then its run, and ends in timeline, audit, history and messages in one
transaction. ``escalation.acknowledge`` moves reported to investigating.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from governance.documents.escalation import FollowUp
from governance.models import Workflow
from governance.reads import documents
from governance.services import governance_reviews
from incidents import access
from incidents.models import EscalationRun, Incident, Participant
from incidents.models.incidents import OPEN_STATES, IncidentState, Severity
from incidents.reads import learned
from incidents.reads import rechecks as recheck_reads
from incidents.services import (
    cases,
    containments,
    decisions,
    escalation,
    meetings,
    messages,
    participants,
    re_resolution,
    rechecks,
    reviews,
    roles,
    timeboxes,
    timeline,
    triage,
    update_sending,
    update_timers,
)
from portal import audit, limits, timers
from portal.errors import DomainError
from portal.models import User
from portal.models.people import DataClass
from portal.models.timers import Timer

CLOSE, REMIND = reviews.CLOSE, "incident.remind"
REMINDED_BEFORE = timedelta(days=1)
REOPENABLE = (IncidentState.RESOLVED, IncidentState.CLOSED, IncidentState.DECLINED)


class NotPossible(DomainError):
    """The move does not fit the state of the incident."""


@dataclass
class Held:
    """An incident that this move holds, with its run (None for a near miss) and the open action."""

    incident: Incident
    run: EscalationRun | None
    action: audit.Action
    at: datetime
    by: User | None

    def save(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.incident, name, value)
        self.incident.save(update_fields=list(values))

    def log(self, verb: str, text: str, *, is_public: bool = True, **data: Any) -> int:
        """Timeline and ledger say that `verb` happened."""
        self.action.record(verb=f"incident.{verb}", target=self.incident, data=data)
        return timeline.add(self.incident, verb=verb, by=self.by, at=self.at, data=data, text=text, is_public=is_public)

    def stop(self, reason: str) -> None:
        """Nothing fires any more."""
        if self.run is not None:
            escalation.stop(run=self.run, at=self.at, reason=reason)
        timers.cancel(subject=self.incident, at=self.at, reason=reason)
        roles.end_all(self.incident, at=self.at)
        decisions.end_gates(self.incident, by=self.by, at=self.at)

    @property
    def others(self) -> list[User]:
        return [user for user in participants.followers(self.incident) if user != self.by]


@contextmanager
def holding(
    incident: Incident,
    *,
    by: User | None,
    may: str,
    states: Sequence[str],
    reason: str,
    at: datetime,
    label: str = "",
) -> Iterator[Held]:
    """Open the action, lock incident and run, and judge authority and state. Raises NotPossible, access.Refused."""
    with audit.action(actor=by, actor_label=label, reason=reason or may, at=at) as action:
        found, run = cases.lock(incident)
        access.require(by, may, found)
        if found.state not in states:
            raise NotPossible(
                _("This is %(state)s, so that is not possible now.") % {"state": found.get_state_display().lower()}
            )
        yield Held(found, run, action, at, by)


def _words(text: str, sentence: str, longest: int = limits.TEXT_LENGTH) -> str:
    """`text` without outer blanks; `sentence` refuses an empty one."""
    text = text.strip()
    if not text:
        raise NotPossible(sentence)
    if len(text) > longest:
        raise NotPossible(_("Use at most %(count)d characters.") % {"count": longest})
    return text


def say_plan(*, incident: Incident, plan: str, by: User, at: datetime) -> Incident:
    """`by` says in one sentence what will be done; ends the decision timebox (D24). Raises NotPossible, Refused."""
    plan = _words(plan, _("Say in one sentence what will be done."), limits.REASON_LENGTH)
    with holding(incident, by=by, may="plan", states=OPEN_STATES, reason=plan, at=at) as held:
        held.save(plan=plan, decided_at=held.incident.decided_at or at)
        timeboxes.end(held.incident, at=at, reason="plan said", kinds=[timeboxes.DECISION])
        held.log("plan", plan, is_public=False)
    return held.incident


def contain(
    *, incident: Incident, note: str, by: User, at: datetime, halted: containments.Halt | None = None
) -> Incident:
    """It cannot get worse any more, `halted` says what stands still for that (D39); ends both timeboxes.

    Raises NotPossible, NotContained, Refused.
    """
    states = [IncidentState.REPORTED, IncidentState.INVESTIGATING]
    with holding(incident, by=by, may="contain", states=states, reason=note, at=at) as held:
        held.save(state=IncidentState.CONTAINED, contained_at=at, acknowledged_at=held.incident.acknowledged_at or at)
        timeboxes.end(held.incident, at=at, reason="contained")
        if halted is not None:
            of, what = halted.workflow, halted.what
            containments.halt(held=held, kind=halted.kind, what=what, workflow=of, by=by, at=at)
        held.log("contained", note)
        update_timers.keep(held.incident, at=at)
    return held.incident


def monitor(*, incident: Incident, note: str, by: User, at: datetime) -> Incident:
    """A fix is in place and is being watched; contained may be skipped. Raises NotPossible, Refused."""
    states = [IncidentState.REPORTED, IncidentState.INVESTIGATING, IncidentState.CONTAINED]
    with holding(incident, by=by, may="monitor", states=states, reason=note, at=at) as held:
        held.save(state=IncidentState.MONITORING, acknowledged_at=held.incident.acknowledged_at or at)
        timeboxes.end(held.incident, at=at, reason="a fix is in place")
        held.log("monitoring", note)
    return held.incident


def resolve(
    *,
    incident: Incident,
    resolution: str,
    checked: str = "",
    by: User | None,
    at: datetime,
    label: str = "",
    speaker: User | None = None,
    found_again: Sequence[rechecks.Found] = (),
    settled: Sequence[containments.Settled] = (),
) -> Incident:
    """It works again. `checked` says how that was verified (stored as the deviation) where no playbook proves it.

    People say besides what they found of each component and workflow downstream (`found_again`, D89), and what
    becomes of everything that stands still (`settled`, D39). Stops the escalation, tells the reporter and all who
    were told, arms the timer that closes. `by` None = a machine named `label`, which looks at nothing again;
    `speaker` said so there and is not told. Raises NotPossible, Refused.
    """
    resolution = _words(resolution, _("Say what made it work again."))
    with holding(incident, by=by, may="resolve", states=OPEN_STATES, reason="resolved", at=at, label=label) as held:
        found = held.incident
        if checked.strip() or not recheck_reads.proof(found):
            checked = _words(checked, _("Say how you checked that it works again."))
        if by is not None:
            _look_again(held, found_again, settled, by)
        held.save(
            state=IncidentState.RESOLVED,
            resolved_at=at,
            resolution=resolution,
            deviation=checked,
            acknowledged_at=found.acknowledged_at or at,
        )
        held.stop("resolved")
        timers.schedule_many(closing(found, held.run, at=at) + meetings.wrap_ups(found, at=at), at)
        entry_id = held.log("resolved", resolution, name=str(by or label))
        key = f"incident:{found.pk}:resolved:{entry_id}"
        messages.tell("incident.resolved", found, held.others, key, at=at, name=str(by or label), reason=resolution)
        messages.tell_reporter(found, "resolved", f"{key}:reporter", by=by or speaker, at=at, reason=resolution)
        update_sending.over(held, key, is_kept=True)
        reviews.resolved(found, held.run, by=by, at=at)
    return found


def _look_again(
    held: Held, found_again: Sequence[rechecks.Found], settled: Sequence[containments.Settled], by: User
) -> None:
    """Before `by` resolves it: everything concerned was looked at, and nothing stands still without a reason."""
    try:
        rechecks.keep(held=held, found=found_again, by=by, at=held.at)
        containments.settle(held=held, settled=settled, by=by, at=held.at)
    except (rechecks.NotRechecked, containments.NotContained) as error:
        raise NotPossible(str(error)) from error
    still = containments.unsettled(held.incident, settled)
    if still:
        what = "; ".join(row.what for row in still[:3])
        raise NotPossible(_("Release what still stands still, or say why it stays: %(what)s") % {"what": what})


def closing(incident: Incident, run: EscalationRun | None, *, at: datetime) -> list[timers.Spec]:
    """The promise to close after the days of the pinned policy, and to ask once more a day before (D98)."""
    times = FollowUp()
    if run is not None:
        times = documents.pinned({(run.policy_id, run.policy_digest)})[run.policy_id].content.follow_up
    due = at + timedelta(days=times.close_after_days)
    specs = [timers.Spec(kind=CLOSE, subject=incident, due_at=due)]
    if due - REMINDED_BEFORE > at:
        data = {"closes_at": due.isoformat()}
        specs.append(timers.Spec(kind=REMIND, subject=incident, due_at=due - REMINDED_BEFORE, data=data))
    return specs


def reopen(*, incident: Incident, reason: str, by: User, at: datetime) -> Incident:
    """It does not work after all: a new generation calls people again from the first level.

    Raises NotPossible, Refused.
    """
    reason = _words(reason, _("Say what does not work."), limits.REASON_LENGTH)
    with holding(incident, by=by, may="reopen", states=REOPENABLE, reason=reason, at=at) as held:
        found = held.incident
        timers.cancel(subject=found, at=at, reason="reopened")
        held.save(
            state=IncidentState.INVESTIGATING,
            resolved_at=None,
            closed_at=None,
            contained_at=None,
            decided_at=None,
            plan="",
            lead=None,
        )
        roles.command(found, None, at)
        entry_id = held.log("reopened", reason, name=str(by))
        key = f"incident:{found.pk}:reopened:{entry_id}"
        messages.tell("incident.reopened", found, held.others, key, at=at, name=str(by), reason=reason)
        messages.tell_reporter(found, "reopened", f"{key}:reporter", by=by, at=at, reason=reason)
        _call_again(held)
    return found


def _call_again(held: Held) -> None:
    """Start over from the first level in a new generation, under the pinned rules."""
    found, run = held.incident, held.run
    if run is None:
        return
    cases.next_generation(run, at=held.at)
    run.position, run.level = 0, 0
    run.save()
    case = cases.open_one(found, run)
    escalation.begin(case, at=held.at, is_fresh=True)
    timeboxes.arm(case, at=held.at)
    meetings.reopened(found, at=held.at)
    update_timers.rearm(found, at=held.at, anew=True)


def decline(*, incident: Incident, reason: str, by: User, at: datetime) -> Incident:
    """This is no incident; the reporter is told why. Raises NotPossible, Refused."""
    reason = _words(
        reason, _("Say why this is no incident; the person who reported it will read it."), limits.REASON_LENGTH
    )
    states = [IncidentState.REPORTED, IncidentState.INVESTIGATING]
    with holding(incident, by=by, may="decline", states=states, reason=reason, at=at) as held:
        found = held.incident
        held.save(state=IncidentState.DECLINED, closed_at=at, acknowledged_at=found.acknowledged_at or at)
        held.stop("declined")
        entry_id = held.log("declined", reason, name=str(by))
        key = f"incident:{found.pk}:declined:{entry_id}"
        messages.tell("incident.declined", found, held.others, key, at=at, name=str(by), reason=reason)
        messages.tell_reporter(found, "declined", f"{key}:reporter", by=by, at=at, reason=reason)
        update_sending.over(held, key, is_kept=False)
    return found


def close(*, incident: Incident, by: User | None, at: datetime) -> Incident:
    """Close a resolved incident, by a person or (None) by its timer; the review that it demands comes first.

    Raises NotPossible, Refused.
    """
    label = "" if by else "clock"
    states = [IncidentState.RESOLVED]
    with holding(incident, by=by, may="close", states=states, reason="closed", at=at, label=label) as held:
        if learned.is_owed(held.incident):
            raise NotPossible(_("Its review is not published yet. It closes when that is done."))
        held.save(state=IncidentState.CLOSED, closed_at=at)
        held.stop("closed")
        held.log("closed", "")
        found = held.incident
        if found.severity == Severity.SEV1 and found.kind == Incident.Kind.INCIDENT:
            governance_reviews.sev1_closed(incident=found, reference=found.reference, at=at)
    return held.incident


def fire_close(rows: list[Timer], *, at: datetime) -> set[int]:
    """Handler of ``incident.close``: nobody said that it still does not work."""
    held = cases.lock_free({timer.subject_id for timer in rows})
    for found, _run in held.values():
        if found.state == IncidentState.RESOLVED and not learned.is_owed(found):
            close(incident=found, by=None, at=at)
    return {timer.pk for timer in rows if timer.subject_id not in held}


def happened(*, incident: Incident, reason: str, by: User, at: datetime) -> Incident:
    """A near miss has happened after all: it is an incident from now on, and people are called (D41).

    Raises NotPossible, Refused.
    """
    reason = _words(reason, _("Say what happened."), limits.REASON_LENGTH)
    with holding(incident, by=by, may="happened", states=OPEN_STATES, reason=reason, at=at) as held:
        found = held.incident
        if found.kind != Incident.Kind.NEAR_MISS:
            raise NotPossible(_("This is an incident already."))
        held.save(kind=Incident.Kind.INCIDENT, state=IncidentState.REPORTED, acknowledged_at=None, contained_at=None)
        held.log("happened", reason, name=str(by))
        try:
            escalation.start(incident=found, at=at)
        except documents.NothingInForce as error:
            raise NotPossible(str(error)) from error
        meetings.reopened(found, at=at)
        update_timers.rearm(found, at=at, anew=True)
    return found


def change_workflow(*, incident: Incident, workflow: Workflow, by: User, reason: str, at: datetime) -> Incident:
    """Another workflow is meant: its owners are resolved and told at once. Raises NotPossible, Refused."""
    reason = _words(reason, _("Say why another workflow is meant."), limits.REASON_LENGTH)
    with holding(incident, by=by, may="change_workflow", states=OPEN_STATES, reason=reason, at=at) as held:
        found, before = held.incident, held.incident.workflow
        if before == workflow:
            raise NotPossible(_("The incident is about %(name)s already.") % {"name": workflow.name})
        held.save(
            workflow=workflow,
            team=workflow.team,
            data_class=workflow.data_class,
            is_restricted=workflow.data_class == DataClass.RESTRICTED,
        )
        names = {"before": before.name if before else "", "after": workflow.name}
        severity = found.severity
        triage.score_anew(found, by=by, reason=reason, at=at)
        # NOTE: whoever works on it stays able to open it, also when the new workflow is not theirs.
        participants.add(found, by, Participant.Role.JOINED, at=at)
        held.log("workflow", reason, is_public=False, **names)
        if held.run is not None:
            re_resolution.reresolve(
                incident=found, run=held.run, before=severity, because="workflow changed", repin=True, at=at
            )
    return found


def add_note(*, incident: Incident, text: str, by: User | None, at: datetime, is_public: bool = False) -> int:
    """Add what somebody saw or said to the timeline. `by` None: through the tracking page.

    Raises NotPossible, Refused.
    """
    text = _words(text, _("Write what you want to add."))
    label = "" if by else "tracking page"
    states = list(IncidentState.values)
    with holding(incident, by=by, may="note", states=states, reason="note", at=at, label=label) as held:
        return held.log("note", text, is_public=is_public, name=str(by) if by else "")


def join(*, incident: Incident, by: User, at: datetime) -> Incident:
    """`by` takes part and follows the incident from now on. Raises NotPossible, Refused."""
    with holding(incident, by=by, may="join", states=OPEN_STATES, reason="joined", at=at) as held:
        mine = Participant.objects.filter(incident=held.incident, user=by, role=Participant.Role.JOINED)
        if mine.exists():
            raise NotPossible(_("You take part already."))
        participants.add(held.incident, by, Participant.Role.JOINED, at=at)
        held.log("joined", "", is_public=False, name=str(by))
    return held.incident
