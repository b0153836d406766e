"""Merging while others merge, answer and report: one end, no lock that waits for ever."""

import pytest

from incidents.models import Incident, Participant
from incidents.services import escalation, joining, merging
from portal.errors import DomainError
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.factories_incidents import fresh, later, make_incident, run_of, verbs, violations
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company() -> make.Company:
    return make.make_company()


def merging_of(company: make.Company, loser: Incident, winner: Incident) -> object:
    def job() -> str:
        try:
            merging.merge(loser=loser, winner=winner, by=company.responder, reason="Same", at=later(5))
        except DomainError as error:
            return str(error)
        return ""

    return job


def test_two_merges_crosswise_at_once_leave_one_winner(company: make.Company) -> None:
    for _round in range(6):
        one, two = make_incident(company), make_incident(company)
        answers = at_once(merging_of(company, one, two), merging_of(company, two, one))
        assert sorted(bool(answer) for answer in answers) == [False, True]
        assert sorted([fresh(one).state, fresh(two).state]) == ["duplicate", "reported"]
        assert sorted([verbs(one)[-1], verbs(two)[-1]]) == ["merged", "merged_here"]
    assert violations() == []


def test_a_circle_of_three_at_once_leaves_at_least_one_open(company: make.Company) -> None:
    for _round in range(4):
        one, two, three = (make_incident(company) for _ in range(3))
        at_once(merging_of(company, one, two), merging_of(company, two, three), merging_of(company, three, one))
        states = sorted(fresh(item).state for item in (one, two, three))
        assert "reported" in states and "duplicate" in states
    assert violations() == []


def test_an_answer_and_a_merge_at_once(company: make.Company) -> None:
    for _round in range(6):
        one, two = make_incident(company), make_incident(company)

        def answer(run: object = run_of(one)) -> str:
            try:
                escalation.acknowledge(run=run, by=company.responder, at=later(5))
            except DomainError as error:
                return str(error)
            return ""

        at_once(answer, merging_of(company, one, two))
        assert fresh(one).state == "duplicate" and run_of(one).state == "stopped"
    assert violations() == []


def test_two_who_are_affected_at_once_are_two_and_the_same_one_is_one(company: make.Company) -> None:
    incident, other = make_incident(company), make.make_person("colleague")

    def join(person: object) -> object:
        return lambda: joining.affected(
            incident=incident, by=person, text="We wait", since=NOW, answers={"money": "yes"}, at=later(3)
        )

    at_once(join(company.outsider), join(other), join(other))
    assert Participant.objects.filter(incident=incident, role="affected").count() == 2
    assert verbs(incident).count("affected") == 2
    assert violations() == []
