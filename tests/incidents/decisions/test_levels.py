"""A decision goes up its levels on the one clock, and time never approves."""

import pytest

from incidents.models import DecisionAnswer, DecisionRecord
from portal import access
from portal.models import Message, Timer
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.factories_incidents import violations
from tests.incidents.decisions.scenes import NOW, after, ask, clock, decide, policy_with, state

pytestmark = pytest.mark.django_db


def asked(decision: object) -> list[str]:
    rows = decision.run.events.filter(outcome="told").order_by("pk")  # type: ignore[attr-defined]
    return [str(row.user) for row in rows.select_related("user")]


def test_the_first_level_is_asked_at_once_and_decides(company: Company) -> None:
    decision = ask(company)
    assert asked(decision) == [str(company.responder)]
    assert decision.due_at == after(15)
    assert Message.objects.filter(event="decision.asked", recipient=company.responder, channel="inbox").exists()
    decide(decision, company.responder)
    assert state(decision) == "decided"
    record = DecisionRecord.objects.get(request=decision)
    assert (record.choice, record.by, record.level) == ("pay", company.responder, "on-call")
    assert record.pins["policy"] == decision.run.policy_digest
    assert not Timer.objects.filter(state="armed", subject_id__in=[decision.pk, decision.run.pk]).exists()
    told = Message.objects.filter(event="decision.ended", channel="inbox").values_list("recipient__email", flat=True)
    assert list(told) == [company.reporter.email]


def test_a_decision_that_waited_for_a_step_comes_after_it(company: Company) -> None:
    decision = ask(company)
    clock(15)
    decide(decision, company.responder, at=after(3))
    decision.run.refresh_from_db()
    assert decision.run.stopped_at == after(15)
    assert violations() == []


def test_three_levels_and_the_third_decides(company: Company) -> None:
    decision = ask(company)
    clock(15)
    clock(30)
    assert asked(decision) == [str(who) for who in (company.responder, company.second, company.lead)]
    with pytest.raises(access.Refused):
        decide(decision, company.outsider, at=after(31))
    decide(decision, company.lead, "hold", at=after(31))
    assert DecisionRecord.objects.get(request=decision).level == "lead"


def test_nobody_decides_and_it_is_held_never_approved(company: Company) -> None:
    decision = ask(company, safe_default="pay")
    for minute in range(0, 24 * 60, 5):
        clock(minute)
    assert state(decision) == "held"
    record = DecisionRecord.objects.get(request=decision)
    assert (record.outcome, record.choice, record.by) == ("held", "", None)
    assert not Timer.objects.filter(state="armed", subject_id__in=[decision.pk, decision.run.pk]).exists()


def test_a_late_answer_is_kept_and_changes_nothing(company: Company) -> None:
    decision = ask(company)
    decide(decision, company.responder)
    before = Message.objects.count()
    late = decide(decision, company.responder, "hold", at=after(2))
    assert late.counts == DecisionAnswer.Counts.LATE
    assert DecisionRecord.objects.filter(request=decision).count() == 1
    assert Message.objects.count() == before


def test_the_same_key_asks_once(company: Company) -> None:
    first, again = ask(company, key="k"), ask(company, key="k", question="Another?")
    assert first.pk == again.pk and again.question == "Pay invoice 9?"


def test_the_ladder_pins_the_rules_of_now(company: Company) -> None:
    decision = ask(company)
    assert decision.run.policy_id == company.policy.effective_version_id
    assert decision.opened_at == NOW


def test_time_denies_only_where_the_policy_says_so_and_a_safe_default_is_named() -> None:
    company = make.make_company(policy=policy_with(lead={"on_timeout": "deny"}))
    safe, without = ask(company, safe_default="hold"), ask(company, key="form:2")
    for minute in range(0, 10 * 60, 5):
        clock(minute)
    assert (state(safe), state(without)) == ("denied", "held")
    records = DecisionRecord.objects.filter(request__in=[safe, without])
    assert {(row.choice, row.by) for row in records} == {("", None)}


def test_the_time_of_its_category_hurries_it_to_the_next_level() -> None:
    content = policy_with()
    content["paths"].append({"key": "data", "title": "Data", "levels": ["on-call", "second", "lead"]})
    content["exceptions"] = [{"key": "data", "title": "Data", "path": "data", "decision_minutes": 20}]
    company = make.make_company(policy=content)
    decision = ask(company, category="data")
    clock(15)
    clock(20)
    assert asked(decision) == [str(who) for who in (company.responder, company.second, company.lead)]
    assert (state(decision), decision.due_at) == ("open", after(20 + 30 + 15))  # the window, and the pause after it
    assert violations() == []
