"""Two people changed the same text: nothing of either is lost without a word."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.documents import merge


def test_changes_of_two_people_become_one_text() -> None:
    was = {
        "title": "Company",
        "responsibilities": [{"key": "on_call", "title": "On call"}, {"key": "exceptions", "title": "Exceptions"}],
        "rows": [],
    }
    mine, theirs = json.loads(json.dumps(was)), json.loads(json.dumps(was))
    mine["responsibilities"].append({"key": "new", "title": "New"})
    mine["responsibilities"][0]["title"] = "Mine"
    theirs["responsibilities"][1]["title"] = "Theirs"
    theirs["title"] = "Their title"
    theirs["rows"] = [{"key": "theirs"}]
    mine["rows"] = [{"key": "mine"}]
    found, clashes = merge.merged(was, mine, theirs, skip=("rows",))
    assert clashes == ()
    assert [row["title"] for row in found["responsibilities"]] == ["Mine", "Theirs", "New"]
    assert found["title"] == "Their title" and found["rows"] == [{"key": "theirs"}]


def test_what_two_people_changed_differently_is_named_and_mine_stands() -> None:
    was = {"title": "A", "rows": [{"key": "a", "n": 1}, {"key": "b", "n": 1}], "part": {"n": 1}}
    mine = {"title": "A", "rows": [{"key": "a", "n": 2}], "part": {"n": 2}}
    theirs = {"title": "A", "rows": [{"key": "a", "n": 3}, {"key": "b", "n": 3}], "part": {"n": 3}}
    found, clashes = merge.merged(was, mine, theirs)
    assert set(clashes) == {"/rows/a", "/rows/b", "/part"}
    assert found == {"title": "A", "rows": [{"key": "a", "n": 2}, {"key": "b", "n": 3}], "part": {"n": 2}}


rows = st.lists(st.sampled_from("abcdef"), unique=True, max_size=5).map(
    lambda keys: [{"key": key, "n": ord(key)} for key in keys]
)


@given(rows, rows)
def test_changes_of_one_person_alone_are_kept_whole(was: list[Any], now: list[Any]) -> None:
    assert merge.merged({"x": was}, {"x": now}, {"x": was}) == ({"x": now}, ())
    assert merge.merged({"x": was}, {"x": was}, {"x": now}) == ({"x": now}, ())
    assert merge.merged({"x": was}, {"x": now}, {"x": now}) == ({"x": now}, ())
