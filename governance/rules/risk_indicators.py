"""How much a process puts at risk, from what happened to it and what was left undone; each point has its reason (D105).

Pure: facts in, points with reasons out. The points of one process are at most 100; they order processes, they do not
measure money.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Level = Literal["high", "raised", "low"]
Key = Literal["criticality", "severe", "impact", "came_back", "nobody", "hours", "overdue", "long_term", "not_helped"]
HIGH, RAISED = 50, 25
"""Points from which on a risk is high, or raised."""
CRITICALITY = {"high": 20, "medium": 10, "low": 0}


@dataclass(frozen=True)
class Facts:
    """What is known of one process in a period.

    `impact` is the mean score of impact (0: none was scored), `hours` how long it did not work in all. `overdue` are
    actions and reviews after their time, `long_term` open actions for later, `not_helped` actions without effect.
    """

    criticality: str = "medium"
    incidents: int = 0
    severe: int = 0
    impact: float = 0.0
    came_back: int = 0
    nobody: int = 0
    hours: float = 0.0
    overdue: int = 0
    long_term: int = 0
    not_helped: int = 0


@dataclass(frozen=True)
class Reason:
    """Points for one thing; `count` is its number."""

    key: Key
    points: int
    count: float


@dataclass(frozen=True)
class Risk:
    """All reasons, those with most points first."""

    reasons: tuple[Reason, ...]

    @property
    def points(self) -> int:
        return min(100, sum(reason.points for reason in self.reasons))

    @property
    def level(self) -> Level:
        return "high" if self.points >= HIGH else "raised" if self.points >= RAISED else "low"


def judge(facts: Facts) -> Risk:
    """What speaks for a risk. Nothing happened and nothing is overdue: no risk, however critical the process is."""
    found = list(_happened(facts))
    if found:
        points = CRITICALITY.get(facts.criticality, CRITICALITY["medium"])
        found += [Reason("criticality", points, 0)] if points else []
    return Risk(tuple(sorted(found, key=lambda reason: (-reason.points, reason.key))))


def _happened(facts: Facts) -> Iterator[Reason]:
    counted: Iterable[tuple[Key, float, float, int]] = (  # key, how many, points for each, points at most
        ("severe", facts.severe, 8, 24),
        ("came_back", facts.came_back, 7, 21),
        ("nobody", facts.nobody, 5, 10),
        ("overdue", facts.overdue, 5, 15),
        ("not_helped", facts.not_helped, 5, 10),
        ("long_term", facts.long_term, 2, 8),
        ("hours", facts.hours, 0.5, 12),
    )
    for key, count, each, most in counted:
        points = min(most, round(count * each))
        if points > 0:
            yield Reason(key, points, count)
    if facts.incidents and facts.impact > 0:
        points = min(10, round(facts.impact / 10))
        if points:
            yield Reason("impact", points, facts.impact)
