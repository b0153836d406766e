"""What follows an incident: which row of the policy holds, what is missing, when a cause came back, what helped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation, Learning
from governance.rules import learning
from governance.rules.learning import Measured, Trace

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WINDOW = timedelta(days=90)


def policy(*rows: Learning) -> Pinned[Escalation]:
    return Pinned(document=UUID(int=9), digest="", content=Escalation(title="E", learning=rows))


def test_a_named_severity_beats_any_and_both_beat_what_is_built_in() -> None:
    any_, sev2 = Learning(key="a"), Learning(key="b", severity="sev2", publish_days=2)
    assert learning.rule(policy(any_, sev2), "sev2") is sev2
    assert learning.rule(policy(any_, sev2), "sev1") is any_
    assert not learning.rule(policy(sev2), "sev1").demanded
    assert learning.rule(policy(), "sev1").publish_days == learning.rule(None, "sev1").publish_days == 5
    assert not learning.rule(None, "sev3").demanded


def test_what_is_required_and_blank_is_missing() -> None:
    written = {"timeline": "x", "impact": "  ", "prevention": ""}
    assert learning.missing(["prevention", "impact", "timeline"], written) == ["impact", "prevention"]


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({}, ("cause", "pattern", "workflow")),
        ({"causes": frozenset({"other"})}, ("pattern", "workflow")),
        ({"patterns": frozenset(), "causes": frozenset()}, ("workflow",)),
        ({"workflow": None}, ("cause", "pattern")),
        ({"at": NOW + WINDOW + timedelta(seconds=1)}, ()),
        ({"at": NOW}, ()),
        ({"at": NOW - timedelta(days=1)}, ()),
    ],
)
def test_a_cause_comes_back_by_what_it_leaves(changed: dict[str, object], because: tuple[str, ...]) -> None:
    pattern, workflow = UUID(int=1), UUID(int=2)
    earlier = Trace(NOW, workflow, frozenset({pattern}), frozenset({"expired"}))
    now = replace(earlier, at=NOW + WINDOW, **changed) if "at" not in changed else replace(earlier, **changed)  # type: ignore[arg-type]
    assert learning.came_back(earlier, now, WINDOW) == because


def test_two_unknown_workflows_are_not_the_same() -> None:
    assert learning.came_back(Trace(NOW), Trace(NOW + timedelta(days=1)), WINDOW) == ()


@pytest.mark.parametrize(
    ("found", "effect"),
    [
        (Measured(baseline=6, value=2), "helped"),
        (Measured(baseline=6, value=6), "not_helped"),
        (Measured(baseline=6, goal=1, value=2), "not_helped"),
        (Measured(baseline=6, goal=9, direction="up", value=9), "helped"),
        (Measured(baseline=6, value=2, again=1), "not_helped"),
        (Measured(helps=2, not_helps=1), "helped"),
        (Measured(helps=1, not_helps=2), "not_helped"),
        (Measured(helps=1, not_helps=1), "unknown"),
        (Measured(value=3), "unknown"),
        (Measured(), "unknown"),
        (Measured(baseline=6, value=2, helps=0, not_helps=1), "not_helped"),
    ],
)
def test_the_effect_of_an_action(found: Measured, effect: str) -> None:
    assert learning.effect(found) == effect


NUMBERS = st.none() | st.integers(0, 100).map(float)


@given(
    st.builds(
        Measured,
        baseline=NUMBERS,
        goal=NUMBERS,
        direction=st.sampled_from(["up", "down"]),
        value=NUMBERS,
        again=st.integers(0, 2),
        helps=st.integers(0, 3),
        not_helps=st.integers(0, 3),
    )
)
def test_nothing_that_came_back_has_helped(found: Measured) -> None:
    if found.again or learning.moved(found) is False:
        assert learning.effect(found) == "not_helped"
    assert learning.effect(replace(found, helps=0, not_helps=0)) != "helped" or learning.moved(found)
