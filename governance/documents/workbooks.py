"""XLSX in and out for ``tables``. The library is imported only when a workbook is read or written.

A workbook is a ZIP of XML: its size is judged before anything is unpacked, macros and links to other files are refused,
entities are never expanded (defusedxml), and formulas are named instead of believed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import ParseError

from governance.documents import tables
from governance.documents.sentences import Sentence as _
from governance.documents.tables import Cell, NotASheet, Table

MAX_BYTES = 4_000_000
MAX_UNPACKED = 24_000_000
MAX_PARTS = 100
MAX_COLUMNS = 16
START = b"PK\x03\x04"
MERGED = _("is merged with others; unmerge them and fill each cell")
UNREADABLE = _("This is no XLSX workbook that can be read; save it again as XLSX or CSV.")


def read(data: bytes, headings: Collection[str] = ()) -> Table:
    """The table of an XLSX or CSV file, told apart by its first bytes. Raises NotASheet.

    Of several sheets in a workbook the first visible one that has one of `headings`, else the first visible one.
    """
    return read_xlsx(data, headings) if data.startswith(START) else tables.read_csv(data)


def to_xlsx(rows: Iterable[list[Cell]], title: str, widths: Sequence[int]) -> bytes:
    """A workbook with one sheet; every text is stored as text, so that nothing is a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for index, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    for number, row in enumerate(rows):
        made = [WriteOnlyCell(sheet, value=_packed(value)) for value in row]
        for cell, value in zip(made, row, strict=True):
            if isinstance(value, str):
                cell.data_type = "s"
            if number == 0:
                cell.font = Font(bold=True)
        sheet.append(made)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_xlsx(data: bytes, headings: Collection[str] = ()) -> Table:
    """The table of one sheet, see ``read``. Raises NotASheet."""
    _refuse_hostile(data)
    from defusedxml import DefusedXmlException
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False, keep_vba=False)
        try:
            sheet = _chosen(book.worksheets, {tables.heading(text) for text in headings})
            wrong = list(_merged(data, sheet))
            return tables.table(list(_records(sheet, wrong)), wrong)
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


def _chosen(every: list[Any], headings: set[str]) -> Any:
    """The first visible sheet whose first rows hold one of `headings`, else the first visible one."""
    shown = [sheet for sheet in every if sheet.sheet_state == "visible"] or every
    for sheet in shown:
        top = sheet.iter_rows(max_row=5, max_col=MAX_COLUMNS, values_only=True)
        if any(tables.heading(str(value)) in headings for row in top for value in row if value is not None):
            return sheet
    return shown[0]


def _merged(data: bytes, sheet: Any) -> Iterator[tuple[int, int, str]]:
    """Merged cells, of which all but one would be empty: (row, column, why)."""
    from openpyxl.utils import column_index_from_string

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read(sheet._worksheet_path)
    for name, row in re.findall(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]{1,3})([0-9]{1,7})', text):
        yield int(row), column_index_from_string(name.decode()) - 1, MERGED


def _records(sheet: Any, wrong: list[tuple[int, int, str]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1):
        if number > 2 * tables.MAX_ROWS:
            raise NotASheet(_("The sheet holds more than %(count)d rows.") % {"count": tables.MAX_ROWS})
        record = []
        for column, cell in enumerate(row):
            text, why = _read(cell)
            if why:
                wrong.append((number, column, why))
            record.append(text)
        yield number, record


def _packed(value: Cell) -> Cell:
    """A text as workbooks hold it: what XML would change or refuse is written as `_x000D_`."""
    if not isinstance(value, str):
        return value
    value = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", value)
    return re.sub("[\r\ufffe\uffff]", lambda found: f"_x{ord(found[0]):04X}_", value)


def _unpacked(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def _read(cell: Any) -> tuple[str, str]:
    """The text of a cell, and why it cannot be used."""
    value, kind = cell.value, getattr(cell, "data_type", "n")
    if value is None:
        return "", ""
    if kind == "f":
        return "?", tables.FORMULA
    if kind == "s" or isinstance(value, str) and kind in ("str", "inlineStr"):
        return _unpacked(str(value)), ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if float(value).is_integer() else str(value), ""
    return str(value), _("is no text and no number; format the cell as text")
