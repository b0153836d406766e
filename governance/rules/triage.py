"""How severe: an integer score from answers, criticality and the department's weights (D25-D28)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.rubric import ANSWERS, Rubric, Signal, Threshold

CRITICALITY = "criticality"
"""The key of the breakdown's last line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the breakdown: `points` x `weight` = `total`; `answer` yes, no, unknown or a criticality."""

    key: str
    title: str
    answer: str
    points: int
    weight: int
    total: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Score:
    """The verdict, with everything that explains it. `rule` is the key of the threshold or signal that decided."""

    total: int
    severity: str
    priority: str
    path: str | None
    do_now: str
    may_wait: str
    breakdown: tuple[Line, ...]
    rule: str
    document: UUID
    rubric_digest: str
    sentence: str


def score(
    rubric: Pinned[Rubric],
    department: UUID | None,
    answers: Mapping[str, str],
    criticality: str | None,
    hint: str | None = None,
) -> Score:
    """Score `answers` ({dimension key: yes|no|unknown}, missing = unknown) for a workflow's `criticality`.

    Without any answer the signal rules decide first, with the sender's severity `hint`; an answer that a person
    gave always counts for more than a hint. Raises ValueError for a rubric without thresholds (its check refuses it).
    """
    content = rubric.content
    lines = (*_lines(content, department, answers), _criticality_line(content, criticality))
    total = sum(line.total for line in lines)
    threshold = _threshold(content, total)
    signal = None if _answered(content, answers) else _signal(content, criticality, hint)
    rule, because = (
        threshold.key,
        f"the total is {total} and {threshold.severity.upper()} starts at {threshold.minimum}",
    )
    if signal is not None:
        rule, because = signal.key, f"nobody has answered yet and the signal says: {signal.title}"
        threshold = _of_severity(content, signal.severity) or threshold.model_copy(update={"severity": signal.severity})
    return Score(
        total=total,
        severity=threshold.severity,
        priority=threshold.priority,
        path=threshold.path,
        do_now=threshold.do_now,
        may_wait=threshold.may_wait,
        breakdown=lines,
        rule=rule,
        document=rubric.document,
        rubric_digest=rubric.digest,
        sentence=f"{threshold.severity.upper()}, because {because}.",
    )


def _lines(content: Rubric, department: UUID | None, answers: Mapping[str, str]) -> Iterator[Line]:
    appetite = content.appetite_by_department.get(department) if department is not None else None
    own = {weight.key: weight.weight for weight in appetite.weights} if appetite else {}
    for dimension in content.dimensions:
        given = answers.get(dimension.key, "unknown")
        answer = given if given in ANSWERS else "unknown"
        points, weight = dimension.points(answer), own.get(dimension.key, dimension.weight)
        why = " (the department's own weight)" if dimension.key in own else ""
        said = {"yes": "yes", "no": "no"}.get(answer, "not known")
        sentence = f"{dimension.question} {said.capitalize()}: {points} points, weight {weight}{why}."
        yield Line(dimension.key, dimension.title, answer, points, weight, points * weight, sentence)


def _criticality_line(content: Rubric, criticality: str | None) -> Line:
    points = content.criticality.points(criticality)
    known = criticality or "unknown"
    return Line(
        CRITICALITY, "Criticality", known, points, 1, points, f"The workflow's criticality is {known}: {points} points."
    )


def _answered(content: Rubric, answers: Mapping[str, str]) -> bool:
    return any(answers.get(dimension.key) in ("yes", "no") for dimension in content.dimensions)


def _threshold(content: Rubric, total: int) -> Threshold:
    """The highest threshold that `total` reaches; below all of them the lowest."""
    ordered = sorted(content.thresholds, key=lambda threshold: threshold.minimum)
    if not ordered:
        raise ValueError("the rubric has no thresholds")
    return next((threshold for threshold in reversed(ordered) if threshold.minimum <= total), ordered[0])


def _of_severity(content: Rubric, severity: str) -> Threshold | None:
    return next((threshold for threshold in content.thresholds if threshold.severity == severity), None)


def _signal(content: Rubric, criticality: str | None, hint: str | None) -> Signal | None:
    for signal in content.signals:
        if signal.hint in ("any", hint) and signal.criticality in ("any", criticality):
            return signal
    return None
