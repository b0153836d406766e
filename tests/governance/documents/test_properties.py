"""What holds for any content of the three kinds."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given

from governance.documents import base, outline, sheets, tables, workbooks
from tests.governance.documents import contents, world
from tests.governance.documents.test_diff import repr_json

NAMES = world.Directory()
each_kind = pytest.mark.parametrize("kind", contents.KINDS)


@each_kind
def test_what_the_generator_makes_is_valid(kind) -> None:
    @given(contents.CONTENTS[kind])
    def holds(content) -> None:
        assert base.parse(kind, content)[1] == []

    holds()


@each_kind
def test_a_difference_applied_to_the_old_gives_the_new_and_back(kind) -> None:
    """Rows that came, went, moved, got another key or another nested list: forth and back, to the last order."""

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
    @given(contents.CONTENTS[kind])
    def holds(content) -> None:
        text = base.canonical(content)
        back, findings = base.from_yaml(base.to_yaml(json.loads(text), NAMES), NAMES)
        assert findings == [] and base.canonical(back) == text

    holds()


# Sheets: the rows of a matrix, and everything that a document says, one value in each row


def rows_out(kind, content):
    return sheets.cells(content, NAMES)


def rows_in(kind, table, content):
    return sheets.from_table(table, content, NAMES)


def all_out(kind, content):
    return outline.cells(kind, content, NAMES)


def all_in(kind, table, content):
    return outline.from_table(kind, table, content, NAMES)


SHAPES = [("matrix", rows_out, rows_in), *((kind, all_out, all_in) for kind in contents.KINDS)]
each_shape = pytest.mark.parametrize(("kind", "out", "back"), SHAPES)


def files(rows) -> tuple[bytes, bytes]:
    """As CSV and as XLSX."""
    found = list(rows)
    return tables.to_csv(found), workbooks.to_xlsx(found, "Rows", (20,) * len(found[0]))


@each_shape
def test_a_sheet_goes_out_and_comes_back_as_the_same_document(kind, out, back) -> None:
    """To the last character of the canonical text: formulas, zeros in front, quotes, line ends, any script."""

    @given(contents.CONTENTS[kind])
    def holds(content) -> None:
        for data in files(out(kind, content)):
            again, findings, _lines = back(kind, workbooks.read(data), content)
            assert findings == [] and base.canonical(again) == base.canonical(content)

    holds()


@each_shape
def test_a_sheet_makes_of_another_version_what_it_says(kind, out, back) -> None:
    @given(contents.changed(kind))
    def holds(pair) -> None:
        old, new = pair
        for data in files(out(kind, new)):
            again, findings, _lines = back(kind, workbooks.read(data), old)
            assert findings == []
            meant = {**old, "rows": new.get("rows", [])} if back is rows_in else new
            assert base.parse(kind, again) == base.parse(kind, meant)

    holds()


@each_shape
def test_no_text_of_any_document_leaves_as_a_formula(kind, out, back) -> None:
    from openpyxl import load_workbook

    @given(contents.CONTENTS[kind])
    def holds(content) -> None:
        as_csv, as_xlsx = files(out(kind, content))
        for record in csv.reader(io.StringIO(as_csv.decode("utf-8-sig"), newline="")):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in record)
        sheet = load_workbook(io.BytesIO(as_xlsx)).active
        held = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in held} <= {"s", "n"}
        assert not any(isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")) for cell in held)

    holds()
