"""Words for the fields and fixed values of documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from governance.documents import base, labels, matrix
from tests.governance.documents import contents


def fields(annotation: Any) -> Iterator[str]:
    """The names of all fields of a schema and of its parts."""
    if isinstance(annotation, type) and issubclass(annotation, base.Part):
        for name, field in annotation.model_fields.items():
            yield name
            yield from fields(field.annotation)
    for inner in get_args(annotation):
        yield from fields(inner)


@pytest.mark.parametrize("kind", contents.KINDS)
def test_every_field_of_every_kind_has_a_word(kind: str) -> None:
    assert set(fields(base.spec(kind).schema)) - {"schema_number"} - set(labels.LABELS) == set()


def test_no_word_is_left_of_a_field_that_is_gone() -> None:
    assert set(labels.LABELS) - {name for kind in contents.KINDS for name in fields(base.spec(kind).schema)} == set()


def test_every_fixed_value_has_a_word_in_the_order_of_the_schema() -> None:
    assert tuple(labels.STAGES) == matrix.STAGES == get_args(matrix.Stage)
    assert tuple(labels.LETTERS) == matrix.LETTERS == get_args(matrix.Letter)
    assert tuple(labels.SEVERITIES) == ("any", *base.SEVERITIES)
    assert set(labels.SEVERITIES) == set(get_args(base.SeverityOrAny))


def test_a_word_is_said_in_the_language_of_the_reader() -> None:
    assert labels.label("alternates", str.upper) == "STAND-INS"


def test_a_field_without_a_word_is_called_by_its_name() -> None:
    assert labels.label("colour_of_the_door", str.upper) == "colour of the door"


def test_the_rows_of_an_approval_policy_are_no_owners() -> None:
    assert labels.label("rows", str, [{"key": "a", "needs": []}]) == "rules"
    assert labels.label("rows", str, [{"key": "a", "holder": {}}]) == labels.label("rows", str) == "owners"
