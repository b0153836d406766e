"""An approval policy as rules read it."""

from __future__ import annotations

import pytest

from governance.documents import base
from governance.documents.approval import Approval, Requirement, Who
from tests.governance.documents import policies
from tests.governance.documents.policies import BOARD


def refused(who: dict) -> str:
    content = {"title": "P", "rows": [{"key": "a", "title": "A", "needs": [policies.need("b", who)]}]}
    [finding] = base.parse("approval", content)[1]
    assert finding.path == "/rows/a/needs/b/who"
    return str(finding.message)


@pytest.mark.parametrize("who", [{}, {"board": str(BOARD), "role": "auditor"}, {"function": "product"}])
def test_exactly_one_is_asked(who: dict) -> None:
    assert refused(who) == "'who': name exactly one of person, team, board, role, responsibility."


def test_only_a_board_has_functions() -> None:
    assert refused({"role": "auditor", "function": "product"}) == "'who': only a board has functions."


@pytest.mark.parametrize(
    ("kind", "ref"),
    [("person", BOARD), ("team", BOARD), ("board", BOARD), ("role", "auditor"), ("responsibility", "on_call")],
)
def test_who_is_asked_says_what_it_is(kind: str, ref: object) -> None:
    who = Who(**{kind: ref})
    assert (who.kind, who.ref) == (kind, ref)


def test_whoever_validates_the_risk_comes_before_every_stage() -> None:
    asked = {"key": "a", "title": "A", "who": Who(role="auditor"), "stage": 3}
    assert (Requirement(**asked).opens, Requirement(**asked, validates_risk=True).opens) == (3, 0)


def test_every_requirement_is_listed_with_its_place() -> None:
    typed = base.parse("approval", policies.content())[0]
    assert isinstance(typed, Approval)
    assert [(path, need.key) for path, need in typed.requirements()] == [
        ("/rows/all/needs/board", "board"),
        ("/rows/risky/needs/risk", "risk"),
        ("/rows/risky/needs/product", "product"),
        ("/retrospective/afterwards", "afterwards"),
    ]
