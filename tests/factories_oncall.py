"""Plain factories of on-call schedules."""

import itertools
from datetime import date, datetime, time
from typing import Any

from governance.models import Layer, LayerMember, Override, Schedule
from portal.models import Team, User
from tests.factories_governance import NOW, _action

_number = itertools.count(1)


def make_schedule(
    key: str = "", *, team: Team, people: tuple[User, ...] = (), at: datetime = NOW, zone: str = "UTC", **layer: Any
) -> Schedule:
    """An active schedule; with `people` they take turns in one layer, a week each from Monday 08:00 on."""
    key = key or f"schedule-{next(_number)}"
    with _action(at):
        schedule = Schedule(key=key, name=key.replace("-", " ").capitalize(), team=team, zone=zone)
        schedule.save()
    if people:
        make_layer(schedule, *people, at=at, **layer)
    return schedule


def make_layer(schedule: Schedule, *people: User, at: datetime = NOW, **values: Any) -> Layer:
    values = {"key": f"layer-{next(_number)}", "handover": time(8), "starts_on": date(2026, 1, 5)} | values
    with _action(at):
        layer = Layer.objects.create(schedule=schedule, **values)
        for position, person in enumerate(people):
            LayerMember.objects.create(layer=layer, person=person, position=position)
    return layer


def make_override(
    schedule: Schedule, person: User | None, from_at: datetime, until_at: datetime, *, by: User, at: datetime = NOW
) -> Override:
    with _action(at):
        return Override.objects.create(
            schedule=schedule, person=person, from_at=from_at, until_at=until_at, why="swapped", by=by
        )
