"""An escalation policy as rules look things up in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from governance.documents import base
from governance.documents.escalation import Escalation
from tests.governance.documents import contents


def typed(content: dict[str, Any]) -> Escalation:
    found, findings = base.parse("escalation", content)
    assert isinstance(found, Escalation) and findings == []
    return found


@given(contents.CONTENTS["escalation"])
def test_levels_and_paths_are_found_by_their_keys(content) -> None:
    found = typed(content)
    assert [found.level_by_key[level.key] for level in found.levels] == list(found.levels)
    assert [found.path_by_key[path.key] for path in found.paths] == list(found.paths)
    assert found.level_by_key.keys() == {level["key"] for level in content.get("levels", ())}


def test_what_a_policy_leaves_out_is_said_by_its_schema() -> None:
    """D24: triage within 15 minutes, a decision within 60; I8: no run takes more than 50 steps unless it is said."""
    level = {"key": "first", "title": "First", "window_minutes": 5}
    found = typed({"title": "P", "timeboxes": [{"key": "any"}], "levels": [level]})
    [box], [first] = found.timeboxes, found.levels
    assert (box.severity, box.triage_minutes, box.decision_minutes) == ("any", 15, 60)
    assert (first.on_timeout, first.criteria.minimum_severity, first.criteria.criticality) == ("next", "sev4", ())
    assert (found.cap, found.repeats.count) == (50, 0)
    assert (found.follow_up.acknowledged_minutes, found.follow_up.silence_minutes) == (60, 240)


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"cap": 1}, "/cap"),
        ({"cap": 1001}, "/cap"),
        ({"repeats": {"count": 21}}, "/repeats/count"),
        ({"levels": [{"key": "a", "title": "A", "window_minutes": 43201}]}, "/levels/a/window_minutes"),
        ({"fallback": [{"responsibility": "a", "alternate": 21}]}, "/fallback/0/alternate"),
    ],
)
def test_numbers_beyond_their_bounds_are_refused(part: dict[str, Any], path: str) -> None:
    found, findings = base.parse("escalation", {"title": "P"} | part)
    assert found is None and [item.path for item in findings] == [path]
