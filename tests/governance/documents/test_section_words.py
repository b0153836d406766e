"""What forms of documents say beside the words of ``labels``: it belongs to a field that exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from governance.documents import base, beside_checks, section_words, sections
from tests.governance.documents import contents


def schemas(annotation: Any) -> Iterator[type[base.Part]]:
    """A schema and those of its parts."""
    if isinstance(annotation, type) and issubclass(annotation, base.Part):
        yield annotation
        for field in annotation.model_fields.values():
            yield from schemas(field.annotation)
    for inner in get_args(annotation):
        yield from schemas(inner)


EVERY = {schema for kind in contents.KINDS for schema in schemas(base.spec(kind).schema)}
FIELDS = {f"{schema.__name__}.{name}" for schema in EVERY for name in (*schema.model_fields, "of")}
"""With ``of``, what a part is called that one cell holds."""
NAMES = {name.partition(".")[2] for name in FIELDS}


def test_no_word_is_left_of_a_field_that_is_gone() -> None:
    for said in (section_words.HELP, section_words.LABELS):
        assert {name for name in said if name not in (FIELDS if "." in name else NAMES)} == set()
    assert set(section_words.ONE) | set(section_words.VALUES) <= NAMES


def test_every_list_of_rows_says_what_its_button_adds() -> None:
    for kind in contents.KINDS:
        here = [item for item in sections.sections(kind, is_company=True) if not item.elsewhere]
        for field in sections.walk(tuple(field for item in here for field in item.fields)):
            assert field.widget != "rows" or field.name in section_words.ONE, (kind, field.name)


def test_what_cannot_be_removed_is_what_the_check_asks_for() -> None:
    assert set(section_words.KEPT) == {"matrix"}
    assert set(section_words.KEPT["matrix"]) == {f"/responsibilities/{key}" for key in beside_checks.ALWAYS}
