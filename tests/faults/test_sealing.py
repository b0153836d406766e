"""Kill the clock before every statement of the sealing, on SQLite before every third: nothing is skipped, sealed twice
or signed as something else.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.faults import crash
from tests.faults.play import Play

pytestmark = pytest.mark.faults

ENTRIES = 300  # more than a subtree is stored for
FEWEST_KILLS = 20
WHOLE = {"waiting": 0, "gapless": True, "signed": True, "findings": []}


def sealing_dies_everywhere(play: Play, *, step: int = 1) -> list[str]:
    """What was wrong after each kill and the restart that follows it, with the point."""
    play.reset("told")
    at = datetime.now(UTC)
    while play.stage.call("overdue", at=at.isoformat()):
        assert play.stage.clock(at) == 0, play.stage.tail()
    play.stage.call("write_entries", count=ENTRIES)
    play.stage.keep("unsealed")
    assert play.stage.call("ledger")["waiting"] == ENTRIES
    found, point, died = [], 1, True
    while died:
        play.reset("unsealed")
        code = play.stage.clock(at, crash_at=point, report=play.stage.report())
        assert code in (0, crash.EXIT_CODE), play.stage.tail()
        died = code == crash.EXIT_CODE
        play.kills += died
        where = play.stage.points()
        half: dict[str, Any] = play.stage.call("ledger")
        if half["findings"] or not half["gapless"]:
            found.append(f"killed at {where}, before the restart: {half}")
        assert play.stage.clock(at) == 0, play.stage.tail()
        state = play.stage.call("ledger")
        if wrong := {name: state[name] for name, right in WHOLE.items() if state[name] != right}:
            found.append(f"killed at {where}: {wrong}")
        assert [8, 0] in state["subtrees"] and [8, 1] in state["subtrees"]
        point += step
    return found


def test_the_sequencer_may_die_before_any_statement(play: Play, record_property: Any) -> None:
    found = sealing_dies_everywhere(play)
    record_property("figures", play.figures("sealing"))
    assert found == []
    assert play.kills >= FEWEST_KILLS


def test_the_sequencer_may_die_on_sqlite_too(on_sqlite: Play, record_property: Any) -> None:
    on_sqlite.count_anew()
    found = sealing_dies_everywhere(on_sqlite, step=3)
    record_property("figures", on_sqlite.figures("sealing"))
    assert found == []
    assert on_sqlite.kills >= FEWEST_KILLS // 3
