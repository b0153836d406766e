"""What programs read about the playbook of an incident and how far it was carried out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field


class DoerOut(Schema):
    id: UUID
    name: str


class ScenarioOut(Schema):
    key: str
    title: str


class StepOut(Schema):
    """One step of the course. `by` and `at`: who ended it when, else who has taken it since when."""

    key: str
    title: str
    does: str = Field(description="Kind of the step: scope, containment, action, gate, rollback, …")
    state: Literal["done", "changed", "skipped", "now", "ahead", "later"]
    locked: str = Field(description="Why it may not begin yet; empty: it may.")
    option: str = Field(description="Key of the way that was chosen at a gate.")
    reason: str = Field(description="Why it was changed or skipped.")
    by: DoerOut | None
    at: datetime | None


class CourseOut(Schema):
    """How far a scenario of the playbook was carried out. `scope` says whether scope and aim are agreed on."""

    scenario: ScenarioOut | None = Field(description="Null: none was chosen yet.")
    scope: Literal["missing", "open", "objected", "agreed", "overruled"]
    finished: int
    total: int = Field(description="Steps in all; the least, where a gate still lies ahead.")
    next: str | None = Field(description="Key of the step whose turn it is; null at the end.")
    steps: list[StepOut]
