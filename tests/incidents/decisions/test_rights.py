"""No decision outside what a level permits or above the limits of a role (D3, D7, D11)."""

import pytest

from governance.rules.deciding import Choice
from incidents.models import DecisionRecord
from incidents.services import decision_rights, decisions
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.factories_incidents import violations
from tests.incidents.decisions.scenes import HOLD, PAY, after, ask, clock, decide, policy_with, rule, state

pytestmark = pytest.mark.django_db


def test_a_level_takes_only_what_it_permits() -> None:
    company = make.make_company(policy=policy_with(on_call={"permitted_actions": ["Hold it"]}))
    decision = ask(company)
    with pytest.raises(decisions.NotAnswerable, match="higher"):
        decide(decision, company.responder, "pay")
    decide(decision, company.responder, "hold")
    assert state(decision) == "decided"


def test_a_record_of_what_the_level_may_not_take_is_found() -> None:
    company = make.make_company(policy=policy_with(on_call={"permitted_actions": ["Hold it"]}))
    decision = ask(company)
    decide(decision, company.responder, "hold")
    assert violations() == []
    forged = DecisionRecord.objects.get(request=decision)
    forged.pk, forged.number, forged.choice = None, 2, "pay"
    forged.save(force_insert=True)  # as somebody would at the database
    assert f"Decision {decision.reference} was decided by a level that may not choose this." in violations()


def test_a_level_that_may_take_nothing_is_not_asked() -> None:
    company = make.make_company(policy=policy_with(on_call={"permitted_actions": ["Restart it"]}))
    decision = ask(company)
    assert [str(row.user) for row in decision.run.events.all()] == [str(company.second)]


def test_above_the_limit_of_a_role_nobody_decides(company: Company) -> None:
    rule(company, limits=[{"key": "pay", "action": "Pay", "risk": "low"}])
    decision = ask(company)
    for minute in (15, 30):
        clock(minute)
    verdict = decision_rights.of(decision, company.lead, at=after(31)).verdict("pay")
    assert not verdict and "low risk" in verdict.reason
    with pytest.raises(decisions.NotAnswerable):
        decide(decision, company.lead, "pay", at=after(31))
    decide(decision, company.lead, "hold", at=after(31))
    assert state(decision) == "decided"


def test_whoever_rates_the_risk_higher_needs_more_authority(company: Company) -> None:
    rule(company, limits=[{"key": "pay", "action": "Pay", "risk": "medium"}])
    decision = ask(company, risk="low")
    for minute in (15, 30):
        clock(minute)
    with pytest.raises(decisions.NotAnswerable):
        decide(decision, company.lead, "pay", at=after(31), risk="high")
    decide(decision, company.lead, "pay", at=after(31), risk="medium")
    assert "Lead" in DecisionRecord.objects.get(request=decision).authority


NAMED = {
    "key": "big-payment",
    "title": "Payment above the limit",
    "responsibility": "owner",
    "options": [{"key": "pay", "title": "Pay"}, {"key": "refuse", "title": "Refuse"}],
    "minutes": 20,
}


def test_a_named_decision_goes_to_its_role_first_within_its_turnaround(company: Company) -> None:
    rule(company, decisions=[NAMED])
    decision = ask(company, name="big-payment", choices=())
    assert [choice["key"] for choice in decision.choices] == ["pay", "refuse"]
    assert [str(row.user) for row in decision.run.events.all()] == [str(company.lead)]
    assert (decision.due_at, decision.is_unknown) == (after(20), False)
    decide(decision, company.lead)
    assert DecisionRecord.objects.get(request=decision).level == "asked-first"


def test_what_the_row_does_not_accept_is_refused_in_words(company: Company) -> None:
    rule(company, decisions=[NAMED])
    with pytest.raises(decisions.NotAskable, match="does not accept Hold it.*Pay, Refuse") as refused:
        ask(company, name="big-payment")
    assert refused.value.field == "choices"


def test_an_unknown_name_takes_the_default_row_and_says_so(company: Company) -> None:
    rule(company, decisions=[NAMED | {"key": "default", "title": "Anything else", "options": []}])
    decision = ask(company, name="never-heard")
    assert decision.is_unknown and [str(row.user) for row in decision.run.events.all()] == [str(company.lead)]


BAD = [
    ({"question": " "}, "question"),
    ({"choices": (PAY,)}, "choices"),
    ({"choices": (PAY, Choice("pay", "Again"))}, "choices"),
    ({"safe_default": "other"}, "safe_default"),
    ({"link": "http://example.test/x"}, "link"),
    ({"link": "https://user:secret@example.test/"}, "link"),
    ({"category": "weather"}, "category"),
    ({"severity": "sev9"}, "severity"),
    ({"given": {"a": "x" * 3_000}}, "given"),
]


@pytest.mark.parametrize(("values", "field"), BAD)
def test_what_cannot_be_asked_names_its_field(company: Company, values: dict[str, object], field: str) -> None:
    with pytest.raises(decisions.NotAskable) as refused:
        ask(company, **values)
    assert refused.value.field == field


def test_an_answer_without_a_reason_is_none(company: Company) -> None:
    decision = ask(company, choices=(PAY, HOLD))
    with pytest.raises(decisions.Unfit) as unfit:
        decisions.answer(
            decision=decision,
            choice="pay",
            words=decisions.Words(rationale=" "),
            risk="low",
            by=company.responder,
            at=after(1),
        )
    assert unfit.value.field == "rationale" and state(decision) == "open"
