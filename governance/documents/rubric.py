"""The triage rubric: from answers or a signal to severity, priority and path (D25-D28)."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from governance.documents.base import (
    Content,
    CriticalityOrAny,
    Key,
    Part,
    Scope,
    Severity,
    SeverityOrAny,
    Target,
    Text,
    Title,
)

Answer = Literal["yes", "no", "unknown"]
ANSWERS: tuple[Answer, ...] = ("yes", "no", "unknown")
Points = Annotated[int, Field(ge=0, le=1000)]
Weight = Annotated[int, Field(ge=0, le=100)]


class Dimension(Part):
    """One question in business words; the answer's points times the weight count (D26)."""

    key: Key
    title: Title
    question: Title
    weight: Weight = 1
    yes: Points
    no: Points
    unknown: Points

    def points(self, answer: str) -> int:
        return {"yes": self.yes, "no": self.no}.get(answer, self.unknown)


class CriticalityPoints(Part):
    """Points added for the workflow's criticality; `unknown` when the workflow is not known."""

    high: Points = 0
    medium: Points = 0
    low: Points = 0
    unknown: Points = 0

    def points(self, criticality: str | None) -> int:
        return {"high": self.high, "medium": self.medium, "low": self.low}.get(criticality or "", self.unknown)


class DimensionWeight(Part):
    """A department's own weight of one dimension; `key` is the dimension's key."""

    key: Key
    weight: Weight


class Appetite(Part):
    """How a department weighs the dimensions (risk appetite, D27)."""

    key: Key
    department: UUID
    weights: tuple[DimensionWeight, ...] = ()
    reason: Text = ""


class Threshold(Part):
    """From this total on: severity, priority, path, and what to do now and what may wait.

    `targets` are specialists who are told besides the ladder as soon as the threshold holds (D9).
    """

    key: Key
    minimum: Annotated[int, Field(ge=0, le=10_000_000)]
    severity: Severity
    priority: Literal["p1", "p2", "p3", "p4"]
    path: Key | None = None
    do_now: Text = ""
    may_wait: Text = ""
    targets: tuple[Target, ...] = ()


class Signal(Part):
    """An event without answers: the first rule whose conditions hold gives the severity."""

    key: Key
    title: Title
    hint: SeverityOrAny = "any"
    criticality: CriticalityOrAny = "any"
    severity: Severity


class Cause(Part):
    """Symptom and likely causes, for whoever triages (D85)."""

    key: Key
    symptom: Title
    causes: tuple[Title, ...] = ()


class Rubric(Content):
    """The content of kind `rubric`."""

    scope: Scope = Scope()
    dimensions: tuple[Dimension, ...] = ()
    criticality: CriticalityPoints = CriticalityPoints()
    departments: tuple[Appetite, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    signals: tuple[Signal, ...] = ()
    symptoms: tuple[Cause, ...] = ()

    @cached_property
    def appetite_by_department(self) -> dict[UUID, Appetite]:
        return {appetite.department: appetite for appetite in self.departments}
