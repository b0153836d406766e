"""Filing: the only transaction in which an incident comes into the world (D35, D36, D41)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from governance.models import Workflow
from governance.reads import documents, people
from governance.rules import escalation as rules
from governance.rules import triage as impact
from incidents.models import Incident, Participant
from incidents.models.incidents import IncidentState, Severity
from incidents.reads import scoring
from incidents.services import (
    cases,
    escalation,
    meetings,
    messages,
    overrides,
    participants,
    reasons,
    specialists,
    timeline,
    triage,
    triggered,
    triggers,
    update_timers,
)
from portal import audit, bulk, history, ids, limits
from portal.errors import DomainError
from portal.models import User
from portal.models.people import DataClass

EARLY = timedelta(minutes=5)  # clocks of people and machines differ
OLDEST = timedelta(days=366)


class CannotFile(DomainError):
    """The report cannot be taken; the sentence says what to change or who can help."""


def report(
    *,
    by: User | None,
    title: str,
    workflow: Workflow | None,
    started_at: datetime,
    answers: Mapping[str, str],
    at: datetime,
    submission_key: str,
    description: str = "",
    just_before: str = "",
    who_is_hurt: str = "",
    kind: str = Incident.Kind.INCIDENT,
    hint: str | None = None,
    workflow_version: str = "",
    components: Sequence[str] = (),
    source_label: str = "",
    reference: str = "",
    judged: triggered.Judged | None = None,
) -> Incident:
    """File an incident: score it, resolve the owners, tell the first level, arm the clocks; all or nothing.

    `by` None means a machine; then `source_label` names it. `answers` {dimension key: yes, no or unknown};
    `hint` a severity that the sender suggests. `submission_key` (at most 64 characters) makes it idempotent:
    the second call returns the first incident. Whoever opens a transaction around this call takes the `reference`
    before it (``ids.reference``). `judged` is the trigger that opens it (``triggers``), with the rules in force. A near
    miss is recorded with routine news, nobody is called.
    Raises CannotFile.
    """
    _check(title, started_at, submission_key, at)
    new = Incident(
        # NOTE: taken before the transaction, or the counter's row would make filings wait for each other.
        reference=reference or ids.reference("INC", at.year),
        kind=kind,
        title=title.strip(),
        description=description,
        workflow=workflow,
        workflow_version=workflow_version,
        components=list(components),
        answers=dict(answers),
        just_before=just_before,
        who_is_hurt=who_is_hurt,
        hint=hint if hint in Severity.values else "",
        reporter=by,
        started_at=min(started_at, at),
        reported_at=at,
        submission_key=submission_key,
    )
    label = source_label or ("" if by else "machine")
    with audit.action(actor=by, actor_label=label, reason="reported", at=at) as action:
        try:
            return _file(new, action, hint=hint, source_label=source_label, judged=judged, at=at)
        except documents.NothingInForce as error:
            raise CannotFile(_("We cannot take reports yet. %(why)s") % {"why": error}) from error


def _check(title: str, started_at: datetime, submission_key: str, at: datetime) -> None:
    if not title.strip():
        raise CannotFile(_("Say in a few words what stopped."))
    if len(title.strip()) > limits.TITLE_LENGTH:
        raise CannotFile(_("Use at most %(count)d characters for what stopped.") % {"count": limits.TITLE_LENGTH})
    if not submission_key or len(submission_key) > 64:
        raise CannotFile(_("The report has no usable key. Open the form again."))
    if started_at > at + EARLY:
        raise CannotFile(_("The time it started lies in the future. Choose when it was first noticed."))
    if started_at < at - OLDEST:
        raise CannotFile(_("The time it started is more than a year ago. Choose when it was first noticed."))


def _file(
    new: Incident,
    action: audit.Action,
    *,
    hint: str | None,
    source_label: str,
    judged: triggered.Judged | None,
    at: datetime,
) -> Incident:
    """Judge in memory, then write: the insert of the incident decides whether this submission is the first."""
    force = (judged and judged.force) or documents.in_force(*triggers.KINDS)
    new.team = new.workflow.team if new.workflow else force.triage_team()
    rubric, verdict = scoring.score(workflow=new.workflow, team=new.team, answers=new.answers, hint=hint, force=force)
    raised, reason = triggered.floor(judged, verdict.severity)
    held = judged.held if judged and judged.held else overrides.held(new.workflow, at=at)
    before = verdict.severity if raised else ""
    if least := held.floor(raised or verdict.severity):
        raised, reason = least, reasons.AT_LEAST % {"severity": least.upper()}
    triage.judge(new, rubric, verdict, raised, held.path)
    new.trigger = judged.judgement.key if judged else ""
    if new.workflow is not None:
        new.data_class = new.workflow.data_class
        new.is_restricted = new.data_class == DataClass.RESTRICTED
    plan = force.plan_for(new.workflow)
    new.communication_id = plan.version if plan else None
    new.state = IncidentState.REPORTED
    if not history.insert_new(new):
        return Incident.objects.get(submission_key=new.submission_key)
    said = {"severity": verdict.severity, "total": verdict.total, "sentence": verdict.sentence}
    lines = [
        timeline.Line(new.pk, "reported", new.reporter, {"source": source_label, "kind": new.kind}, is_public=True),
        timeline.Line(new.pk, "scored", data=said),
    ]
    if judged and judged.trigger and not judged.trigger.targets:
        lines.append(triggered.line(new, judged, raised=before))
    for override in (held.path, held.severity if least else None, judged.override if judged else None):
        if override is None:
            continue
        said = overrides.said(override)
        lines.append(timeline.Line(new.pk, "overridden", data=said))
        action.record(verb="incident.overridden", target=new, data=said)
    facts = {"reference": new.reference, "severity": new.severity, "kind": new.kind, "source": source_label}
    action.record(verb="incident.reported", target=new, data=facts)
    is_called = new.kind != Incident.Kind.NEAR_MISS
    content = plan.content if plan is not None else None
    promised = meetings.promises(new, content, at=at) + update_timers.promises(new, content, at=at)
    with bulk.together():
        triage.keep(new, rubric, verdict, by=None, at=at, severity=raised, reason=reason)
        if is_called:
            escalation.start(incident=new, at=at, force=force, lines=lines, reporter=new.reporter, promised=promised)
        else:
            _near_miss(new, force, lines, at=at)
    if is_called:
        specialists.bring_in(new, impact.specialists(rubric.content, verdict, new.severity), at=at)
        triggers.opened(new, judged, raised=before, at=at)
    return new


def _near_miss(incident: Incident, force: documents.InForce, lines: Sequence[timeline.Line], *, at: datetime) -> None:
    """Nobody is called: whoever would have been told first hears of it as routine news (D41)."""
    case = cases.pin(incident, at=at, force=force)
    first = rules.next_step(case.plan, None)
    folk = people.facts(at)
    told = []
    if first is not None:
        resolved = rules.resolutions(case.policy, first, case.matrices, case.workflow, incident.severity, folk, at)
        told = [tell.person for tell in rules.tell(first, resolved, ()).tells]
    to = list(User.objects.active().filter(pk__in=told))
    taking_part = [(incident.pk, user.pk, Participant.Role.TOLD) for user in to]
    if incident.reporter is not None:
        taking_part.append((incident.pk, incident.reporter.pk, Participant.Role.REPORTER))
    participants.add_many(taking_part, at=at)
    last = timeline.Line(incident.pk, "near_miss", data={"people": [str(user) for user in to]})
    timeline.add_many([*lines, last], at=at)
    key = f"incident:{incident.pk}:near_miss"
    messages.tell("incident.news", incident, to, key, at=at, state=incident.state)
