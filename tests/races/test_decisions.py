"""Two at once on one decision: two answers, an answer and the clock, an answer and an objection, two who pass it on."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from incidents.models import DecisionAnswer, DecisionRecord
from incidents.services import decision_cases, decisions
from portal import timers
from portal.errors import DomainError
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.factories_incidents import violations
from tests.incidents.decisions.scenes import after, ask, decide, policy_with, state
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TRIES = 15


@pytest.fixture
def company() -> Company:
    both = {"targets": [{"responsibility": "on_call"}, {"responsibility": "on_call", "alternate": 1}]}
    return make.make_company(policy=policy_with(on_call=both))


def tried(call: Callable[[], Any]) -> Callable[[], Any]:
    def job() -> Any:
        try:
            return call()
        except DomainError as error:
            return str(error)

    return job


def test_of_two_answers_at_once_one_decides_and_the_other_is_late(company: Company) -> None:
    for number in range(TRIES):
        decision = ask(company, key=f"form:{number}")
        one = partial(decide, decision, company.responder, "pay")
        other = partial(decide, decision, company.second, "hold")
        said = at_once(tried(one), tried(other))
        assert sorted(answer.counts for answer in said) == ["decides", "late"]
        record = DecisionRecord.objects.get(request=decision)
        winner = next(answer for answer in said if answer.counts == "decides")
        assert (record.choice, record.by_id) == (winner.choice, winner.by_id)
    assert violations() == []


def test_of_two_who_ask_the_next_level_at_once_one_does(company: Company) -> None:
    for number in range(TRIES):
        decision = ask(company, key=f"form:{number}")
        about = {"decision": decision, "position": 1, "reason": "Too much", "at": after(2)}
        jobs = [tried(partial(decisions.pass_on, **about, by=who)) for who in (company.responder, company.second)]
        said = at_once(*jobs, partial(timers.fire_due, at=after(2)))
        assert sum(isinstance(answer, str) for answer in said) == 1
        decision.run.refresh_from_db()
        assert decision.run.position == 2
    assert violations() == []


def test_an_answer_and_the_end_of_its_level_leave_one_end(company: Company) -> None:
    for number in range(TRIES):
        decision = ask(company, key=f"form:{number}")
        at_once(
            tried(partial(decide, decision, company.responder, "pay", at=after(15))),
            partial(timers.fire_due, at=after(15)),
        )
        assert state(decision) == "decided"
        asked_after = decision.run.events.filter(level_key="second").count()
        answers = DecisionAnswer.objects.filter(request=decision, counts="decides").count()
        assert (answers, DecisionRecord.objects.filter(request=decision).count()) == (1, 1)
        assert asked_after in (0, 1)
    assert violations() == []


def test_an_answer_and_an_objection_never_both_win(company: Company) -> None:
    for number in range(TRIES):
        decision = ask(company, key=f"form:{number}")
        contest = partial(
            decisions.object_to, decision=decision, reason="It is forged.", by=company.second, at=after(1)
        )
        at_once(tried(partial(decide, decision, company.responder, "pay")), tried(contest))
        assert state(decision) == "contested"  # before or after the answer: it is settled
    assert violations() == []


def test_one_question_sent_twice_at_once_is_one(company: Company) -> None:
    for number in range(TRIES):
        job = partial(ask, company, key=f"api:{number}")
        first, second = at_once(job, job)
        assert first.pk == second.pk


def test_an_answer_and_the_end_of_the_last_level_are_one_or_the_other(company: Company) -> None:
    for number in range(TRIES):
        decision = ask(company, key=f"form:{number}")
        while decision.run.position < len(decision_cases.open_one(decision).plan.steps):
            timers.fire_due(at=decision.due_at)
            state(decision)
            decision.run.refresh_from_db()
        end = decision.due_at
        at_once(tried(partial(decide, decision, company.responder, "pay", at=end)), partial(timers.fire_due, at=end))
        record = DecisionRecord.objects.get(request=decision)
        answer = DecisionAnswer.objects.get(request=decision)
        assert state(decision) == record.outcome
        assert (record.outcome, answer.counts) in (("decided", "decides"), ("held", "late"))
    assert violations() == []
