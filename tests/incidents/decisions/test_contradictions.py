"""Contradictions go to whoever settles them, by the deadline of the rule; recusal leaves the others (D12)."""

import pytest

from incidents.models import DecisionReading, DecisionRecord
from incidents.services import decisions
from portal import access
from portal.models import Message
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.factories_incidents import make_incident, violations
from tests.incidents.decisions.scenes import after, ask, clock, decide, policy_with, state

pytestmark = pytest.mark.django_db


def contest(decision: object, by: object, minute: float = 2) -> None:
    decisions.object_to(decision=decision, reason="The invoice is forged.", by=by, at=after(minute))  # type: ignore[arg-type]


def test_an_objection_before_the_decision_brings_in_the_tie_breaker(company: Company) -> None:
    decision = ask(company)
    contest(decision, company.responder)
    assert (state(decision), decision.due_at) == ("contested", after(62))
    assert Message.objects.filter(event="decision.contested", recipient=company.leader).exists()
    with pytest.raises(decisions.NotAnswerable):
        decide(decision, company.responder, at=after(3))
    decide(decision, company.leader, "hold", at=after(4))
    assert state(decision) == "decided"


def test_a_decision_that_is_contested_stands_until_it_is_settled(company: Company) -> None:
    decision = ask(company)
    decide(decision, company.responder, "pay")
    contest(decision, company.responder)
    assert state(decision) == "contested"
    clock(62)
    assert state(decision) == "decided"
    assert [row.choice for row in DecisionRecord.objects.filter(request=decision)] == ["pay"]


def test_whoever_settles_it_writes_a_record_that_takes_the_place_of_the_first(company: Company) -> None:
    decision = ask(company)
    decide(decision, company.responder, "pay")
    contest(decision, company.responder)
    decide(decision, company.leader, "hold", at=after(10))
    rows = DecisionRecord.objects.filter(request=decision).order_by("number")
    assert [(row.number, row.choice) for row in rows] == [(1, "pay"), (2, "hold")]


def test_nobody_settles_it_and_the_ladder_goes_on(company: Company) -> None:
    decision = ask(company)
    contest(decision, company.responder)
    clock(62)
    assert state(decision) == "open"
    assert decision.run.events.filter(user=company.second).exists()
    decide(decision, company.responder, at=after(63))  # asked before, and asked still
    assert state(decision) == "decided"


def test_long_after_it_nothing_is_contested(company: Company) -> None:
    decision = ask(company)
    decide(decision, company.responder)
    with pytest.raises(decisions.NotAnswerable):
        contest(decision, company.responder, minute=62)
    assert state(decision) == "decided"


def test_recusal_asks_the_next_level_at_once(company: Company) -> None:
    decision = ask(company)
    decisions.recuse(decision=decision, reason="It is my own invoice.", by=company.responder, at=after(1))
    assert decision.run.events.filter(user=company.second).exists()
    with pytest.raises(decisions.NotAnswerable, match="not free"):
        decide(decision, company.responder, at=after(2))


def test_whoever_answers_for_the_data_says_which_reading_holds(company: Company) -> None:
    decision = ask(company, incident=make_incident(company), by=company.responder)
    for title, amount in (("Ledger", "25 000"), ("Bank", "2 500")):
        decisions.add_reading(
            decision=decision,
            title=title,
            source="export",
            values={"amount": amount},
            by=company.responder,
            at=after(1),
        )
    bank = DecisionReading.objects.get(title="Bank")
    with pytest.raises(decisions.NotAnswerable):
        decisions.rule_over(decision=decision, reading=bank, reason="It is mine.", by=company.responder, at=after(2))
    ruled = decisions.rule_over(
        decision=decision, reading=bank, reason="The bank counts.", by=company.lead, at=after(3)
    )
    assert (ruled.rules_over, ruled.values) == (bank, {"amount": "2 500"})


def test_whoever_settles_it_steps_back_and_the_ladder_goes_on_at_once(company: Company) -> None:
    decision = ask(company)
    contest(decision, company.responder)
    decisions.recuse(decision=decision, reason="My brother sells it.", by=company.leader, at=after(3))
    assert state(decision) == "open"
    assert decision.run.events.filter(user=company.second).exists()
    assert violations() == []


def test_what_stands_after_all_is_not_contested_for_ever(company: Company) -> None:
    decision = ask(company)
    decide(decision, company.responder)
    contest(decision, company.responder)
    clock(62)
    with pytest.raises(decisions.NotAnswerable):
        contest(decision, company.responder, minute=63)
    assert state(decision) == "decided"


def test_contradictions_keep_the_cap_of_the_policy() -> None:
    company = make.make_company(policy=policy_with() | {"cap": 3})
    decision = ask(company)
    contest(decision, company.responder)
    clock(62)
    with pytest.raises(decisions.NotAnswerable, match="no more"):
        contest(decision, company.responder, minute=63)
    assert (state(decision), violations()) == ("open", [])


def test_who_only_hears_of_it_has_no_say() -> None:
    policy = policy_with()
    policy["paths"][0]["news"] = {"every_minutes": 5, "times": 1, "targets": [{"team": "leadership"}]}
    company = make.make_company(policy=policy)
    decision = ask(company)
    clock(5)
    assert decision.run.events.filter(kind="news", user=company.leader).exists()
    with pytest.raises(access.Refused):
        contest(decision, company.leader, minute=6)
    assert state(decision) == "open"
