"""Two people changed the same text: nothing of either is lost without a word."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents import merge
from tests.governance.documents import contents


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


# Row by row, against what one would say of each row alone

NUMBERS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2), max_size=4)


def listed(said: dict[str, int]) -> dict[str, Any]:
    return {"rows": [{"key": key, "n": number} for key, number in said.items()]}


@given(NUMBERS, NUMBERS, NUMBERS)
def test_what_one_changed_stands_and_what_both_changed_differently_is_named(was, mine, theirs) -> None:
    found, clashes = merge.merged(listed(was), listed(mine), listed(theirs))
    expected, named = {}, set()
    for key in "abcd":
        base_, own, other = was.get(key), mine.get(key), theirs.get(key)
        expected[key] = other if own == base_ else own
        if own != base_ and other != base_ and own != other:
            named.add(f"/rows/{key}")
            expected[key] = other if own is None else own
    assert {row["key"]: row["n"] for row in found["rows"]} == {k: n for k, n in expected.items() if n is not None}
    assert set(clashes) == named and len(clashes) == len(named)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_who_saves_what_was_merged_meets_no_further_clash(was, mine, theirs) -> None:
    found, _clashes = merge.merged(listed(was), listed(mine), listed(theirs))
    assert merge.merged(listed(theirs), found, listed(theirs)) == (found, ())


def keys(content: dict[str, Any]) -> str:
    return "".join(row["key"] for row in content["rows"])


def test_rows_stand_as_the_other_one_has_them_unless_only_i_have_moved_some() -> None:
    was = listed({"a": 1, "b": 1, "c": 1})
    added = listed({"a": 1, "b": 1, "c": 1, "d": 1})
    assert keys(merge.merged(was, listed({"a": 1, "e": 1, "b": 1, "c": 1}), added)[0]) == "abcde"
    assert keys(merge.merged(was, listed({"c": 1, "a": 1, "b": 1}), added)[0]) == "cabd"
    assert keys(merge.merged(was, listed({"a": 2, "b": 1, "c": 1}), listed({"c": 1, "b": 1, "a": 1}))[0]) == "cba"


def test_a_name_with_a_slash_is_one_step_of_a_path() -> None:
    _found, clashes = merge.merged({"a/b": 1, "~": 1}, {"a/b": 2, "~": 2}, {"a/b": 3, "~": 3})
    assert set(clashes) == {"/a~1b", "/~0"}
    assert merge.merged(*({"rows": [{"key": "a/b", "n": number}]} for number in range(3)))[1] == ("/rows/a~1b",)


def test_a_list_that_only_one_of_them_began_is_kept_and_two_are_one() -> None:
    assert merge.merged({}, listed({"a": 1}), {}) == (listed({"a": 1}), ())
    assert merge.merged({}, listed({"a": 1}), listed({"b": 1})) == (listed({"b": 1, "a": 1}), ())


def test_lists_without_keys_are_one_value() -> None:
    found, clashes = merge.merged({"x": ["a"]}, {"x": ["a", "b"]}, {"x": ["a", "c"]})
    assert (found, clashes) == ({"x": ["a", "b"]}, ("/x",))


@pytest.mark.parametrize("kind", contents.KINDS)
def test_texts_of_every_kind_keep_what_one_person_changed(kind: str) -> None:
    @given(contents.changed(kind))
    def holds(pair) -> None:
        old, new = pair
        before = json.dumps(pair)
        assert merge.merged(old, new, old) == (new, ())
        assert merge.merged(old, old, new) == (new, ())
        assert json.dumps(pair) == before

    holds()
