"""How severe: every score that an incident ever got, and the person who confirms it (D24-D28)."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from governance.reads import documents, people
from governance.rules import triage as rules
from incidents import access
from incidents.models import ImpactScore, Incident
from incidents.models.incidents import Severity
from incidents.services import cases, re_resolution, timeboxes, timeline
from portal import audit, bulk, limits
from portal.errors import DomainError
from portal.models import Team, User


class CannotConfirm(DomainError):
    """The severity cannot be confirmed now."""


def score(
    *,
    workflow: Any,
    team: Team,
    answers: Mapping[str, str],
    hint: str | None = None,
    force: documents.InForce | None = None,
) -> tuple[documents.PinnedVersion[Any], rules.Score]:
    """The rubric in force for the team's department and its verdict; writes nothing. Raises NothingInForce."""
    facts = people.workflow_facts(workflow)
    rubric = (force or documents.in_force("rubric")).rubric_for(facts, department=team.department_id)
    criticality = facts.criticality if facts else None
    return rubric, rules.score(rubric, team.department_id, answers, criticality, hint)


def keep(
    incident: Incident,
    rubric: documents.PinnedVersion[Any],
    verdict: rules.Score,
    *,
    by: User | None,
    at: datetime,
    severity: str = "",
    reason: str = "",
) -> ImpactScore:
    """Keep a verdict (D28); `severity` when a person decided otherwise."""
    chosen = severity or verdict.severity
    kept = ImpactScore(
        incident=incident,
        rubric_id=rubric.version,  # type: ignore[misc]
        answers=dict(incident.answers),
        breakdown=[asdict(line) for line in verdict.breakdown],
        total=verdict.total,
        severity=chosen,
        priority=priority(rubric, chosen),
        by=by,
        at=at,
        reason=(reason or verdict.sentence)[: limits.REASON_LENGTH],
    )
    return bulk.insert([kept])[0]


def priority(rubric: documents.PinnedVersion[Any], severity: str) -> int:
    """1 (most urgent) to 4: what the rubric says for `severity`, else its number."""
    named = (item.priority for item in rubric.content.thresholds if item.severity == severity)
    return int(next(named, severity)[-1])


def confirm_severity(
    *, incident: Incident, severity: str, by: User, reason: str, at: datetime, answers: dict[str, str] | None = None
) -> ImpactScore:
    """`by` confirms (or changes) the severity with a reason; ends the triage timebox.

    `answers` replaces the impact answers. A change of severity resolves people and windows anew in the same
    transaction. Raises CannotConfirm, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as action:
        incident, run = cases.lock(incident)
        access.require(by, "triage", incident)
        if not incident.is_open:
            raise CannotConfirm(_("This incident has ended, so its severity stays as it is."))
        if severity not in Severity.values:
            raise CannotConfirm(_("Choose one of SEV1 to SEV4."))
        before = incident.severity
        if answers is not None:
            incident.answers = answers
        rubric, verdict = score(workflow=incident.workflow, team=incident.team, answers=incident.answers)
        kept = keep(incident, rubric, verdict, by=by, at=at, severity=severity, reason=reason)
        incident.severity, incident.priority, incident.rubric_id = severity, kept.priority, rubric.version
        incident.triaged_at = incident.triaged_at or at
        incident.save(update_fields=["severity", "priority", "rubric", "triaged_at", "answers"])
        timeboxes.end(incident, at=at, reason="severity confirmed", kinds=[timeboxes.TRIAGE])
        timeline.add(incident, verb="severity", by=by, at=at, data={"before": before, "after": severity}, text=reason)
        action.record(verb="incident.severity_confirmed", target=incident, data={"before": before, "after": severity})
        if run is not None and severity != before:
            re_resolution.reresolve(
                incident=incident, run=run, before=before, because="severity changed", repin=False, at=at
            )
    return kept
