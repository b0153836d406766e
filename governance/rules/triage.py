"""How severe: an integer score from answers, criticality and the department's weights (D25-D28)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from governance.documents.base import Pinned, Target
from governance.documents.rubric import ANSWERS, Rubric, Signal, Threshold
from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _

CRITICALITY = "criticality"
"""The key of the breakdown's last line."""

BY_TOTAL = _("%(severity)s, because the total is %(total)d and %(severity)s starts at %(minimum)d.")
BY_SIGNAL = _("%(severity)s, because nobody has answered yet and the signal says: %(signal)s.")
SAID = {"yes": _("Yes"), "no": _("No"), "unknown": _("Not known")}
LINE = _("%(question)s %(answer)s: %(points)d points, weight %(weight)d.")
OWN_LINE = _("%(question)s %(answer)s: %(points)d points, weight %(weight)d (the department's own weight).")
CRITICALITY_TITLE = _("Criticality")
CRITICALITIES = {
    "high": _("The workflow's criticality is high: %(points)d points."),
    "medium": _("The workflow's criticality is medium: %(points)d points."),
    "low": _("The workflow's criticality is low: %(points)d points."),
    "unknown": _("The workflow's criticality is unknown: %(points)d points."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the breakdown: `points` x `weight` = `total`; `answer` yes, no, unknown or a criticality."""

    key: str
    title: str
    answer: str
    points: int
    weight: int
    total: int
    sentence: Sentence


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
    sentence: Sentence


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
    rule, said = threshold.key, {"severity": threshold.severity.upper(), "total": total, "minimum": threshold.minimum}
    sentence = BY_TOTAL % said
    if signal is not None:
        rule, sentence = signal.key, BY_SIGNAL % {"severity": signal.severity.upper(), "signal": signal.title}
        threshold = threshold_of(content, signal.severity) or threshold.model_copy(update={"severity": signal.severity})
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
        sentence=sentence,
    )


def path(content: Rubric, verdict: Score, severity: str) -> str:
    """Key of the policy path that holds at `severity`: the verdict's own, else its threshold's; "" = by rule (D25)."""
    return (verdict.path or "") if severity == verdict.severity else path_at(content, severity)


def specialists(content: Rubric, verdict: Score, severity: str) -> tuple[Target, ...]:
    """Whom the threshold of `severity` brings in: the one that decided, else the first that leads there (D9)."""
    decided = next((item for item in content.thresholds if item.key == verdict.rule), None)
    if decided is None or decided.severity != severity:
        decided = threshold_of(content, severity)
    return decided.targets if decided else ()


def path_at(content: Rubric, severity: str) -> str:
    """Key of the policy path that the rubric names for `severity`; "" = the policy's own rule."""
    threshold = threshold_of(content, severity)
    return (threshold.path if threshold else None) or ""


def _lines(content: Rubric, department: UUID | None, answers: Mapping[str, str]) -> Iterator[Line]:
    appetite = content.appetite_by_department.get(department) if department is not None else None
    own = {weight.key: weight.weight for weight in appetite.weights} if appetite else {}
    for dimension in content.dimensions:
        given = answers.get(dimension.key, "unknown")
        answer = given if given in ANSWERS else "unknown"
        points, weight = dimension.points(answer), own.get(dimension.key, dimension.weight)
        said = {"question": dimension.question, "answer": SAID[answer], "points": points, "weight": weight}
        sentence = (OWN_LINE if dimension.key in own else LINE) % said
        yield Line(dimension.key, dimension.title, answer, points, weight, points * weight, sentence)


def _criticality_line(content: Rubric, criticality: str | None) -> Line:
    points = content.criticality.points(criticality)
    known = criticality or "unknown"
    sentence = CRITICALITIES[known] % {"points": points}
    return Line(CRITICALITY, CRITICALITY_TITLE, known, points, 1, points, sentence)


def _answered(content: Rubric, answers: Mapping[str, str]) -> bool:
    return any(answers.get(dimension.key) in ("yes", "no") for dimension in content.dimensions)


def _threshold(content: Rubric, total: int) -> Threshold:
    """The highest threshold that `total` reaches; below all of them the lowest."""
    ordered = sorted(content.thresholds, key=lambda threshold: threshold.minimum)
    if not ordered:
        raise ValueError("the rubric has no thresholds")
    return next((threshold for threshold in reversed(ordered) if threshold.minimum <= total), ordered[0])


def threshold_of(content: Rubric, severity: str) -> Threshold | None:
    """The threshold that leads to `severity`; None when no total does."""
    return next((threshold for threshold in content.thresholds if threshold.severity == severity), None)


def _signal(content: Rubric, criticality: str | None, hint: str | None) -> Signal | None:
    for signal in content.signals:
        if signal.hint in ("any", hint) and signal.criticality in ("any", criticality):
            return signal
    return None
