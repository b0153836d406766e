"""Kill the clock while it collects what an outage has piled up: nothing is lost, nothing arrives twice unmarked."""

from collections import Counter

import pytest

from tests.faults import crash
from tests.faults.play import Play

pytestmark = pytest.mark.faults

LATE = 20.0  # minutes after filing
MORE = 3  # incidents beside the one of the play
FIRST, STEP = 5, 4  # points


def pile_up(play: Play) -> None:
    """Four incidents whose calls nobody has delivered."""
    play.reset("filed")
    for number in range(MORE):
        play.stage.call("file", at=play.times.after(number / 10))
    assert play.stage.clock(play.times.after(6), more=["--no-sweep"]) == 0
    play.stage.keep("piled")


def go_on(play: Play) -> None:
    for turn in range(40):
        late = play.times.after(LATE + turn / 2)
        assert play.stage.clock(late) == 0, play.stage.tail()
        if turn and not play.stage.call("left", at=late):
            return
    raise AssertionError("it does not end")


def test_a_kill_while_bundling_loses_nothing(play: Play) -> None:
    pile_up(play)
    point, found, bundles = FIRST, [], Counter[int]()
    died = True
    while died:
        play.reset("piled")
        code = play.stage.clock(play.times.after(LATE), crash_at=point, report=play.stage.report())
        assert code in (0, crash.EXIT_CODE), play.stage.tail()
        died = code == crash.EXIT_CODE
        where = play.stage.points()
        go_on(play)
        broken = [broken] if (broken := play.stage.audit()) else []
        found += [f"killed at {where}: {problem}" for problem in broken + play.wrong_deliveries()]
        bundles[play.stage.call("count", state="bundled")] += 1
        point += STEP
    assert found == []
    assert 0 not in bundles
