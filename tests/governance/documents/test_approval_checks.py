"""What the checks of an approval policy refuse and advise (D52, D53, P16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from governance.documents import base
from governance.documents.facts import BoardFacts, Facts, Finding, SeatFacts
from tests.governance.documents import policies, world
from tests.governance.documents.judged import UNKNOWN
from tests.governance.documents.policies import BOARD, need
from tests.governance.documents.world import ident

PERSON = {"person": str(ident("lead"))}


def facts() -> Facts:
    """The demo company with a board of three, one of them for the product."""
    seats = [SeatFacts(ident(name), date(2026, 1, 1)) for name in ("board1", "board2")]
    seats.append(SeatFacts(ident("board3"), date(2026, 1, 1), function="product"))
    boards = {BOARD: BoardFacts(BOARD, "Governance board", tuple(seats))}
    return replace(world.facts(), boards=boards, permission_roles=frozenset({"governance_admin", "auditor"}))


def found(change: Callable[[dict[str, Any]], Any] = lambda content: None, known: Facts | None = None) -> list[Finding]:
    content = policies.content()
    change(content)
    return base.check("approval", content, known or facts())


def first(content: dict[str, Any]) -> dict[str, Any]:
    """The requirement of the row for every change."""
    return content["rows"][0]["needs"][0]


def test_a_policy_that_asks_a_board_and_stand_ins_has_no_finding() -> None:
    assert found() == []


EVERY = "No row is for every normal change of the approval policy itself, so it could never be changed again."
OPEN = "Small changes would let anybody change the approval policy itself; name the kinds that it is for."


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (lambda c: c.update(rows=[]), "/rows", "The policy has no row, so nothing could be approved any more."),
        (
            lambda c: c["rows"][0].update(needs=[]),
            "/rows/all/needs",
            "Every change names nobody who has to approve; name somebody, or approve it in advance.",
        ),
        (lambda c: c["rows"].append(c["rows"][1]), "/rows/risky", "The key 'risky' is used twice."),
        (
            lambda c: c["rows"][0]["needs"].append(first(c)),
            "/rows/all/needs/board",
            "The key 'board' is used twice.",
        ),
        (lambda c: c["risk"].append(c["risk"][0]), "/risk/money", "The key 'money' is used twice."),
        (lambda c: c["rows"][0].update(when={"kinds": ["playbook"]}), "/rows", EVERY),
        (lambda c: c["rows"][0].update(when={"models": ["emergency"]}), "/rows", EVERY),
        (lambda c: c["rows"][0].update(when={"bands": ["low", "high"]}), "/rows", EVERY),
        (lambda c: c["rows"][0].update(when={"actions": ["publish"]}), "/rows", EVERY),
        (lambda c: c["rows"][0].update(when={"criticalities": ["low"]}), "/rows", EVERY),
        (lambda c: c["rows"][2]["when"].update(kinds=[]), "/rows/small/when/kinds", OPEN),
        (lambda c: c["rows"][2]["when"].update(kinds=["matrix", "approval"]), "/rows/small/when/kinds", OPEN),
        (
            lambda c: c["rows"][2].update(needs=[need("board", {"board": str(BOARD)})]),
            "/rows/small/needs",
            "Small changes is approved in advance, so nobody would be asked; remove the people or the tick.",
        ),
        (lambda c: c.update(scope={"criticality": "low"}), "/scope", "An approval policy is for the whole company."),
    ],
)
def test_a_policy_with_a_hole_is_refused_and_the_place_is_named(change, path, words) -> None:
    assert (path, words) in [(item.path, str(item.message)) for item in found(change) if item.blocking]


def test_rows_that_together_are_for_every_risk_govern_the_policy_itself() -> None:
    def split(content: dict[str, Any]) -> None:
        rows = [{**content["rows"][0], "key": band, "when": {"bands": [band]}} for band in ("low", "medium", "high")]
        content["rows"][:1] = rows

    assert found(split) == []


@pytest.mark.parametrize(
    ("asked", "path", "words"),
    [
        ({"who": {"person": UNKNOWN}}, "who/person", "This person does not exist."),
        ({"who": {"team": UNKNOWN}}, "who/team", "This team does not exist."),
        ({"who": {"board": UNKNOWN}}, "who/board", "This board does not exist or is no longer used."),
        ({"who": {"role": "king"}}, "who", "There is no permission role called 'king'."),
        (
            {"alternate": {"responsibility": "x"}},
            "alternate",
            "There is no responsibility called 'x' in the company matrix.",
        ),
        (
            {"who": {"board": str(BOARD), "function": "legal"}, "number": 1},
            "who",
            "Nobody on the board Governance board sits there for legal.",
        ),
        ({"number": 4}, "number", "Board: needs 4 approvals, but only 3 could give one."),
        ({"who": PERSON}, "number", "Board: needs 2 approvals, but only 1 could give one."),
        ({"how": "percent", "number": 101}, "number", "Board: there are no more than 100 percent."),
        (
            {"alternate": {"board": str(BOARD)}},
            "alternate",
            "Board: the stand-in is the same as who is asked first.",
        ),
        (
            {"next": {"role": "governance_admin"}},
            "next",
            "Board: the next authority is the same as somebody who is asked before.",
        ),
        (
            {"tie_breaker": {"board": str(BOARD)}},
            "tie_breaker",
            "Board: the tie-breaker is the same as who is asked; somebody else has to decide.",
        ),
    ],
)
def test_a_requirement_that_nobody_could_meet_is_refused(asked: dict, path: str, words: str) -> None:
    blocking = [item for item in found(lambda content: first(content).update(asked)) if item.blocking]
    assert [(item.path, str(item.message)) for item in blocking] == [(f"/rows/all/needs/board/{path}", words)]


def test_a_board_and_a_team_without_anybody_active_are_refused() -> None:
    gone = {person: replace(item, active=False) for person, item in facts().people.items()}
    team = str(ident("t:payments"))
    refused = found(lambda content: first(content).update(alternate={"team": team}), replace(facts(), people=gone))
    assert {str(item.message) for item in refused if item.blocking} >= {
        "The board Governance board has no active member.",
        "The team payments has no active member.",
    }


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            lambda c: first(c).pop("turnaround_minutes"),
            "/rows/all/needs/board/turnaround_minutes",
            "Board: nothing says by when; without that nobody is reminded and no stand-in is asked.",
        ),
        (
            lambda c: first(c).pop("alternate"),
            "/rows/all/needs/board/alternate",
            "Board: who is asked when they are silent or may not judge a change themselves?",
        ),
        (
            lambda c: first(c).update(who=PERSON, how="any"),
            "/rows/all/needs/board/who",
            "Board hangs on a single person; a board, a team or a role outlasts one.",
        ),
        (
            lambda c: c.update(retrospective=[]),
            "/retrospective",
            "Nobody judges an emergency change after it has taken effect.",
        ),
        (
            lambda c: c.update(freeze_exempt=[]),
            "/freeze_exempt",
            "While changes are frozen not even an emergency change may take effect.",
        ),
        (
            lambda c: c["rows"][0].update(when={"kinds": ["approval", "matrix"]}),
            "/rows",
            "No row is for normal changes of playbooks, so none can be approved.",
        ),
        (
            lambda c: c["rows"][2]["when"].update(models=["normal"]),
            "/rows/small/when/models",
            "Small changes is never used: only a standard change can be approved in advance.",
        ),
        (
            lambda c: c["rows"][1]["when"].update(models=["standard"]),
            "/rows/risky/when/models",
            "Risky changes is never used: a standard change takes only rows that are approved in advance.",
        ),
    ],
)
def test_what_may_leave_a_change_waiting_is_advised_against(change, path, words) -> None:
    advised = found(change)
    assert (path, words) in [(item.path, str(item.message)) for item in advised]
    assert not any(item.blocking for item in advised)
