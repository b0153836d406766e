"""What a level needs to know: the clock stands still only while the requester owes it (D21)."""

import pytest

from incidents.services import decision_rights, decisions
from portal import access
from portal.models import Message, Timer
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.incidents.decisions.scenes import after, ask, clock, decide, policy_with, state

pytestmark = pytest.mark.django_db
FACTS = ["Amount", "Who is affected"]


@pytest.fixture
def company() -> Company:
    return make.make_company(policy=policy_with(on_call={"required_data": FACTS}))


def armed(decision: object) -> list[str]:
    rows = Timer.objects.filter(state="armed", subject_id__in=[decision.pk, decision.run.pk])  # type: ignore[attr-defined]
    return sorted(rows.values_list("kind", flat=True))


def test_without_its_data_nobody_decides_and_no_time_runs(company: Company) -> None:
    decision = ask(company, given={"amount": "25 000"})
    assert (state(decision), decision.due_at, decision.left_seconds) == ("waiting", None, 15 * 60)
    assert armed(decision) == ["decision.owed"]
    told = Message.objects.get(event="decision.owed", recipient=company.reporter, channel="inbox")
    assert "Who is affected" in str(told.context)
    with pytest.raises(decisions.NotAnswerable, match="Who is affected"):
        decide(decision, company.responder)
    clock(300)
    assert [str(row.user) for row in decision.run.events.all()] == [str(company.responder)]


def test_the_clock_goes_on_with_what_was_left(company: Company) -> None:
    decision = ask(company)
    decisions.give_data(decision=decision, given={"Amount": "9"}, by=company.reporter, at=after(30))
    assert state(decision) == "waiting"
    decisions.give_data(decision=decision, given={"who-is-affected": "three"}, by=company.reporter, at=after(100))
    assert (state(decision), decision.due_at) == ("open", after(115))
    assert armed(decision) == ["decision.step"]
    assert Message.objects.filter(event="decision.ready", recipient=company.responder).exists()
    decide(decision, company.responder, at=after(101))
    assert state(decision) == "decided"


def test_what_never_comes_holds_the_question(company: Company) -> None:
    decision = ask(company)
    clock(24 * 60 + 1)
    assert state(decision) == "held"
    assert armed(decision) == []


def test_only_whoever_asked_gives_it(company: Company) -> None:
    decision = ask(company)
    with pytest.raises(access.Refused):
        decisions.give_data(decision=decision, given={"Amount": "9"}, by=company.responder, at=after(1))
    for given in ({}, {"Amount": "  "}):
        with pytest.raises(decisions.NotAskable):
            decisions.give_data(decision=decision, given=given, by=company.reporter, at=after(1))


def test_a_higher_level_may_owe_more(company: Company) -> None:
    content = policy_with(second={"required_data": ["Cost of a day"]})
    make.make_document(content, kind="escalation", key="company", by=company.admin)
    decision = ask(company, key="form:2")
    clock(15)
    assert state(decision) == "waiting"
    assert decision_rights.may_answer(company.responder, decision, at=after(16)) == ""  # the first level knows enough
    assert "Cost of a day" in decision_rights.may_answer(company.second, decision, at=after(16))
    decide(decision, company.responder, at=after(17))
    assert state(decision) == "decided"


def test_the_requester_hears_what_a_later_level_is_owed() -> None:
    company = make.make_company(policy=policy_with(second={"required_data": ["Cost of a day"]}))
    decision = ask(company)
    assert not Message.objects.filter(event="decision.owed").exists()
    clock(15)
    assert state(decision) == "waiting"
    told = Message.objects.get(event="decision.owed", recipient=company.reporter, channel="inbox")
    assert "Cost of a day" in str(told.context)


def test_who_steps_back_while_data_is_owed_leaves_it_to_the_next_level(company: Company) -> None:
    decision = ask(company)
    decisions.recuse(decision=decision, reason="It is my own invoice.", by=company.responder, at=after(1))
    assert (state(decision), armed(decision)) == ("open", ["decision.step"])
    decide(decision, company.second, at=after(2))
    assert state(decision) == "decided"
