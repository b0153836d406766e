"""On-call for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Query, Router, Schema
from pydantic import Field

from governance.api.schemas import PersonOut, known
from governance.models import Schedule
from governance.reads import duty
from governance.reads.sentences import said
from governance.rules import oncall as rules
from portal.api import READ_ERRORS
from portal.api.fields import Key
from portal.models import Team

router = Router(tags=["on call"])


class DutyOut(Schema):
    """`person` answers from `from_at` until `until_at`."""

    person: PersonOut
    from_at: datetime
    until_at: datetime
    why: str


class TurnOut(Schema):
    """`now` is null when nobody is on call."""

    schedule: str
    name: str
    team: str
    zone: str
    now: DutyOut | None
    next: DutyOut | None


class OncallOut(Schema):
    at: datetime
    schedules: list[TurnOut]


class OncallIn(Schema):
    """Keys; empty: all."""

    team: Key = Field(default="", description="Key of a team; empty: all.")
    schedule: Key = Field(default="", description="Key of a schedule; empty: all.", examples=["order-sync"])


@router.get(
    "/oncall",
    response={200: OncallOut, **READ_ERRORS},
    operation_id="oncall",
    summary=gettext_noop("Who is on call now, and who is next"),
    description="Every schedule in use, with whoever answers now and whoever follows. `now` is null for nobody.",
)
def oncall(request: HttpRequest, asked: Query[OncallIn]) -> dict[str, Any]:
    at = timezone.now()
    for model, field, key in ((Team, "team", asked.team), (Schedule, "schedule", asked.schedule)):
        known(model, field, key)
    turns, folk = duty.turns(at=at, team=asked.team, schedule=asked.schedule)

    def shown(item: rules.Duty | None) -> dict[str, Any] | None:
        if item is None:
            return None
        person = {"id": item.person, "name": folk.people[item.person].name}
        return {"person": person, "from_at": item.from_at, "until_at": item.until_at, "why": said(item.sentence)}

    found = [
        {
            "schedule": turn.schedule.key,
            "name": turn.schedule.name,
            "team": turn.schedule.team.key,
            "zone": turn.schedule.zone,
            "now": shown(turn.now),
            "next": shown(turn.then),
        }
        for turn in turns
    ]
    return {"at": at, "schedules": found}
