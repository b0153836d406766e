"""Structural difference by row key."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base
from governance.documents.diff import Change
from tests.governance.documents import world
from tests.governance.documents.test_canonical import CONTENTS, SCALARS

INNER = st.fixed_dictionaries({"key": st.sampled_from("xyz"), "v": SCALARS})
ROWS = st.lists(
    st.fixed_dictionaries(
        {"key": st.sampled_from("abcdef")},
        optional={
            "n": SCALARS,
            "title": st.sampled_from(["One", "Two"]),
            "inner": st.lists(INNER, unique_by=lambda row: row["key"]),
        },
    ),
    unique_by=lambda row: row["key"],
)  # fmt: skip
DOCUMENTS = st.fixed_dictionaries({"rows": ROWS, "title": st.sampled_from(["a", "b"])}, optional={"more": CONTENTS})


@given(DOCUMENTS, DOCUMENTS)
def test_a_difference_applied_to_the_old_gives_the_new(old, new):
    assert repr_json(base.apply(old, base.diff(old, new))) == repr_json(new)


def test_a_part_that_two_rows_share_changes_in_one_of_them() -> None:
    """An anchor of a YAML text stands in both rows as one object."""
    shared = {"role": "lead"}
    old = {"rows": [{"key": "one", "holder": shared}, {"key": "two", "holder": shared}]}
    new = {"rows": [{"key": "one", "holder": {"role": "other"}}, {"key": "two", "holder": {"role": "lead"}}]}
    assert base.apply(old, base.diff(old, new)) == new
    added = {"rows": [*old["rows"], {"key": "three", "holder": shared}]}
    assert base.apply(old, base.diff(old, added))["rows"][2]["holder"] is not shared


def repr_json(value):
    """Exact comparison: True is not 1, order of rows counts, order of names does not."""
    if isinstance(value, dict):
        return {name: repr_json(item) for name, item in value.items()}
    return [repr_json(item) for item in value] if isinstance(value, list) else (type(value).__name__, value)


@given(DOCUMENTS)
def test_nothing_changed_gives_no_changes(content):
    assert base.diff(content, content) == []


def test_a_moved_row_is_moved_and_not_deleted_and_added():
    old = {"rows": [{"key": "a"}, {"key": "b"}, {"key": "c", "title": "Third"}]}
    new = {"rows": [{"key": "c", "title": "Third"}, {"key": "a"}, {"key": "b"}]}
    assert base.diff(old, new) == [Change("moved", "/rows/c", "c", "Third", before=2, after=0)]


def test_a_changed_holder_names_row_field_and_both_values():
    old = world.content("payments-matrix")
    new = world.content("payments-matrix")
    new["rows"][0]["holder"] = {"person": str(world.ident("lead"))}
    [change] = base.diff(old, new)
    assert (change.op, change.path, change.key, change.field) == (
        "changed",
        "/rows/payments-on-call/holder/person",
        "payments-on-call",
        "holder person",
    )
    assert (change.before, change.after) == (str(world.ident("responder")), str(world.ident("lead")))


def test_words_show_what_changed_inside_a_text():
    assert base.words("tell the lead now", "tell the board now") == [
        ("same", "tell the "),
        ("removed", "lead"),
        ("added", "board"),
        ("same", " now"),
    ]
