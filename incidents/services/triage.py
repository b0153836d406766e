"""How severe: every score that an incident ever got, and the person who confirms it (D24-D28)."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime

from django.utils.translation import gettext as _

from governance.documents.rubric import ANSWERS
from governance.rules import triage as rules
from incidents import access
from incidents.models import EscalationRun, ImpactScore, Incident, Override
from incidents.models.incidents import Severity
from incidents.reads import scoring
from incidents.services import cases, overrides, re_resolution, reasons, specialists, timeboxes, timeline
from portal import audit, bulk, limits
from portal.errors import DomainError
from portal.models import User

KEPT = [item.name for item in fields(rules.Line)]  # what a score remembers of each line


class CannotConfirm(DomainError):
    """The severity cannot be confirmed now."""


class CannotScore(DomainError):
    """The incident is over, so nothing is scored any more."""


def judge(
    incident: Incident, rubric: scoring.Rubric, verdict: rules.Score, severity: str = "", path: Override | None = None
) -> None:
    """Let `incident` (in memory) follow a verdict: severity, priority, path and rubric.

    `severity` is what holds where it is not the verdict's; its threshold then gives priority and path (D25), unless
    another `path` holds for the time being (D116).
    """
    incident.severity = severity or verdict.severity
    incident.priority = scoring.priority(rubric, incident.severity)
    incident.path = path.value["value"] if path else rules.path(rubric.content, verdict, incident.severity)
    incident.rubric_id = rubric.version


def keep(
    incident: Incident,
    rubric: scoring.Rubric,
    verdict: rules.Score,
    *,
    by: User | None,
    at: datetime,
    severity: str = "",
    reason: str = "",
) -> ImpactScore:
    """Keep a verdict (D28); `severity` and `reason` when a person, `by`, decided."""
    chosen = severity or verdict.severity
    kept = ImpactScore(
        incident=incident,
        rubric_id=rubric.version,  # type: ignore[misc]
        answers=dict(incident.answers),
        breakdown=[{name: getattr(line, name) for name in KEPT} for line in verdict.breakdown],
        total=verdict.total,
        severity=chosen,
        priority=scoring.priority(rubric, chosen),
        rule=verdict.rule,
        path=rules.path(rubric.content, verdict, chosen),
        hint=incident.hint,
        criticality=verdict.breakdown[-1].answer,
        by=by,
        at=at,
        reason=(reason or verdict.sentence)[: limits.REASON_LENGTH],
    )
    action = audit.current()
    assert action is not None
    action.prove([kept], about=incident)
    return bulk.insert([kept])[0]


def confirm_severity(
    *,
    incident: Incident,
    severity: str,
    by: User,
    reason: str,
    at: datetime,
    answers: Mapping[str, str] | None = None,
    components: Sequence[str] | None = None,
    workflow_version: str | None = None,
    description: str | None = None,
) -> ImpactScore:
    """`by` confirms (or changes) the severity with a reason; ends the triage timebox.

    `answers` replaces the impact answers, `components` and `workflow_version` say what is concerned (D36),
    `description` what users saw (the words before it stay in the timeline); None leaves each as it is. A change of
    severity or path resolves people and windows anew in the same transaction. Raises CannotConfirm, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as action:
        incident, run = cases.lock(incident)
        access.require(by, "triage", incident)
        if not incident.is_open:
            raise CannotConfirm(_("This incident has ended, so its severity stays as it is."))
        if severity not in Severity.values:
            raise CannotConfirm(_("Choose one of SEV1 to SEV4."))
        before = incident.severity
        given = {"components": components, "workflow_version": workflow_version, "description": description}
        changed = {name: value for name, value in given.items() if value is not None}
        was = incident.description if description not in (None, incident.description) else ""
        for name, value in changed.items():
            setattr(incident, name, list(value) if name == "components" else value)
        if answers is not None:
            incident.answers = dict(answers)
        rubric, verdict = scoring.score_of(incident)
        judge(incident, rubric, verdict, severity, overrides.held(incident.workflow, at=at).path)
        kept = keep(incident, rubric, verdict, by=by, at=at, severity=severity, reason=reason)
        incident.triaged_at = incident.triaged_at or at
        incident.save(update_fields=[*JUDGED, "triaged_at", "answers", *changed])
        timeboxes.end(incident, at=at, reason="severity confirmed", kinds=[timeboxes.TRIAGE])
        if was:  # what somebody reported in their own words is not lost
            timeline.add(incident, verb="described", by=by, at=at, text=was)
        timeline.add(incident, verb="severity", by=by, at=at, data={"before": before, "after": severity}, text=reason)
        action.record(verb="incident.severity_confirmed", target=incident, data={"before": before, "after": severity})
        _follow(incident, run, before, "severity changed", at)
        specialists.bring_in(incident, rules.specialists(rubric.content, verdict, severity), at=at)
    return kept


JUDGED = ("severity", "priority", "path", "rubric")


def rescore(
    *,
    incident: Incident,
    by: User | None,
    reason: str,
    at: datetime,
    answers: Mapping[str, str] | None = None,
    hint: str = "",
    label: str = "",
) -> ImpactScore:
    """New facts: score anew and keep it; call when somebody says that it got worse, or a machine does (D28).

    `answers` are those that changed, {dimension key: yes, no or unknown}; `hint` is a sender's severity, the worst
    one counts. The severity rises with the score while nobody has confirmed it, and people and windows are resolved
    anew in the same transaction; it never falls by itself, and a person's confirmation stays (the page then shows
    what the new facts suggest). `by` None is a machine or a link, named `label`. ``.incident`` of the answer is the
    incident as it is now. Raises CannotScore, access.Refused, NothingInForce.
    """
    with audit.action(actor=by, actor_label="" if by else label or "machine", reason=reason, at=at):
        incident, run = cases.lock(incident)
        access.require(by, "note", incident)
        if not incident.is_open:
            raise CannotScore(_("This incident has ended, so its severity stays as it is."))
        before = incident.severity
        known = {key: answer for key, answer in (answers or {}).items() if answer in ANSWERS}
        incident.answers = {**incident.answers, **known}
        if hint in Severity.values:
            incident.hint = min(incident.hint or hint, hint)
        kept = score_anew(incident, by=by, reason=reason, at=at)
        _follow(incident, run, before, "severity changed", at)
    return kept


def hinted(*, incident: Incident, hint: str, label: str, at: datetime) -> ImpactScore | None:
    """A machine, named `label`, sent another event about `incident` with its `hint` (a severity or ""): a worse one
    than ever before is scored anew; anything else is not, nor what is over meanwhile (None). Raises NothingInForce."""
    if hint not in Severity.values or (incident.hint and incident.hint <= hint):
        return None
    reason = reasons.NOW_SAYS % {"source": label, "severity": hint.upper()}
    with audit.action(actor=None, actor_label=label, reason=reason, at=at):
        # NOTE: judged again under the lock, so that an event which comes as the incident ends is not refused.
        found, _run = cases.lock(incident)
        if not found.is_open or (found.hint and found.hint <= hint):
            return None
        return rescore(incident=found, by=None, label=label, reason=reason, hint=hint, at=at)


def score_anew(incident: Incident, *, by: User | None, reason: str, at: datetime) -> ImpactScore:
    """Score `incident`, locked and with its new facts in memory, and save it; whoever calls resolves people anew."""
    before = incident.severity
    rubric, verdict = scoring.score_of(incident)
    kept = keep(incident, rubric, verdict, by=None, at=at)
    if incident.triaged_at is None:
        held = overrides.held(incident.workflow, at=at)
        judge(incident, rubric, verdict, min(before, verdict.severity), held.path)
    incident.save(update_fields=[*JUDGED, "answers", "hint"])
    if incident.triaged_at is None:
        specialists.bring_in(incident, rules.specialists(rubric.content, verdict, incident.severity), at=at)
    facts = {"severity": verdict.severity, "total": verdict.total, "sentence": verdict.sentence}
    facts |= {"before": before, "after": incident.severity}
    timeline.add(incident, verb="scored", by=by, at=at, data={**facts, "because": reason[: limits.REASON_LENGTH]})
    action = audit.current()
    if action is not None:
        said = {"before": before, "after": incident.severity, "suggested": verdict.severity, "total": verdict.total}
        action.record(verb="incident.scored", target=incident, data=said)
    return kept


def _follow(incident: Incident, run: EscalationRun | None, before: str, because: str, at: datetime) -> None:
    """Resolve people and windows anew when another severity or path steers the run."""
    if run is not None and (incident.severity != before or incident.path != run.path):
        re_resolution.reresolve(incident=incident, run=run, before=before, because=because, repin=False, at=at)
