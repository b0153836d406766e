"""The course of a scenario, its lock, and what each kind of step owes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.playbook import END, STEP_KINDS, GateOption, Step
from governance.rules import runner
from governance.rules.runner import Ended, Given

KEYS = "abcdef"
TARGETS = st.sampled_from([*KEYS, END])


@st.composite
def scenarios(draw: st.DrawFn) -> list[Step]:
    steps = []
    for key in KEYS[: draw(st.integers(1, len(KEYS)))]:
        kind = draw(st.sampled_from(STEP_KINDS))
        options = [
            GateOption(key=f"o{number}", title="x", next=to)
            for number, to in enumerate(draw(st.lists(TARGETS, min_size=1, max_size=3)))
        ]
        follows = None if kind == "gate" else draw(st.none() | TARGETS)
        steps.append(
            Step(key=key, title=key, does=kind, options=tuple(options) if kind == "gate" else (), next=follows)
        )
    return steps


LOGS = st.lists(
    st.builds(
        Ended, st.sampled_from(KEYS), st.sampled_from(["done", "changed", "skipped"]), st.sampled_from(["", "o0", "o1"])
    ),
    max_size=20,
)


def leads(steps: Sequence[Step], key: str, option: str) -> str | None:
    """The key after `key`, END, or None: written anew, by keys instead of places."""
    names = [step.key for step in steps]
    step = steps[names.index(key)]
    if step.does == "gate":
        chosen = [item.next for item in step.options if item.key == option][:1]
        to = chosen[0] if chosen else None
    else:
        to = step.next or [*names, END][names.index(key) + 1]
    return to if to in (*names, END) else None


def walked(steps: Sequence[Step], log: Sequence[Ended]) -> tuple[list[Ended], str, list[Ended]]:
    left, now, done = list(log), steps[0].key, []
    while now != END:
        mine = next((item for item in left if item.step == now), None)
        to = leads(steps, now, mine.option) if mine else None
        if mine is None or to is None:
            break
        left.remove(mine)  # the first that is equal, and equal ones lead to the same place
        done.append(mine)
        now = to
    return done, now, left


@given(scenarios(), LOGS)
def test_the_course_is_what_a_reader_would_follow(steps: list[Step], log: list[Ended]) -> None:
    found = runner.course(steps, log)
    done, now, left = walked(steps, log)
    assert [visit.ended for visit in found.visits] == done
    assert [steps[visit.place].key for visit in found.visits] == [item.step for item in done]
    assert (END if found.next is None else steps[found.next].key) == now
    assert sorted(map(repr, found.ahead)) == sorted(map(repr, left))
    assert found.has_ended == (now == END)


def linear(*kinds: str) -> list[Step]:
    options = (GateOption(key="go", title="go", next=END),)
    return [
        Step(key=f"s{number}", title="x", does=kind, options=options if kind == "gate" else ())  # type: ignore[arg-type]
        for number, kind in enumerate(kinds)
    ]


def test_a_loop_comes_back_to_a_step() -> None:
    steps = [
        Step(key="try", title="x"),
        Step(
            key="ok",
            title="x",
            does="gate",
            options=(GateOption(key="no", title="x", next="try"), GateOption(key="yes", title="x", next=END)),
        ),
    ]
    again = [Ended("try"), Ended("ok", option="no")]
    assert runner.course(steps, again).next == 0
    assert runner.course(steps, [*again, Ended("try"), Ended("ok", option="yes")]).has_ended


def test_what_was_done_ahead_counts_when_its_turn_comes() -> None:
    steps = linear("containment", "action", "verification")
    early = runner.course(steps, [Ended("s1")])
    assert (early.next, [item.step for item in early.ahead]) == (0, ["s1"])
    assert runner.course(steps, [Ended("s1"), Ended("s0")]).next == 2


def test_an_empty_scenario_has_ended() -> None:
    assert runner.course([], []).has_ended


@pytest.mark.parametrize("state", ["missing", "open", "objected"])
def test_corrective_steps_wait_for_the_scope_and_containment_does_not(state: runner.ScopeState) -> None:
    contain, act, back = linear("containment", "action", "rollback")
    full = Given(halted=True, artefact="flow 12", rationale="it was right then", scope=state)
    assert runner.owes(contain, full) == ()
    for step in (act, back):
        assert runner.owes(step, full) == (runner.LOCKED[state],)
        changed = Given("changed", reason="faster", scope=state)
        assert runner.owes(step, changed) == (runner.LOCKED[state],)
        assert runner.owes(step, Given("skipped", reason="not needed", scope=state)) == ()
    for agreed in ("agreed", "overruled"):
        assert runner.lock(act, agreed) is None


OWED = [
    ("scope", {"scope": "open"}, runner.AGREE_SCOPE),
    ("containment", {}, runner.NAME_HALTED),
    ("action", {"artefact": " "}, runner.NAME_ARTEFACT),
    ("rollback", {"artefact": "v3"}, runner.SAY_WHY),
    ("rollback", {"rationale": "it ran"}, runner.NAME_ARTEFACT),
    ("integrity", {}, runner.SAY_RESULT),
    ("verification", {"result": "failed"}, runner.HAS_FAILED),
    ("communication", {}, runner.SEND_UPDATE),
    ("gate", {"option": "other"}, runner.CHOOSE),
    ("gate", {"outcome": "skipped", "reason": "no time"}, runner.CHOOSE),
    ("action", {"outcome": "skipped", "artefact": "v3"}, runner.GIVE_REASON),
]


@pytest.mark.parametrize(("kind", "values", "sentence"), OWED)
def test_what_each_kind_of_step_owes(kind: str, values: dict[str, str], sentence: str) -> None:
    (step,) = linear(kind)
    assert runner.owes(step, Given(**{"scope": "agreed"} | values)) == (sentence,)  # type: ignore[arg-type]


WHOLE = Given("done", "", (), "go", "v3", True, "it ran", "passed", True, "agreed")


@pytest.mark.parametrize("kind", STEP_KINDS)
def test_a_step_that_owes_nothing_can_be_ended(kind: str) -> None:
    (step,) = linear(kind)
    assert runner.owes(step, WHOLE) == ()


def test_every_check_of_a_step_is_ticked() -> None:
    step = Step(key="look", title="x", does="verification", checks=("one", "two"))
    assert runner.owes(step, Given(result="passed", checked={1})) == (runner.CHECK % {"check": "one"},)
    assert runner.owes(step, Given(result="passed", checked={0, 1})) == ()
