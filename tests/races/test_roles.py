"""Two people at once on one role: exactly one holds it, and the other is told who does."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from incidents.models import RoleAssignment
from incidents.services import role_moves
from portal import timers
from portal.errors import DomainError
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_incident, violations
from tests.incidents.role_scenes import COMMANDER, COMMS, held, holds, make_led, pass_on, take, with_roles
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TRIES = 12


@pytest.fixture
def company() -> Company:
    found = make.make_company()
    with_roles(found)
    return found


def tried(call: Callable[[], Any]) -> Callable[[], str]:
    def job() -> str:
        try:
            call()
        except DomainError as error:
            return str(error)
        return "won"

    return job


def test_of_two_who_take_the_command_at_once_exactly_one_has_it(company: Company) -> None:
    for _ in range(TRIES):
        incident = make_incident(company)
        command = partial(role_moves.assume, incident=incident, role=COMMANDER, at=later(1))
        said = at_once(tried(partial(command, by=company.responder)), tried(partial(command, by=company.second)))
        assert sorted(word == "won" for word in said) == [False, True]
        winner = ("Responder", "Second")[said.index("won")]
        assert f"{winner} has already answered" in next(word for word in said if word != "won")
        assert (fresh(incident).lead.name, holds(incident, COMMANDER)) == (winner, winner)  # type: ignore[union-attr]
        assert RoleAssignment.objects.filter(incident=incident).count() == 1
    assert violations() == []


def test_of_two_who_take_a_free_role_at_once_exactly_one_has_it(company: Company) -> None:
    for _ in range(TRIES):
        incident = make_led(company)
        jobs = [tried(partial(take, incident, by)) for by in (company.second, company.lead)]
        said = at_once(*jobs)
        assert sorted(word == "won" for word in said) == [False, True]
        assert len(held(incident)) == 1 and f"{holds(incident)} has it" in next(word for word in said if word != "won")
    assert violations() == []


@pytest.mark.parametrize("role", [COMMS, COMMANDER])
def test_of_two_hand_overs_at_once_exactly_one_counts(company: Company, role: str) -> None:
    for _ in range(TRIES):
        incident = make_led(company)
        if role == COMMS:
            take(incident, company.responder)
        receivers = (company.second, company.lead)
        jobs = [tried(partial(pass_on, incident, to, company.responder, role)) for to in receivers]
        said = at_once(*jobs)
        assert sorted(word == "won" for word in said) == [False, True]
        assert next(word for word in said if word != "won").startswith("You do not hold this role any more.")
        assert [name for name, _how in held(incident, role)] == ["Responder", ("Second", "Lead")[said.index("won")]]
    assert violations() == []


def test_the_clock_and_a_hand_over_at_once_remind_only_whoever_holds_it(company: Company) -> None:
    incident = take(make_led(company), company.second, minutes=0)
    at_once(
        lambda: pass_on(incident, company.lead, company.second, minutes=12 * 60),
        lambda: timers.fire_due(at=later(12 * 60)),
    )
    timers.fire_due(at=later(12 * 60 + 1))
    assert holds(incident) == "Lead"
    first, then = RoleAssignment.objects.filter(incident=incident, role=COMMS).order_by("pk")
    reminded = [entry.data["name"] for entry in incident.timeline.filter(verb="role_rotate", data__role=COMMS)]
    assert reminded in ([], ["Second"]) and then.before == first
    assert violations() == []
