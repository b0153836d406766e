"""Two connections at once on one incident: an answer and the clock, and two answers."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from incidents.models import EscalationEvent, EscalationRun, Incident, TimelineEntry
from incidents.services import escalation
from incidents.services import incidents as services
from portal import timers
from portal.models import AuditEntry, Message, Timer
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.factories_incidents import armed, fresh, make_incident, run_of, verbs, violations
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

TRIES = 1000
WINDOW = timedelta(minutes=15)


def patient_policy() -> dict[str, Any]:
    """The usual policy without timeboxes that fall into the race."""
    content = make.escalation_policy(leadership="leadership")
    content["timeboxes"] = [{"key": "any", "severity": "any", "triage_minutes": 600, "decision_minutes": 600}]
    return content


def many(company: make.Company, count: int) -> list[Incident]:
    """Incidents whose second level is due a second apart, each."""
    incidents: list[Incident] = []

    def file(start: int) -> Callable[[], None]:
        def run() -> None:
            for number in range(start, count, 2):
                incidents.append(make_incident(company, at=NOW + timedelta(seconds=number)))

        return run

    at_once(file(0), file(1), patience=300)
    return sorted(incidents, key=lambda incident: incident.reported_at)


def side_by_side(*jobs: Callable[[Incident, datetime], Any], incidents: Iterable[Incident]) -> list[list[Any]]:
    """For each incident run all jobs at the moment its second level is due, each job in its own connection."""
    barrier = threading.Barrier(len(jobs))

    def walker(job: Callable[[Incident, datetime], Any]) -> Callable[[], list[Any]]:
        def walk() -> list[Any]:
            results = []
            for incident in incidents:
                at = incident.reported_at + WINDOW
                barrier.wait(30)
                try:
                    results.append(job(incident, at))
                except BaseException:
                    barrier.abort()
                    raise
            return results

        return walk

    return at_once(*[walker(job) for job in jobs], patience=300)


def answered_at_once(incident: Incident, order: list[str]) -> str:
    """Which of the two came first, by what the timeline says; a call after the answer fails the test."""
    answered = order.index("acknowledged")
    assert "told" not in order[answered:], f"{incident.reference} told somebody after the answer: {order}"
    return "answer" if order[:answered].count("told") == 1 else "clock"


def test_nothing_fires_after_an_answer_in_a_thousand_tries_and_nothing_deadlocks() -> None:
    company = make.make_company(policy=patient_policy())
    incidents = many(company, TRIES)
    runs = {run.incident_id: run for run in EscalationRun.objects.select_related("incident")}

    def answer(incident: Incident, at: datetime) -> None:
        late = incident.reported_at.second % 15
        with connection.cursor() as cursor:  # the clock needs some statements before it locks: meet it everywhere
            for _ in range(4 * late):
                cursor.execute("SELECT 1")
        escalation.acknowledge(run=runs[incident.pk], by=company.responder, at=at)

    fired = side_by_side(answer, lambda _incident, at: timers.fire_due(at=at), incidents=incidents)[1]
    assert sum(result.parked for result in fired) == 0
    first: Counter[str] = Counter()
    lines = TimelineEntry.objects.order_by("incident_id", "id").values_list("incident_id", "verb")
    for pk, group in itertools.groupby(lines, key=lambda line: line[0]):
        first[answered_at_once(runs[pk].incident, [verb for _pk, verb in group])] += 1
    assert sum(first.values()) == TRIES
    assert min(first["answer"], first["clock"]) > 0, f"the race had one winner only: {first}"
    assert EscalationRun.objects.filter(state="acknowledged").count() == TRIES
    assert not Timer.objects.filter(state="armed", kind="escalation.step").exists()
    assert EscalationEvent.objects.filter(outcome="told").count() == TRIES + first["clock"]
    print(f"\n{TRIES} tries: the answer came first {first['answer']} times, the clock {first['clock']} times")

    before = EscalationEvent.objects.count(), Message.objects.count()
    timers.fire_due(at=NOW + 3 * WINDOW)  # the windows of all levels are over, no follow-up is due yet
    assert (EscalationEvent.objects.count(), Message.objects.count()) == before
    assert violations() == []


def test_of_two_answers_exactly_one_wins_and_the_other_is_told_who_was_faster() -> None:
    company = make.make_company()

    def answer(by: Any) -> Callable[[Incident, datetime], str]:
        def job(incident: Incident, at: datetime) -> str:
            try:
                escalation.acknowledge(run=run_of(incident), by=by, at=at)
            except escalation.NotAnswerable as error:
                return str(error)
            return "won"

        return job

    incidents = many(company, 25)
    one, two = side_by_side(answer(company.responder), answer(company.second), incidents=incidents)
    winners = {}
    for incident, mine, other in zip(incidents, one, two, strict=True):
        assert [mine, other].count("won") == 1
        winner, refusal = (company.responder, other) if mine == "won" else (company.second, mine)
        assert refusal == f"{winner} has already answered. Nothing was changed."
        assert run_of(incident).acknowledged_by == fresh(incident).lead == winner
        assert verbs(incident).count("acknowledged") == 1
        winners[incident.pk] = winner
    assert AuditEntry.objects.filter(verb="incident.acknowledged").count() == len(incidents)
    assert Message.objects.filter(event="incident.acknowledged", channel="inbox").count() == sum(
        incident.participants.exclude(user=winners[incident.pk]).exclude(role="reporter").count()
        for incident in incidents
    )
    assert violations() == []


def test_an_answer_and_a_resolution_at_once_leave_no_timer_that_could_tell_somebody() -> None:
    company = make.make_company(policy=patient_policy())
    incidents = many(company, 30)

    def answer(incident: Incident, at: datetime) -> str:
        try:
            return escalation.acknowledge(run=run_of(incident), by=company.responder, at=at).state
        except escalation.NotAnswerable:
            return "ended"

    def resolve(incident: Incident, at: datetime) -> None:
        services.resolve(incident=incident, resolution="Restarted.", checked="Orders come.", by=company.second, at=at)

    side_by_side(answer, resolve, lambda _incident, at: timers.fire_due(at=at), incidents=incidents)
    for incident in incidents:
        run = run_of(incident)
        assert (run.state, run.incident.state) == ("stopped", "resolved")
        assert not [kind for kind in armed(run) if kind.startswith("escalation.")]
        order = verbs(incident)
        assert "told" not in order[order.index("resolved") :]
    assert violations() == []


def test_two_clocks_take_each_step_of_many_incidents_once() -> None:
    company = make.make_company(policy=patient_policy())
    incidents = many(company, 60)
    late = NOW + WINDOW + timedelta(minutes=5)
    results = at_once(*[lambda: timers.fire_due(at=late)] * 3)
    assert sum(result.parked for result in results) == 0
    timers.fire_due(at=late)  # what all three had left because somebody held the incident
    assert not Timer.objects.filter(state="armed", due_at__lte=late).exists()
    for incident in incidents:
        told = EscalationEvent.objects.filter(run__incident=incident, outcome="told").order_by("id")
        assert list(told.values_list("level_key", "user__name")) == [("on-call", "Responder"), ("second", "Second")]
    assert Timer.objects.filter(kind="escalation.step", state="fired").count() == len(incidents)
    assert Message.objects.filter(event="incident.level", channel="inbox").count() == 2 * len(incidents)
    assert violations() == []
