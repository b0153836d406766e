"""A triage rubric as rules look things up in it."""

from __future__ import annotations

import pytest
from hypothesis import given

from governance.documents import base
from governance.documents.rubric import ANSWERS, CriticalityPoints, Dimension, Rubric
from tests.governance.documents import contents


@given(contents.CONTENTS["rubric"])
def test_the_weights_of_a_department_are_found_by_its_id(content) -> None:
    found = base.parse("rubric", content)[0]
    assert isinstance(found, Rubric)
    last = {appetite.department: appetite for appetite in found.departments}
    assert found.appetite_by_department == last


@pytest.mark.parametrize(("answer", "points"), [("yes", 9), ("no", 1), ("unknown", 4), ("", 4), ("maybe", 4)])
def test_an_answer_that_is_not_known_counts_as_do_not_know(answer: str, points: int) -> None:
    asked = Dimension(key="a", title="A", question="?", weight=2, yes=9, no=1, unknown=4)
    assert asked.points(answer) == points
    assert ANSWERS == ("yes", "no", "unknown")


@pytest.mark.parametrize(
    ("criticality", "points"), [("high", 9), ("medium", 5), ("low", 1), ("", 3), (None, 3), ("vast", 3)]
)
def test_a_criticality_that_is_not_known_has_points_of_its_own(criticality: str | None, points: int) -> None:
    assert CriticalityPoints(high=9, medium=5, low=1, unknown=3).points(criticality) == points
