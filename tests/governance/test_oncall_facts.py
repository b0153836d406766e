"""On-call schedules: what their tables refuse, and how the rules get to know them."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from governance.documents.facts import LayerFacts, OverrideFacts, Window
from governance.models import Layer, LayerMember, Schedule
from governance.reads import people
from portal.history import model_of
from tests import factories_governance as make
from tests.factories_governance import NOW, _action
from tests.factories_oncall import make_layer, make_override, make_schedule

pytestmark = pytest.mark.django_db


def test_facts_hold_layers_in_their_order_with_people_in_turn() -> None:
    company = make.make_company()
    schedule = make_schedule("night", team=company.team, zone="Europe/Berlin")
    windows = [{"weekdays": [5, 6], "from": "20:00", "to": "08:00"}]
    make_layer(schedule, company.lead, key="weekend", order=2, rotation="daily", windows=windows)
    make_layer(schedule, company.second, company.responder, key="base", order=1, every=2, ends_on=date(2026, 12, 31))
    found = people.facts(NOW).schedules[schedule.pk]
    assert (found.name, found.zone, found.key) == ("Night", "Europe/Berlin", "night")
    assert found.layers == (
        LayerFacts(
            *("base", (company.second.pk, company.responder.pk), "weekly", 2, time(8), 0, date(2026, 1, 5)),
            date(2026, 12, 31),
        ),
        LayerFacts(
            *("weekend", (company.lead.pk,), "daily", 1, time(8), 0, date(2026, 1, 5), None),
            (Window(frozenset({5, 6}), time(20), time(8)),),
        ),
    )


def test_facts_hold_overrides_that_are_not_over_the_latest_made_last() -> None:
    company = make.make_company()
    schedule = make_schedule(team=company.team)
    hour = timedelta(hours=1)
    make_override(schedule, company.lead, NOW - 2 * hour, NOW, by=company.admin)
    make_override(schedule, company.lead, NOW + hour, NOW + 3 * hour, by=company.admin)
    make_override(schedule, None, NOW, NOW + 2 * hour, by=company.admin)
    assert people.facts(NOW).schedules[schedule.pk].overrides == (
        OverrideFacts(NOW + hour, NOW + 3 * hour, company.lead.pk),
        OverrideFacts(NOW, NOW + 2 * hour, None),
    )


def test_a_schedule_without_layers_is_known_and_a_retired_one_is_not() -> None:
    company = make.make_company()
    empty, retired = make_schedule(team=company.team), make_schedule(team=company.team)
    with _action(NOW):
        retired.is_active = False
        retired.save(update_fields=["is_active"])
    assert {pk: item.layers for pk, item in people.facts(NOW).schedules.items()} == {empty.pk: ()}


def test_schedules_are_read_in_two_queries(django_assert_num_queries: Any) -> None:
    company = make.make_company()
    for _ in range(5):
        schedule = make_schedule(team=company.team, people=(company.responder, company.second))
        make_override(schedule, None, NOW, NOW + timedelta(hours=1), by=company.admin)
    with django_assert_num_queries(5):
        assert len(people.facts(NOW).schedules) == 5


def test_yaml_calls_a_schedule_by_its_key() -> None:
    company = make.make_company()
    schedule, directory = make_schedule("night", team=company.team), people.Directory()
    directory = people.Directory()
    assert directory.find("schedule", " Night ") == schedule.pk
    assert directory.name("schedule", schedule.pk) == "night"


@pytest.mark.parametrize(
    "wrong",
    [
        {"rotation": "monthly"},
        {"every": 0},
        {"every": 367},
        {"weekday": 7},
        {"ends_on": date(2026, 1, 4)},
        {"key": "base"},
    ],
    ids=str,
)
def test_the_table_refuses_layers_that_cannot_be(wrong: dict[str, Any]) -> None:
    schedule = make_schedule(team=make.make_team())
    make_layer(schedule, key="base")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_layer(schedule, **wrong)
    assert Layer.objects.count() == 1


def test_the_table_refuses_two_people_in_one_turn() -> None:
    company = make.make_company()
    layer = make_layer(make_schedule(team=company.team), company.lead)
    with pytest.raises(IntegrityError), transaction.atomic(), _action(NOW):
        LayerMember.objects.create(layer=layer, person=company.second, position=0)
    assert LayerMember.objects.count() == 1


def test_the_table_refuses_overrides_that_end_before_they_start_or_say_no_reason() -> None:
    company = make.make_company()
    schedule = make_schedule(team=company.team)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_override(schedule, None, NOW, NOW, by=company.admin)
    with pytest.raises(IntegrityError), transaction.atomic(), _action(NOW):
        schedule.overrides.create(from_at=NOW, until_at=NOW + timedelta(hours=1), why="", by=company.admin)
    assert schedule.overrides.count() == 0


def test_the_table_refuses_a_schedule_without_a_zone() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_schedule(team=make.make_team(), zone="")
    assert Schedule.objects.count() == 0


def test_an_unknown_zone_is_refused_in_words() -> None:
    schedule = Schedule(key="night", name="Night", team=make.make_team(), zone="Europe/Atlantis")
    with pytest.raises(ValidationError) as refused:
        schedule.full_clean()
    assert refused.value.message_dict == {
        "zone": ["“Europe/Atlantis” is not a time zone. Write it like Europe/Berlin."]
    }


@pytest.mark.parametrize(
    "windows",
    [
        "Mon-Fri",
        [{"weekdays": [], "from": "08:00", "to": "18:00"}],
        [{"weekdays": [7], "from": "08:00", "to": "18:00"}],
        [{"weekdays": [0], "from": "08:00", "to": "24:00"}],
        [{"weekdays": [0], "from": "08:00"}],
        [{"weekdays": [True], "from": "08:00", "to": "18:00"}],
    ],
    ids=str,
)
def test_windows_that_cannot_be_are_refused(windows: Any) -> None:
    layer = Layer(schedule=make_schedule(team=make.make_team()), key="base", starts_on=date(2026, 1, 5))
    layer.windows = windows
    with pytest.raises(ValidationError) as refused:
        layer.full_clean()
    assert list(refused.value.message_dict) == ["windows"]


def test_everything_about_a_schedule_is_kept_in_its_history() -> None:
    company = make.make_company()
    schedule = make_schedule(team=company.team, people=(company.responder, company.second))
    make_override(schedule, None, NOW, NOW + timedelta(hours=1), by=company.admin)
    kept = [model_of(model).objects.count() for model in (Schedule, Layer, LayerMember)]
    assert kept == [1, 1, 2]
    assert schedule.overrides.get().history.get().reason == "set up"
