"""Events and beats at once: exactly one incident where the count is reached, none lost where a beat comes."""

import itertools
from typing import Any

import pytest

from incidents.models import Beat, Event, Incident
from incidents.services import beats, receive, sources
from portal import timers
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.factories_incidents import later, make_beat, violations
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
numbers = itertools.count(1)


def counting(count: int) -> Any:
    """A company whose policy counts, and what sends one event of the group."""
    row = {"key": "many", "title": "Many", "kind": "count", "count": count, "minutes": 10}
    policy = make.escalation_policy(leadership="leadership") | {"triggers": [row]}
    company = make.make_company(policy=policy)
    source, _secrets = sources.set_up(key="shop", format="generic", workflow=company.workflow, by=None, at=NOW)

    def send() -> receive.Received:
        name = f"event-{next(numbers)}"
        arrival = receive.Arrival(title="Stopped", event_id=name, dedup_key="orders", body_hash=name)
        return receive.receive(source=source, arrival=arrival, at=later(1))

    return send


@pytest.mark.parametrize("before", [3, 4])
def test_events_at_once_around_the_count_open_one_incident(before: int) -> None:
    send = counting(5)
    for _ in range(before):
        send()
    answers = at_once(send, send, send)
    assert all(isinstance(answer, receive.Received) for answer in answers), answers
    incident = Incident.objects.get()
    assert set(Event.objects.values_list("incident", flat=True)) == {incident.pk}
    assert Event.objects.filter(outcome="opened").count() == 1
    assert violations() == []


def test_a_beat_that_comes_while_the_clock_finds_it_missing_is_not_lost() -> None:
    company = make.make_company()
    for number in range(8):
        beat, token = make_beat(company, key=f"beat-{number}", name=f"Beat {number}")
        beats.beat(token=token, at=NOW)
        at_once(
            lambda: timers.fire_due(at=later(65)),
            lambda token=token: beats.beat(token=token, at=later(65)),  # type: ignore[misc]
        )
        timers.fire_due(at=later(66))
        found = Beat.objects.get(pk=beat.pk)
        assert (found.state, found.due_at) == ("up", later(130))
        assert found.incident is None or found.incident.state == "resolved"
    assert violations() == []
