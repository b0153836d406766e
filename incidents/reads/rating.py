"""How an incident is rated: what holds, what to do now, the scores, what new facts suggest (D25-D28)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from governance.documents.rubric import Rubric, Threshold
from governance.models import WorkflowChange
from governance.reads import documents
from governance.rules import triage as rules
from incidents.models import EscalationRun, ImpactScore, Incident
from incidents.reads import scoring
from incidents.reads.told import Steering
from portal.errors import DomainError

SHOWN = 5  # scores
CHANGES = 3
NEARBY = timedelta(days=1)  # before it started


@dataclass(frozen=True)
class Change:
    """A change of the workflow near the start; `minutes` lie between the two, `is_before` says which came first."""

    change: WorkflowChange
    minutes: int
    is_before: bool


@dataclass(frozen=True)
class Rating:
    """`scores` are the newest first. `do_now` and `may_wait` belong to the severity that holds.

    `suggested` is a newer score that is worse than what a person has confirmed. `path` is the title of the path
    that steers the run, `by_rubric` whether the rubric named it, `unknown_path` a key that the policy does not have.
    """

    scores: list[ImpactScore]
    do_now: str = ""
    may_wait: str = ""
    suggested: ImpactScore | None = None
    path: str = ""
    by_rubric: bool = False
    unknown_path: str = ""


def rating(incident: Incident, run: EscalationRun | None, steers: Steering | None) -> Rating:
    """One query; the texts of rubrics are cached."""
    rows = incident.scores.select_related("by", "rubric__document").defer("rubric__content").order_by("-id")
    scores = list(rows[:SHOWN])
    threshold = _holding(incident, scores)
    path, by_rubric, unknown = "", False, ""
    if run is not None and steers is not None:
        known = steers.policy.content.path_by_key
        path = known[steers.plan.path].title if steers.plan.path in known else ""
        by_rubric = bool(run.path) and run.path == steers.plan.path
        unknown = run.path if run.path not in known else ""
    return Rating(
        scores,
        threshold.do_now if threshold else "",
        threshold.may_wait if threshold else "",
        _suggested(incident, scores),
        path,
        by_rubric,
        unknown,
    )


def _holding(incident: Incident, scores: list[ImpactScore]) -> Threshold | None:
    """The threshold of the severity that holds, in the rubric of the newest score that gave it."""
    score = next((item for item in scores if item.severity == incident.severity), scores[0] if scores else None)
    if score is None:
        return None
    content: Rubric = documents.pinned({(score.rubric_id, score.rubric.digest)})[score.rubric_id].content
    named = {item.key: item for item in content.thresholds}
    decided = named.get(score.rule)
    if decided is not None and decided.severity == incident.severity:
        return decided
    return rules.threshold_of(content, incident.severity)


def _suggested(incident: Incident, scores: list[ImpactScore]) -> ImpactScore | None:
    """The newest score, where a person has confirmed less before it."""
    newest = scores[0] if scores else None
    if newest is None or newest.by_id is not None or incident.triaged_at is None or not incident.is_open:
        return None
    return newest if newest.severity < incident.severity else None


@dataclass(frozen=True)
class Suggestion:
    """What the rubric in force makes of some answers; `thresholds` of all severities, the worst first."""

    verdict: rules.Score
    thresholds: list[Threshold]
    rubric: Rubric


def suggestion(incident: Incident, answers: dict[str, str] | None = None) -> Suggestion | None:
    """The suggestion for `incident` with `answers` (None: those that it has); None while no rubric is in force."""
    given = incident.answers if answers is None else answers
    try:
        rubric, verdict = scoring.score(
            workflow=incident.workflow, team=incident.team, answers=given, hint=incident.hint or None
        )
    except DomainError:
        return None
    thresholds = sorted(rubric.content.thresholds, key=lambda item: (item.severity, -item.minimum))
    return Suggestion(verdict, thresholds, rubric.content)


def changes(incident: Incident, *, until: datetime | None = None) -> list[Change]:
    """What changed in the workflow near the start, the nearest first, at most three; one query.

    `until` (None: when it was reported) is the end of what counts.
    """
    if incident.workflow_id is None:
        return []
    start, end = incident.started_at - NEARBY, max(until or incident.reported_at, incident.started_at)
    rows = WorkflowChange.objects.filter(workflow=incident.workflow_id, changed_at__gte=start, changed_at__lte=end)
    found = [_near(change, incident) for change in rows.order_by("-changed_at", "-id")[:20]]
    return sorted(found, key=lambda item: item.minutes)[:CHANGES]


def _near(change: WorkflowChange, incident: Incident) -> Change:
    apart = incident.started_at - change.changed_at
    return Change(change, round(abs(apart.total_seconds()) / 60), apart >= timedelta())


def answers_in_words(rubric: Rubric, answers: dict[str, Any]) -> list[dict[str, str]]:
    """[{key, question, answer}] of every question, and of answers whose question is no longer asked."""
    questions = {item.key: item.question for item in rubric.dimensions}
    keys = [*questions, *(key for key in answers if key not in questions)]
    return [
        {"key": key, "question": questions.get(key, ""), "answer": str(answers.get(key, "unknown"))} for key in keys
    ]
