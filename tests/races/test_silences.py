"""A silence ends or is lifted while events arrive: none is lost, none is told twice."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from incidents.models import EscalationRun, Event, Incident, Silence, Source
from incidents.services import receive, silences, sources
from portal import timers
from tests import factories_governance as make
from tests.factories_incidents import violations
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company() -> make.Company:
    return make.make_company(at=make.YESTERDAY)


@pytest.fixture
def source(company: make.Company) -> Source:
    found, _secrets = sources.set_up(
        key="shop", format="generic", workflow=company.workflow, by=None, at=timezone.now()
    )
    return found


def event(source: Source, group: str, number: int, *, action: str = "trigger") -> Callable[[], Any]:
    content: dict[str, Any] = {"title": f"Failed: {group}", "dedup_key": group, "action": action}
    arrival = receive.Arrival(**content, event_id=f"{group}-{number}", body=content, body_hash=f"{group}-{number}")
    return lambda: receive.receive(source=source, arrival=arrival, at=timezone.now())


def silence(company: make.Company, source: Source, ends_at: datetime | None = None) -> Silence:
    now = timezone.now()
    ends_at = ends_at or now + timedelta(hours=1)
    return silences.plan(source=source, starts_at=now, ends_at=ends_at, reason="Upgrade", by=company.responder, at=now)


def clock() -> timers.Fired:
    return timers.fire_due()


def settle(made: Silence) -> None:
    """Until the silence has ended."""
    for _round in range(20):
        clock()
        if Silence.objects.filter(pk=made.pk, ended_at__isnull=False).exists():
            return
    raise AssertionError("the silence never ends")


def test_events_that_arrive_while_a_silence_is_lifted_all_reach_an_incident(
    company: make.Company, source: Source
) -> None:
    for turn in range(6):
        made = silence(company, source)
        event(source, f"{turn}-before", 0)()

        def lift(made: Silence = made) -> None:
            silences.lift(silence=made, by=company.responder, at=timezone.now())
            clock()

        at_once(lift, *[event(source, f"{turn}-{number}", number) for number in range(4)])
        settle(made)
        lost = Event.objects.filter(incident=None)
        assert list(lost) == []
    assert Incident.objects.count() == EscalationRun.objects.count() == 6 * 5
    assert violations() == []


def test_one_group_that_fails_on_both_sides_of_the_end_is_one_incident(company: make.Company, source: Source) -> None:
    for turn in range(6):
        made = silence(company, source)
        event(source, f"group-{turn}", 0)()
        silences.lift(silence=made, by=company.responder, at=timezone.now())
        at_once(clock, *[event(source, f"group-{turn}", number) for number in (1, 2)])
        settle(made)
        found = set(Event.objects.filter(group_key=f"group-{turn}").values_list("incident", flat=True))
        assert len(found) == 1 and None not in found
    assert violations() == []


def test_a_resolve_at_the_very_end_leaves_nothing_open(company: make.Company, source: Source) -> None:
    for turn in range(6):
        made = silence(company, source)
        event(source, f"group-{turn}", 0)()
        silences.lift(silence=made, by=company.responder, at=timezone.now())
        at_once(clock, event(source, f"group-{turn}", 1, action="resolve"))
        settle(made)
    assert not Incident.objects.open().exists()
    assert violations() == []


def test_two_clocks_end_a_silence_once(company: make.Company, source: Source) -> None:
    made = silence(company, source)
    for number in range(5):
        event(source, f"group-{number}", 0)()
    silences.lift(silence=made, by=company.responder, at=timezone.now())
    at_once(clock, clock)
    settle(made)
    assert Incident.objects.count() == 5
    assert violations() == []
