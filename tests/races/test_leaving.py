"""Somebody leaves in the moment in which the clock tells them, or answers, or sends the other administrator away."""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from governance.services import policies
from incidents.models import EscalationRun, Incident
from incidents.models.escalation import RunState
from incidents.services import escalation, leaving
from portal import access, locks, roles, timers
from portal.models import Timer, User
from portal.services import administrators
from portal.services import leaving as people
from portal.services import people as members
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.factories_incidents import make_incident, run_of, told
from tests.races.test_escalation import WINDOW, patient_policy
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

TRIES = 25


def leave(person: User, by: User, at: datetime) -> Callable[[], Any]:
    return lambda: people.deactivate(person=person, by=by, reason="left", at=at)


def back(person: User, by: User, at: datetime) -> None:
    people.reactivate(person=person, by=by, reason="again", at=at)


def test_whoever_is_told_while_they_leave_has_somebody_after_them() -> None:
    company, told_too = make.make_company(policy=patient_policy()), []
    for number in range(TRIES):
        at = NOW + timedelta(days=number)
        incident = make_incident(company, at=at)
        due = at + WINDOW  # the second level: the one who leaves
        results = at_once(leave(company.second, company.admin, due), lambda due=due: timers.fire_due(at=due))
        assert results[1].parked == 0
        timers.fire_due(at=due + leaving.SECOND_LOOK)
        run = run_of(incident)
        assert run.state == RunState.RUNNING
        told_too.append("Second" in told(incident))
        assert told(incident).count("Responder") == 2, f"nobody active was told: {told(incident)}"
        Incident.objects.filter(pk=incident.pk).update(state="closed")
        timers.cancel(subject=run, at=due, reason="next try")
        timers.cancel(subject=incident, at=due, reason="next try")
        back(company.second, company.admin, due + timedelta(hours=1))
    print(f"\n{TRIES} tries: the clock was faster {sum(told_too)} times")


def test_nobody_who_has_left_holds_an_incident_that_they_answered_in_that_moment() -> None:
    company = make.make_company(policy=patient_policy())
    for number in range(TRIES):
        at = NOW + timedelta(days=number)
        incident = make_incident(company, at=at)
        run, late = run_of(incident), at + timedelta(minutes=1)

        def answer(run: EscalationRun = run, late: datetime = late) -> None:
            with contextlib.suppress(access.Refused, escalation.NotAnswerable):
                escalation.acknowledge(run=run, by=User.objects.get(pk=company.responder.pk), at=late)

        at_once(leave(company.responder, company.admin, late), answer)
        timers.fire_due(at=late + leaving.SECOND_LOOK)
        run = run_of(incident)
        assert (run.state, run.acknowledged_by, run.incident.lead) == (RunState.RUNNING, None, None)
        assert told(incident) == ["Responder", "Second"]
        Incident.objects.filter(pk=incident.pk).update(state="closed")
        timers.cancel(subject=run, at=late, reason="next try")
        timers.cancel(subject=incident, at=late, reason="next try")
        back(company.responder, company.admin, late + timedelta(hours=1))


def test_two_administrators_cannot_send_each_other_away() -> None:
    pair = [make.make_person(name, role=roles.ADMIN) for name in ("ann", "ben")]
    refused = 0
    for number in range(TRIES):
        at = NOW + timedelta(days=number)

        def go(person: User, by: User, at: datetime = at) -> Callable[[], str]:
            def job() -> str:
                try:
                    leave(person, by, at)()
                except (people.DomainError, access.Refused) as error:
                    return str(error)
                return ""

            return job

        answers = at_once(go(pair[0], pair[1]), go(pair[1], pair[0]))
        refused += sum(map(bool, answers))
        here = list(User.objects.active().filter(pk__in=[one.pk for one in pair]))
        assert len(here) == 1, answers
        gone = next(one for one in pair if one not in here)
        back(gone, here[0], at + timedelta(hours=1))
    assert refused == TRIES


def test_two_administrators_cannot_take_the_role_from_each_other() -> None:
    pair = [make.make_person(name, role=roles.ADMIN) for name in ("ann", "ben")]
    for number in range(TRIES):
        at = NOW + timedelta(days=number)

        def end(person: User, by: User, at: datetime = at) -> Callable[[], str]:
            def job() -> str:
                try:
                    members.revoke_role(person=person, role=roles.ADMIN, by=by, reason="moved", at=at)
                except administrators.LastAdmin as error:
                    return str(error)
                return ""

            return job

        answers = at_once(end(pair[0], pair[1]), end(pair[1], pair[0]))
        assert sum(map(bool, answers)) == 1, answers
        here = administrators.active().get()
        gone = next(one for one in pair if one != here)
        members.grant_role(person=gone, role=roles.ADMIN, by=here, reason="again", at=at)


def test_the_clock_never_waits_for_somebody_who_looks_at_the_policy() -> None:
    make.make_company(policy=patient_policy())
    promised = Timer.objects.get(kind=policies.KIND, state="armed")
    with transaction.atomic():
        locks.hold([policies.KIND])  # as whoever leaves does, and then wants the timer
        (fired,) = at_once(lambda: timers.fire_due(at=promised.due_at), patience=20)
        assert (fired.left, fired.parked) == (1, 0)
    timers.fire_due(at=promised.due_at)
    promised.refresh_from_db()
    assert promised.state == "fired"
    assert Timer.objects.filter(kind=policies.KIND, state="armed").count() == 1
