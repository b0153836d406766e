"""On-call schedules as plain facts for the rules."""

from collections import defaultdict
from datetime import datetime, time
from typing import Any
from uuid import UUID

from governance.documents.facts import LayerFacts, OverrideFacts, ScheduleFacts, Window
from governance.models import Override, Schedule
from portal import prepared

_layers = prepared.Question(
    lambda: (
        Schedule.objects.filter(is_active=True)
        .order_by("pk", "layers__order", "layers__pk", "layers__members__position")
        .values_list(
            *("pk", "name", "zone", "key"),
            *("layers__pk", "layers__key", "layers__rotation", "layers__every", "layers__handover", "layers__weekday"),
            *("layers__starts_on", "layers__ends_on", "layers__windows", "layers__members__person_id"),
        )
    )
)
_overrides = prepared.Question(
    lambda: (
        Override.objects.after(prepared.Given("at", Override, "until_at"))  # type: ignore[arg-type]
        .filter(schedule__is_active=True)
        .values_list("schedule_id", "from_at", "until_at", "person_id")
    )
)


def facts(at: datetime) -> dict[UUID, ScheduleFacts]:
    """Every active schedule, without the overrides that have ended by `at`; two queries, one when there is none."""
    rows = _layers()
    if not rows:
        return {}
    overrides: dict[UUID, list[OverrideFacts]] = defaultdict(list)
    for pk, start, end, person in _overrides(at=at):
        overrides[pk].append(OverrideFacts(start, end, person))
    names: dict[UUID, tuple[str, str, str]] = {}
    layers: dict[UUID, dict[UUID, tuple[Any, ...]]] = defaultdict(dict)
    people: dict[UUID, list[UUID]] = defaultdict(list)
    for pk, name, zone, key, layer, *values, person in rows:
        names[pk] = name, zone, key
        if layer is not None:
            layers[pk][layer] = tuple(values)
        if person is not None:
            people[layer].append(person)
    return {
        pk: ScheduleFacts(
            pk,
            name,
            zone,
            tuple(_layer(tuple(people[layer]), *values) for layer, values in layers[pk].items()),
            tuple(overrides[pk]),
            key,
        )
        for pk, (name, zone, key) in names.items()
    }


def _layer(people: tuple[UUID, ...], key: str, *values: Any) -> LayerFacts:
    rotation, every, handover, weekday, starts_on, ends_on, windows = values
    return LayerFacts(
        key, people, rotation, every, handover, weekday, starts_on, ends_on, tuple(_window(item) for item in windows)
    )


def _window(item: dict[str, Any]) -> Window:
    """A window as the table keeps it: ``{"weekdays": [0..6], "from": "HH:MM", "to": "HH:MM"}``."""
    return Window(frozenset(item["weekdays"]), time.fromisoformat(item["from"]), time.fromisoformat(item["to"]))
