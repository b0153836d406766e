"""Kill the shipped processes before every statement, commit and send; nothing may get lost or doubled unmarked.

Points run on PostgreSQL, every fifth also on SQLite. A crash is ``os._exit`` in the forked child that runs the
shipped command; n grows from 1 until a run survives. After each kill the play goes on to its end, the invariants
are checked by ``manage.py clock --audit``, the end state is compared with that of a run without a kill (I11), and
what a real SMTP and a real HTTP server received is held against the books.
"""

from collections.abc import Callable

import pytest

from tests.faults import mutants
from tests.faults.play import Play

pytestmark = pytest.mark.faults

FIRST_POINT = {"sent_before_sending": 32, "no_duplicate_marking": 32}  # the first send is at about 40
FEWEST_KILLS = {"clock": 45, "worker": 16}  # together more than 60, on PostgreSQL alone


Figures = Callable[[str, object], None]  # shown at the end of the run (tests/conftest.py)


def kill_everywhere(play: Play, base: str, dies: Callable[[int], bool], *, step: int = 1) -> list[str]:
    """Kill at point 1, 1 + step, … until a run survives; returns what was wrong, with the point."""
    found, point = [], 1
    while True:
        play.reset(base)
        died = dies(point)
        where = play.stage.points()
        play.finish()
        found += [f"killed at {where}: {problem}" for problem in play.problems()]
        if not died:
            return found
        point += step


def test_the_clock_may_die_before_any_statement(play: Play, record_property: Figures) -> None:
    found = kill_everywhere(play, "filed", play.clock_dies)
    record_property("figures", play.figures("clock"))
    assert found == []
    assert play.kills >= FEWEST_KILLS["clock"]
    assert play.repeated["email"] and play.repeated["webhook"], "some kills came between the send and its record"


def test_the_clock_may_die_on_sqlite_too(on_sqlite: Play, record_property: Figures) -> None:
    on_sqlite.count_anew()
    found = kill_everywhere(on_sqlite, "filed", on_sqlite.clock_dies, step=5)
    record_property("figures", on_sqlite.figures("clock"))
    assert found == []
    assert on_sqlite.kills >= FEWEST_KILLS["clock"] // 5


@pytest.mark.redis
def test_a_worker_may_die_before_any_statement(play: Play, record_property: Figures) -> None:
    found = kill_everywhere(play, "told", play.worker_dies)
    record_property("figures", play.figures("worker"))
    assert found == []
    assert play.kills >= FEWEST_KILLS["worker"]


@pytest.mark.parametrize("mutant", mutants.names(mutants.ALL))
def test_a_wrong_build_turns_red(play: Play, mutant: str, record_property: Figures) -> None:
    """Killed at the same points, each mutant is found out."""
    point, died = FIRST_POINT.get(mutant, 20), True  # before it, the clock has only read
    while died:
        play.reset("filed")
        died = play.clock_dies(point, mutant=mutant)
        play.finish(mutant=mutant)
        if problems := play.problems():
            found = f"{mutant}: found out by the kill at {play.stage.points()}: {problems[0][:100]}"
            record_property("figures", found)
            return
        point += 1
    raise AssertionError(f"{mutant} stayed green")
