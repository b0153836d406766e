"""Whatever people do and however time passes: no decision without right, no time without cause (D12, D19-D23).

Against an oracle of its own: who was asked by which level of the written policy, what that level permits and needs.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from incidents.models import DecisionAnswer, DecisionRecord
from incidents.services import decision_cases, decisions
from portal import access
from portal.errors import DomainError
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import Company
from tests.factories_incidents import violations
from tests.incidents.decisions.scenes import after, ask, clock, decide, policy_with, rule, state

LEVELS: dict[str, dict[str, Any]] = {
    "on_call": {"permitted_actions": ["Hold it"]},
    "second": {"required_data": ["Amount"]},
    "lead": {},
}
PERMITS = {"on-call": {"hold"}, "second": {"pay", "hold"}, "lead": {"pay", "hold"}, "tie-breaker": {"pay", "hold"}}
NEEDS = {"second": {"Amount"}}
PEOPLE = ("responder", "second", "lead", "leader", "outsider")
RISKS = st.sampled_from(["low", "medium"])
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 40)),
        st.tuples(st.just("answer"), st.sampled_from(PEOPLE), st.sampled_from(["pay", "hold"]), RISKS),
        st.tuples(st.just("object"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("recuse"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("data"), st.just("Amount")),
    ),
    min_size=3,
    max_size=12,
)


@pytest.fixture
def company(transactional_db: None) -> Company:
    found = make.make_company(policy=policy_with(**LEVELS))
    rule(found, limits=[{"key": "pay", "action": "Pay", "risk": "low"}])  # the lead may pay at low risk only
    return found


def may(company: Company, decision: Any, person: User, choice: str, risk: str) -> bool:
    """The oracle: asked in this generation by a level that permits it and knows enough; paying is limited.

    Only the lead's limit speaks of paying, and it ends at low risk: as it was asked, and as the answer rates it.
    """
    if choice == "pay" and not (person == company.lead and decision.risk == risk == "low"):
        return False
    rows = decision.run.events.filter(generation=decision.run.generation, outcome="told", user=person)
    gone = DecisionAnswer.objects.filter(request=decision, by=person, says="recusal").exists()
    levels = set(rows.values_list("level_key", flat=True))
    if decision.state == "contested":
        levels &= {"tie-breaker"}
    fits = {level for level in levels if choice in PERMITS.get(level, {"pay", "hold"})}
    return not gone and any(NEEDS.get(level, set()) <= set(decision.given) for level in fits)


@pytest.mark.thorough
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, number=st.integers(0, 10**9), risk=RISKS)
@example(moves=[("wait", 15), ("data", "Amount"), ("wait", 16), ("answer", "lead", "pay", "low")], number=1, risk="low")
@example(moves=[("wait", 15), ("wait", 30), ("data", "Amount"), ("wait", 14)], number=2, risk="low")
@example(moves=[("wait", 15), ("data", "Amount"), *[("wait", 40)] * 9], number=3, risk="medium")
def test_nothing_is_decided_without_right_and_time_approves_nothing(
    company: Company, moves: list[tuple[Any, ...]], number: int, risk: str
) -> None:
    decision, minute = ask(company, key=f"form:{number}:{uuid4()}", risk=risk), 0.0
    paid: set[str] = set()
    for move in moves:
        minute += 0.5
        before, left = state(decision), decision.left_seconds
        decision.run.refresh_from_db()
        if move[0] == "wait":
            minute += move[1]
            clock(minute)
            assert state(decision) == "waiting" or before != "waiting"
        elif move[0] == "answer":
            person = getattr(company, move[1])
            allowed = decision.is_asked and may(company, decision, person, move[2], move[3])
            kept = tried(decide, decision, person, move[2], at=after(minute), risk=move[3])
            assert (state(decision) == "decided") == (allowed or before == "decided")
            paid |= {"pay"} if allowed and move[2] == "pay" else set()
            assert kept is None or kept.counts in ("decides", "late")
        else:
            SAID[move[0]](company, decision, move[1], after(minute))
        if state(decision) == "waiting":  # no time stands still without cause
            case = decision_cases.open_one(decision)
            assert case.step is not None and case.missing(case.step.level)
            assert left is None or before != "waiting" or decision.left_seconds == left
        elif before == "waiting" and decision.due_at is not None and state(decision) == "open":
            assert left is not None and decision.due_at == after(minute) + timedelta(seconds=left)
        records = DecisionRecord.objects.filter(request=decision, outcome="decided")
        assert all(row.by is not None and row.choice in {"hold", *paid} for row in records)
        assert (state(decision) in ("open", "contested")) == (decision.due_at is not None)
    assert violations() == []


def tried(call: Any, *values: Any, **named: Any) -> Any:
    try:
        return call(*values, **named)
    except (DomainError, access.Refused):
        return None


def _data(company: Company, decision: Any, name: str, at: datetime) -> None:
    tried(decisions.give_data, decision=decision, given={name: "9"}, by=company.reporter, at=at)


def _object(company: Company, decision: Any, who: str, at: datetime) -> None:
    tried(decisions.object_to, decision=decision, reason="No.", by=getattr(company, who), at=at)


def _recuse(company: Company, decision: Any, who: str, at: datetime) -> None:
    tried(decisions.recuse, decision=decision, reason="Mine.", by=getattr(company, who), at=at)


SAID = {"data": _data, "object": _object, "recuse": _recuse}
