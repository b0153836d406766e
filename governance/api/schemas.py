"""What several doors of the API say alike."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from portal.api.fields import Key, Name, SeverityOrAny, Text

Minutes = Annotated[int, Field(ge=1, le=43_200)]


class Question(Schema):
    """What one cell is about. `scope`: workflow:key, team:key, criticality:high or company."""

    scope: Name
    responsibility: Key
    severity: SeverityOrAny = "any"
    letter: Literal["R", "A", "C", "I"] = "A"


class CellEdit(Question):
    """A cell as it shall be. `holder` null: the row goes, the cell inherits. `token`: of the cell as you saw it."""

    model_config = ConfigDict(extra="forbid")

    holder: Name | None
    alternates: list[Name] = Field(default=[], max_length=20)
    acknowledge_minutes: Minutes | None = None
    decide_minutes: Minutes | None = None
    token: Annotated[Text, Field(max_length=64)] = Field(
        default="", description="As given with the row; empty when the cell had no row of its own."
    )


class PersonOut(Schema):
    """`ways`: channels in the order in which they are tried, beside the inbox."""

    id: UUID
    name: str
    ways: list[str] = []
    why: str = ""
