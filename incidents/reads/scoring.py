"""What the rubric in force says of facts; nothing is written (D25-D27)."""

from collections.abc import Mapping
from typing import Any

from governance.documents.rubric import Rubric as Content
from governance.reads import documents, people
from governance.rules import triage as rules
from incidents.models import Incident
from portal.models import Team

Rubric = documents.PinnedVersion[Any]


def score(
    *,
    workflow: Any,
    team: Team,
    answers: Mapping[str, str],
    hint: str | None = None,
    force: documents.InForce | None = None,
) -> tuple[Rubric, rules.Score]:
    """The rubric in force for the team's department and its verdict; writes nothing. Raises NothingInForce."""
    facts = people.workflow_facts(workflow)
    rubric = (force or documents.in_force("rubric")).rubric_for(facts, department=team.department_id)
    criticality = facts.criticality if facts else None
    return rubric, rules.score(rubric, team.department_id, answers, criticality, hint)


def score_of(incident: Incident) -> tuple[Rubric, rules.Score]:
    """What the rubric in force says of `incident` as it stands; writes nothing. Raises NothingInForce."""
    return score(workflow=incident.workflow, team=incident.team, answers=incident.answers, hint=incident.hint or None)


def asked(incident: Incident) -> Content | None:
    """The rubric that scores `incident`, whose questions are asked of it; None while none is in force."""
    try:
        return documents.rubric_for(incident.workflow, department=incident.team.department_id).content
    except documents.NothingInForce:
        return None


def priority(rubric: Rubric, severity: str) -> int:
    """1 (most urgent) to 4: what the rubric says for `severity`, else its number."""
    named = (item.priority for item in rubric.content.thresholds if item.severity == severity)
    return int(next(named, severity)[-1])
