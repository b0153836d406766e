"""What several doors of the API say alike."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field

from governance.models import Workflow
from portal.api import Problem
from portal.api.fields import Key, Name, SeverityOrAny, Text

Minutes = Annotated[int, Field(ge=1, le=43_200)]


class Question(Schema):
    """What one cell is about. `scope`: workflow:key, team:key, criticality:high or company."""

    scope: Name = Field(examples=["workflow:order-sync"])
    responsibility: Key = Field(examples=["on_call"])
    severity: SeverityOrAny = "any"
    letter: Literal["R", "A", "C", "I"] = "A"


class CellEdit(Question):
    """A cell as it shall be. `holder` null: the row goes, the cell inherits. `token`: of the cell as you saw it."""

    model_config = ConfigDict(extra="forbid")

    holder: Name | None = Field(examples=["team:orders"])
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


def known(model: Any, field: str, key: str) -> Any:
    """The row of `model` (workflow, team, schedule) that is called `key`; None without a key. Raises Problem."""
    if not key:
        return None
    related = ("team",) if model is Workflow else ()
    found = model.objects.select_related(*related).filter(key=key).first()
    if found is None:
        raise Problem(422, "unacceptable", _("There is no “%(key)s”.") % {"key": key}, field=field)
    return found
