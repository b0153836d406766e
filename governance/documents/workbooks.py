"""XLSX in and out for ``sheets``. The library is imported only when a workbook is read or written.

A workbook is a ZIP of XML: its size is judged before anything is unpacked, macros and links to other files are refused,
entities are never expanded (defusedxml), and formulas are named instead of believed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import ParseError

from governance.documents import sheets
from governance.documents.interchange import Names
from governance.documents.sentences import Sentence as _
from governance.documents.sheets import NotASheet, Table

MAX_BYTES = 4_000_000
MAX_UNPACKED = 24_000_000
MAX_PARTS = 100
MAX_COLUMNS = 16
TITLE = "Rows"
WIDTHS = (28, 28, 22, 10, 8, 32, 48, 14, 14)
START = b"PK\x03\x04"
UNREADABLE = _("This is no XLSX workbook that can be read; save it again as XLSX or CSV.")


def read(data: bytes) -> Table:
    """The table of an XLSX or CSV file, told apart by its first bytes. Raises NotASheet."""
    return read_xlsx(data) if data.startswith(START) else sheets.read_csv(data)


def to_xlsx(content: Mapping[str, Any], names: Names) -> bytes:
    """A workbook with one sheet; every text is stored as text, so that nothing is a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(TITLE)
    sheet.freeze_panes = "A2"
    for index, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    for number, row in enumerate(sheets.cells(content, names)):
        made = [WriteOnlyCell(sheet, value=value) for value in row]
        for cell, value in zip(made, row, strict=True):
            if isinstance(value, str):
                cell.data_type = "s"
            if number == 0:
                cell.font = Font(bold=True)
        sheet.append(made)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_xlsx(data: bytes) -> Table:
    """The table of the sheet “Rows”, else of the first one. Raises NotASheet."""
    _refuse_hostile(data)
    from defusedxml import DefusedXmlException
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False, keep_vba=False)
        try:
            every = book.worksheets
            chosen = next((sheet for sheet in every if sheet.title == TITLE), every[0])
            wrong: list[tuple[int, int, str]] = []
            return sheets.table(list(_records(chosen, wrong)), wrong)
        finally:
            book.close()
    except NotASheet:
        raise
    except (
        *(ArithmeticError, AssertionError, AttributeError, DefusedXmlException, EOFError, LookupError, OSError),
        *(NotImplementedError, ParseError, RuntimeError, TypeError, ValueError, zipfile.BadZipFile),
    ):  # NOTE the library raises whatever a broken file makes it stumble over
        raise NotASheet(UNREADABLE) from None


def _refuse_hostile(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise NotASheet(_("The file is larger than %(size)d MB.") % {"size": MAX_BYTES // 1_000_000})
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise NotASheet(UNREADABLE) from None
    # NOTE zipfile never unpacks more of a part than its declared size, so the declared sizes can be trusted
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise NotASheet(_("The workbook is far larger than it looks; save only this sheet, or use CSV."))
    if any(part.flag_bits & 1 for part in parts):
        raise NotASheet(_("The workbook is protected by a password; save it without one."))
    names = [part.filename.lower() for part in parts]
    if any("externallinks/" in name for name in names):
        raise NotASheet(_("The workbook takes values from other files; save it with the values only."))
    if any(name.endswith("vbaproject.bin") for name in names):
        raise NotASheet(_("The workbook holds macros; save it as XLSX without them."))


def _records(sheet: Any, wrong: list[tuple[int, int, str]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1):
        if number > 2 * sheets.MAX_ROWS:
            raise NotASheet(_("The sheet holds more than %(count)d rows.") % {"count": sheets.MAX_ROWS})
        record = []
        for column, cell in enumerate(row):
            text, why = _read(cell)
            if why:
                wrong.append((number, column, why))
            record.append(text)
        yield number, record


def _read(cell: Any) -> tuple[str, str]:
    """The text of a cell, and why it cannot be used."""
    value, kind = cell.value, getattr(cell, "data_type", "n")
    if value is None:
        return "", ""
    if kind == "f":
        return "?", _("is a formula; put its value here instead")
    if kind == "s" or isinstance(value, str) and kind in ("str", "inlineStr"):
        return str(value), ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if float(value).is_integer() else str(value), ""
    return str(value), _("is no text and no number; format the cell as text")
