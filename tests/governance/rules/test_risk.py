"""How risky a change is (D52)."""

from __future__ import annotations

import pytest

from governance.documents.approval import Approval, Question
from governance.rules import risk

POLICY = Approval(
    title="P",
    risk=(
        Question(key="money", question="Does it touch money?", band_if_yes="high"),
        Question(key="people", question="Do many people work differently?"),
    ),
)


@pytest.mark.parametrize(
    ("yes", "criticalities", "parts", "band"),
    [
        ((), (), (), "low"),
        (("people",), (), (), "medium"),
        (("people", "money"), ("low",), (), "high"),
        (("asked before",), ("low",), ("title",), "low"),
        ((), ("low", "medium"), (), "medium"),
        ((), ("high",), (), "high"),
        ((), (), ("levels",), "medium"),
        ((), ("low",), ("title", "rollback"), "high"),
    ],
)
def test_the_highest_of_answers_criticality_and_parts_counts(yes, criticalities, parts, band) -> None:
    assert risk.calculated(POLICY, yes, criticalities, parts).band == band


def test_every_reason_is_named_the_highest_first() -> None:
    found = risk.calculated(POLICY, ("people", "money"), ("low",), ("levels",))
    assert [(reason.band, str(reason.sentence)) for reason in found.reasons] == [
        ("high", "yes to “Does it touch money?”"),
        ("medium", "yes to “Do many people work differently?”"),
        ("medium", "it touches “levels”"),
        ("low", "it touches workflows of low criticality"),
    ]
    assert found.deciding == ("yes to “Does it touch money?”",)


def test_without_a_policy_what_it_touches_still_counts() -> None:
    assert risk.calculated(None, ("money",), ("medium",), ()).band == "medium"


@pytest.mark.parametrize(
    ("stated", "band"), [(None, "medium"), ("low", "medium"), ("medium", "medium"), ("high", "high")]
)
def test_what_the_requester_says_raises_the_risk_and_never_lowers_it(stated, band) -> None:
    found = risk.with_stated(risk.calculated(POLICY, ("people",), (), ()), stated)
    assert found.band == band
    assert ("whoever asked for it says so" in found.deciding) is (stated == "high")
