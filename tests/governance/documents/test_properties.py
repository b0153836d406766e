"""What holds for any content of the three kinds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from governance.documents import base
from tests.governance.documents import contents, world
from tests.governance.documents.test_diff import repr_json

NAMES = world.Directory()
each_kind = pytest.mark.parametrize("kind", contents.KINDS)


@each_kind
def test_what_the_generator_makes_is_valid(kind) -> None:
    @settings(max_examples=40)
    @given(contents.CONTENTS[kind])
    def holds(content) -> None:
        assert base.parse(kind, content)[1] == []

    holds()


@each_kind
def test_a_difference_applied_to_the_old_gives_the_new_and_back(kind) -> None:
    """Rows that came, went, moved, got another key or another nested list: forth and back, to the last order."""

    @settings(max_examples=100)
    @given(contents.changed(kind))
    def holds(pair) -> None:
        old, new = pair
        before = json.dumps([old, new])
        assert repr_json(base.apply(old, base.diff(old, new))) == repr_json(new)
        assert repr_json(base.apply(new, base.diff(new, old))) == repr_json(old)
        assert json.dumps([old, new]) == before

    holds()


@each_kind
def test_yaml_goes_out_and_comes_back_as_the_same_document(kind) -> None:
    @settings(max_examples=60)
    @given(contents.CONTENTS[kind])
    def holds(content) -> None:
        text = base.canonical(content)
        back, findings = base.from_yaml(base.to_yaml(json.loads(text), NAMES), NAMES)
        assert findings == [] and base.canonical(back) == text

    holds()
