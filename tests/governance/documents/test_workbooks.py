"""What spreadsheet programs make of a sheet: it works, or the refusal names row and column (P17)."""

from __future__ import annotations

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook

from governance.documents import sheets, tables, workbooks
from governance.documents.tables import NotASheet
from tests.governance.documents import world

NAMES = world.Directory()
FIRST = list(sheets.HEADINGS.values())
ROW = ["a", "", "on_call", "any", "A", "lead@demo.example", "", 30, None]
EMPTY = {"title": "Owners", "rows": []}
EMPTY_BOOK = workbooks.to_xlsx(sheets.cells(EMPTY, NAMES), sheets.TITLE, sheets.WIDTHS)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def book_of(*rows: list) -> Workbook:
    book = Workbook()
    for row in (FIRST, *rows):
        book.active.append(row)
    return book


def read(data: bytes):
    return sheets.from_table(workbooks.read(data, sheets.HEADINGS), EMPTY, NAMES)


def said(data: bytes) -> list[tuple[int | None, str]]:
    return [(finding.line, str(finding.message)) for finding in read(data)[1]]


def test_merged_cells_are_named_since_all_but_one_are_empty() -> None:
    book = book_of(ROW, [*ROW[:5], "", *ROW[6:]])
    book.active["A3"] = "b"
    book.active.merge_cells("F2:F3")
    assert said(saved(book)) == [
        (2, "Column F (holder): is merged with others; unmerge them and fill each cell."),
        (3, "Column F (holder): this may not be empty."),
    ]


@pytest.mark.parametrize("value", [datetime.date(2026, 3, 2), datetime.time(9), True])
def test_what_is_no_text_and_no_number_is_named(value) -> None:
    assert said(saved(book_of([*ROW[:7], value, None]))) == [
        (2, "Column H (acknowledge minutes): is no text and no number; format the cell as text.")
    ]


@pytest.mark.parametrize("value", [30, 30.0, "30", " 30 "])
def test_a_number_is_a_number_however_it_is_stored(value) -> None:
    content, findings, _lines = read(saved(book_of([*ROW[:7], value, None])))
    assert findings == [] and content["rows"][0]["acknowledge_minutes"] == 30


def test_a_fraction_is_no_number_of_minutes() -> None:
    [(row, why)] = said(saved(book_of([*ROW[:7], 1.5, None])))
    assert (row, why) == (
        2,
        "Column H (acknowledge minutes): “1.5” must be a whole number of minutes, from 1 to 43200.",
    )


def test_blank_rows_and_columns_beside_the_table_do_not_count() -> None:
    book = Workbook()
    for row in ([], FIRST, [], [None, " "], ROW, []):
        book.active.append(row)
    content, findings, lines = read(saved(book))
    assert findings == [] and len(content["rows"]) == 1 and lines == {"/rows/a": 5}


def test_the_sheet_with_the_headings_is_taken_wherever_it_stands() -> None:
    book = book_of(ROW)
    book.create_sheet("Notes", 0).append(["Please look at the second sheet"])
    content, findings, _lines = read(saved(book))
    assert findings == [] and len(content["rows"]) == 1


def test_a_hidden_sheet_is_not_taken() -> None:
    book = book_of([*ROW[:5], "ghost@demo.example", "", 30, None])
    book.active.sheet_state = "hidden"
    shown = book.create_sheet("Shown")
    for row in (FIRST, ROW):
        shown.append(row)
    content, findings, _lines = read(saved(book))
    assert findings == [] and len(content["rows"]) == 1


def test_a_text_file_in_another_encoding_names_the_row() -> None:
    data = "\r\n".join([",".join(FIRST), "ä" + "," * 8]).encode("cp1252")
    with pytest.raises(NotASheet, match="Row 2 is not UTF-8 text"):
        workbooks.read(data)


def test_what_excel_calls_unicode_text_is_read() -> None:
    text = "\r\n".join("\t".join(str(cell or "") for cell in row) for row in (FIRST, ROW))
    content, findings, _lines = read(text.encode("utf-16"))
    assert findings == [] and content["rows"][0]["key"] == "a"


def test_ten_thousand_rows_are_read() -> None:
    rows = [[f"k{number}", *ROW[1:]] for number in range(tables.MAX_ROWS)]
    content, findings, lines = read(saved(book_of(*rows)))
    assert findings == [] and len(content["rows"]) == len(lines) == tables.MAX_ROWS


# What is refused whole


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "The sheet is empty."),
        ("Schlüssel".encode("latin-1"), "Row 1 is not UTF-8 text; save the file as “CSV UTF-8”"),
        (b'a,"b\n', "This is no CSV file"),
        (b"PK\x03\x04 nothing", "This is no XLSX workbook"),
        (b"x" * (tables.MAX_BYTES + 1), "larger than 4 MB"),
        (tables.to_csv([FIRST, *[ROW] * (tables.MAX_ROWS + 1)]), "more than 10000 rows"),
    ],
)
def test_what_is_no_sheet_is_refused_in_words(data, why):
    with pytest.raises(NotASheet, match=why):
        workbooks.read(data)


def packed(**parts: bytes) -> bytes:
    """A workbook with some parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(EMPTY_BOOK)) as old, zipfile.ZipFile(out, "w") as new:
        every = {name: old.read(name) for name in old.namelist()} | {
            name.replace("__", "/").replace("_dot_", "."): data for name, data in parts.items()
        }
        for name, data in every.items():
            new.writestr(name, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


SHEET = "xl__worksheets__sheet1_dot_xml"
BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="str">
<v>&b;</v></c></row></sheetData></worksheet>"""


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"xl__media__big": b"0" * (workbooks.MAX_UNPACKED + 1)}, "far larger than it looks"),
        ({f"x{number}": b"" for number in range(workbooks.MAX_PARTS)}, "far larger than it looks"),
        ({"xl__externalLinks__externalLink1_dot_xml": b"<x/>"}, "values from other files"),
        ({"xl__vbaProject_dot_bin": b"x"}, "holds macros"),
        ({SHEET: BOMB}, "no XLSX workbook that can be read"),
        ({SHEET: b"<worksheet"}, "no XLSX workbook that can be read"),
    ],
)
def test_a_hostile_workbook_is_refused(parts, why):
    with pytest.raises(NotASheet, match=why):
        workbooks.read(packed(**parts))


def test_formulas_and_dates_in_a_workbook_are_named():
    book = book_of(["a", "", "on_call", "any", "A", "=A1", "", datetime.date(2026, 3, 2), 30.0])
    assert said(saved(book)) == [
        (2, "Column F (holder): is a formula; put its value here instead."),
        (2, "Column H (acknowledge minutes): is no text and no number; format the cell as text."),
    ]


def test_a_sheet_of_endless_empty_rows_is_refused():
    endless = b"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>"""
    with pytest.raises(NotASheet, match="more than 10000 rows"):
        workbooks.read(packed(**{SHEET: endless}))
