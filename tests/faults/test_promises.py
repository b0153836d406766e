"""Kill the clock while it keeps a promise of another kind than the next level of an escalation.

The end of a silence, a sign of life that is missing, the message that waits for its turn, the last question before
an incident closes, the update and the review that nobody has written, and the look whether an action helps: after
each kill the end is the same as without one, and nothing arrives twice unmarked.
"""

from typing import Any

import pytest

from tests.faults import crash
from tests.faults.play import Play

pytestmark = pytest.mark.faults

DAYS_LATER = "review", "effect"
STEPS = dict.fromkeys(("silence", "missing", "second_way", "reminder"), 3) | {"update": 7}  # points: it has 200
STEPS |= dict.fromkeys(DAYS_LATER, 9)
HAPPENS = {  # what the clock writes at the due time, as in ``tests.faults.scenes.state``
    "silence": ("silences", True),
    "missing": ("incidents", ["reported", "sev2"]),
    "second_way": ("messages", ["incident.level", "lead@demo.example", "email", "sent"]),
    "reminder": ("timeline", "reminded"),
    "update": ("timeline", "update_overdue"),
    "review": ("timeline", "review_soon"),
    "effect": ("timeline", "effect"),
}
AFTER_FILING = ("reminder", *DAYS_LATER)  # what was told at once has arrived before they begin


def set_up(play: Play, scene: str) -> tuple[str, list[Any], list[Any]]:
    """Keep the state in which the promise of `scene` is due; returns when, and what had arrived by then."""
    play.reset("quiet")
    if scene in AFTER_FILING:
        play.stage.call("file", at=play.times.after(0))
        play.go_on(play.times.after(0))
    before, at = play.stage.call(scene, at=play.times.after(2 if scene in AFTER_FILING else 0))
    if scene in DAYS_LATER:
        play.go_on(play.times.after(8))  # else what was told at once would be days late
    play.go_on(before)
    play.stage.keep("promised")
    return at, list(play.stage.mail.mails), list(play.stage.hook.posts)


@pytest.mark.parametrize("scene", HAPPENS)
def test_a_promise_is_kept_wherever_the_clock_dies(play: Play, scene: str, record_property: Any) -> None:
    at, mails, posts = set_up(play, scene)

    def again() -> None:
        play.reset("promised")
        play.stage.mail.mails.extend(mails)
        play.stage.hook.posts.extend(posts)

    again()
    play.go_on(at)
    expected, found, point, died = play.stage.call("state"), play.wrong_deliveries(), 1, True
    part, row = HAPPENS[scene]
    assert row in expected[part]
    while died:
        again()
        code = play.stage.clock(at, crash_at=point, report=play.stage.report())
        assert code in (0, crash.EXIT_CODE), play.stage.tail()
        died = code == crash.EXIT_CODE
        play.kills += died
        where = play.stage.points()
        play.go_on(at)
        state = play.stage.call("state")
        wrong = [f"{name}: {state[name]} not {value}" for name, value in expected.items() if state[name] != value]
        wrong += [broken] if (broken := play.stage.audit()) else []
        found += [f"killed at {where}: {problem}" for problem in wrong + play.wrong_deliveries()]
        point += STEPS[scene]
    record_property("figures", play.figures(f"clock at {scene}"))
    assert found == []
    assert play.kills >= 5
