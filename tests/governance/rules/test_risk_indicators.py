"""Points of risk: each has a reason, more of anything bad never makes less, and there are at most a hundred."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from governance.rules.risk_indicators import Facts, judge

COUNTS = ("incidents", "severe", "impact", "came_back", "nobody", "hours", "overdue", "long_term", "not_helped")
FACTS = st.builds(
    Facts,
    criticality=st.sampled_from(["high", "medium", "low"]),
    **{name: st.integers(0, 500) for name in COUNTS},
)


@given(FACTS, st.sampled_from(COUNTS), st.integers(1, 50))
def test_more_of_anything_bad_is_never_less_risk(facts: Facts, name: str, more: int) -> None:
    worse = replace(facts, **{name: getattr(facts, name) + more})
    assert judge(facts).points <= judge(worse).points <= 100


@given(FACTS)
def test_every_point_has_its_reason(facts: Facts) -> None:
    risk = judge(facts)
    assert risk.points == min(100, sum(reason.points for reason in risk.reasons))
    assert all(reason.points > 0 for reason in risk.reasons)
    assert list(risk.reasons) == sorted(risk.reasons, key=lambda reason: (-reason.points, reason.key))


def test_where_nothing_happens_nothing_is_at_risk() -> None:
    assert judge(Facts(criticality="high")).points == 0
    assert judge(Facts(criticality="high")).level == "low"


def test_a_critical_process_whose_failures_come_back_is_at_high_risk() -> None:
    facts = Facts(criticality="high", incidents=4, severe=2, came_back=2, impact=80)
    risk = judge(facts)
    assert [(reason.key, reason.points) for reason in risk.reasons] == [
        ("criticality", 20),
        ("severe", 16),
        ("came_back", 14),
        ("impact", 8),
    ]
    assert risk.level == "high" and judge(replace(facts, criticality="low", severe=0)).level == "low"
