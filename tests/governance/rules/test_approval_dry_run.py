"""What a policy would have done to the changes of the last months (P16)."""

from __future__ import annotations

from dataclasses import replace

from governance.rules import dry_run
from governance.rules.dry_run import PastChange
from tests.governance.rules.panels import OPENED, change, minute, names, need, panel, person, policy, says

BOTH = (says("lucia"), says("helen", minutes=2))
PAST = PastChange("CHG-1", change(), BOTH, panel(), minute(10), OPENED)


def test_changes_that_would_have_ended_the_same_are_left_out() -> None:
    assert dry_run.dry_run(policy(), [PAST, replace(PAST, reviews=BOTH[:1], approved=False)]) == ()


def test_a_change_that_would_have_been_held_back_says_why_and_whom_it_would_have_asked() -> None:
    stricter = policy(need(), need(key="owner", title="Owner", who=person("pia"), how="any", stage=2))
    [found] = dry_run.dry_run(stricter, [PAST])
    assert (found.reference, found.outcome, names(found.asks)) == ("CHG-1", "held_back", ["pia"])
    assert found.sentence == (
        "It took effect; under this policy it would not have. Not approved yet. Owner: waits for Pia Rossi."
    )


def test_a_change_that_could_have_taken_effect_is_named_too() -> None:
    [found] = dry_run.dry_run(policy(need(how="any")), [replace(PAST, reviews=BOTH[:1], approved=False)])
    assert (found.outcome, found.asks) == ("let_through", ())
    assert found.sentence == ("It did not take effect; under this policy it could have. Approved: Board, 1 of 3.")


def test_each_change_is_judged_as_it_was_then() -> None:
    late = replace(PAST, reference="CHG-2", reviews=(*BOTH, says("jonas", "request_changes", 60)))
    assert dry_run.dry_run(policy(), [late]) == ()
    assert [item.reference for item in dry_run.dry_run(policy(), [PAST, replace(late, judged_at=minute(61))])] == [
        "CHG-2"
    ]
