"""How severe: an integer score from answers, criticality and the department's weights (D25-D28)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.rubric import Rubric


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
    gave always counts for more than a hint.
    """
    raise NotImplementedError
