"""Whoever is asked may have the next level asked at once, by the same path as when their time is over (D19, D20)."""

import pytest

from incidents.models import DecisionRequest
from incidents.services import decision_cases, decisions
from portal import access, timers
from portal.models import AuditEntry, Timer, User
from tests.factories_governance import Company
from tests.factories_incidents import violations
from tests.incidents.decisions.scenes import after, ask, clock, decide, state

pytestmark = pytest.mark.django_db


def pass_on(decision: DecisionRequest, by: User, *, position: int = 1, minutes: float = 2, reason: str = "Too much"):
    return decisions.pass_on(decision=decision, position=position, reason=reason, by=by, at=after(minutes))


def asked(decision: DecisionRequest) -> list[User | None]:
    return [row.user for row in decision.run.events.filter(outcome="told").order_by("pk").select_related("user")]


def test_the_next_level_is_asked_at_once_and_its_own_time_begins(company: Company) -> None:
    decision = ask(company)
    pass_on(decision, company.responder)
    decision.refresh_from_db()
    assert asked(decision) == [company.responder, company.second]
    assert (decision.state, decision.due_at) == ("open", after(17))
    steps = Timer.objects.filter(kind="decision.step", subject_id=decision.run.pk, state="armed")
    assert [timer.due_at for timer in steps] == [after(17)]
    clock(15)  # the time of the first level means nothing any more
    assert asked(decision) == [company.responder, company.second]
    entry = AuditEntry.objects.get(verb="decision.passed_on")
    assert entry.actor == company.responder
    decide(decision, company.responder, at=after(16))  # whoever was asked may still answer
    assert state(decision) == "decided" and violations() == []


def test_of_two_who_pass_it_on_one_does(company: Company) -> None:
    decision = ask(company)
    pass_on(decision, company.responder)
    with pytest.raises(decisions.NotAnswerable, match="already"):
        pass_on(decision, company.responder)
    assert asked(decision) == [company.responder, company.second]


def test_who_is_not_asked_now_passes_nothing_on(company: Company) -> None:
    decision = ask(company)
    with pytest.raises((decisions.NotAnswerable, access.Refused)):
        pass_on(decision, company.second)
    pass_on(decision, company.responder)
    decision.run.refresh_from_db()
    with pytest.raises(decisions.NotAnswerable, match="not asked now"):
        pass_on(decision, company.responder, position=decision.run.position)
    with pytest.raises(decisions.Unfit, match="above you"):
        pass_on(decision, company.second, position=decision.run.position, reason=" ")
    assert len(asked(decision)) == 2


def test_above_the_last_level_nobody_is_asked_and_nothing_ends(company: Company) -> None:
    decision = ask(company)
    while decision_cases.open_one(decision).run.position < len(decision_cases.open_one(decision).plan.steps):
        assert decision.due_at is not None
        timers.fire_due(at=decision.due_at)
        decision = DecisionRequest.objects.get(pk=decision.pk)
    last = asked(decision)[-1]
    assert decision.state == "open" and decision.due_at is not None and last is not None
    with pytest.raises(decisions.NotAnswerable, match="nobody is above you"):
        decisions.pass_on(
            decision=decision, position=decision.run.position, reason="Too much", by=last, at=decision.due_at
        )
    assert state(decision) == "open"
