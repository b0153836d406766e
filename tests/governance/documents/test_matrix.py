"""A matrix as rules look things up in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from governance.documents import base
from governance.documents.matrix import Matrix, Row
from tests.governance.documents import contents, world
from tests.governance.documents.world import ident


def typed(content: dict[str, Any]) -> Matrix:
    found, findings = base.parse("matrix", content)
    assert isinstance(found, Matrix) and findings == []
    return found


def place(row: Row) -> tuple[str, Any, str]:
    return row.scope.kind, row.scope.ref, row.responsibility


@given(contents.CONTENTS["matrix"])
def test_every_row_is_found_by_its_question_once_and_in_its_order(content) -> None:
    found = typed(content)
    for cell, rows in found.cells.items():
        assert list(rows) == [row for row in found.rows if place(row) == cell]
        asked = found.questions[cell]
        assert sum(map(len, asked.values())) == len(rows)
        for (severity, letter), held in asked.items():
            assert list(held) == [row for row in rows if (row.severity, row.letter) == (severity, letter)]
    assert found.cells.keys() == found.questions.keys() == {place(row) for row in found.rows}
    assert found.letters == {(row.responsibility, row.letter) for row in found.rows}
    assert found.special == {row.scope.ref for row in found.rows if row.scope.kind == "workflow"}
    assert [found.role_by_key[role.key] for role in found.roles] == list(found.roles)
    assert [found.responsibility_by_key[duty.key] for duty in found.responsibilities] == list(found.responsibilities)


def test_duties_are_called_by_their_title_and_those_that_only_rows_name_by_their_key() -> None:
    held = {"holder": {"role": "lead"}}
    rows = [{"key": "a", "responsibility": "log", **held}, {"key": "b", "responsibility": "on_call", **held}]
    found = typed({"title": "M", "responsibilities": [{"key": "on_call", "title": "On call"}], "rows": rows})
    assert list(found.duties.items()) == [("on_call", "On call"), ("log", "log")]


@pytest.mark.parametrize(
    ("holder", "words"),
    [
        ({}, "'holder': name exactly one of role, person, team, schedule."),
        ({"role": "a", "person": str(ident("lead"))}, "'holder': name exactly one of role, person, team, schedule."),
    ],
)
def test_exactly_one_holds_a_duty(holder: dict[str, str], words: str) -> None:
    content = {"title": "M", "rows": [{"key": "a", "responsibility": "log", "holder": holder}]}
    found, findings = base.parse("matrix", content)
    assert found is None
    assert [(item.path, str(item.message), item.blocking) for item in findings] == [("/rows/a/holder", words, True)]


def test_a_scope_names_one_place_or_none() -> None:
    content = {"title": "M", "scope": {"criticality": "low", "team": str(ident("t:payments"))}}
    [finding] = base.parse("matrix", content)[1]
    sentence = "'scope': a scope names at most one of workflow, team, department, criticality."
    assert (finding.path, str(finding.message)) == ("/scope", sentence)


def test_the_demo_matrices_fit() -> None:
    for name in ("company-matrix", "payments-matrix"):
        content = world.content(name)
        assert json.loads(typed(content).model_dump_json(exclude_unset=True)) == content
