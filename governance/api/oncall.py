"""On-call for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from governance.api.schemas import Key, PersonOut
from governance.reads import duty
from governance.reads.sentences import said
from governance.rules import oncall as rules
from portal.api import ERRORS

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


@router.get("/oncall", response={200: OncallOut, **ERRORS}, summary="Who is on call now, and who is next")
def oncall(request: HttpRequest, team: Key = "", schedule: Key = "") -> dict[str, Any]:
    at = timezone.now()
    turns, folk = duty.turns(at=at, team=team, schedule=schedule)

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
