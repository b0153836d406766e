"""A paper as PDF (A4), set in Source Sans Pro, which covers Latin, Greek and Cyrillic.

What the font lacks is printed as "?", and the last lines name it: a file that says less than it should says so.
"""

import logging
import re
import unicodedata
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from portal.errors import DomainError
from portal.papers.tree import Block, Course, Facts, Paper, Points, Section, Table, Text, said, shortened

FAMILY = "SourceSansPro"
PACKAGE = "font_source_sans_pro"
FACES = {"": "Regular", "B": "Semibold"}
MARGIN, LINE = 18, 5  # millimetres
BODY, SMALL, HEADING, TITLE = 10, 8.5, 13, 18  # points
GRAY, TINT = 90, 240
UNKNOWN = "?"
NAMES = 64
"""Millimetres for the names of facts."""
HIGHEST = 32
"""Lines in a row of a table; a higher one might not fit on a page, so that such a table is told line by line."""
NARROW = 1.9
"""Millimetres that a character takes at most on average in a cell."""
NAMED = 20
WIDTH, WORD = 210 - 2 * MARGIN, 18
"""Millimetres of a table, and characters of a word that a column keeps whole."""


for _name in ("fpdf", "fontTools"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # they tell of every table of a font


class NoFont(DomainError):
    """The package with the font is not installed; nothing was made."""


def as_pdf(paper: Paper) -> bytes:
    """The file; the same paper gives the same bytes."""
    sheet = _Sheet(paper)
    sheet.write_paper()
    return bytes(sheet.output())


@cache
def _folder() -> Path:
    found = find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found is not None else []
    if not places:
        raise _missing()
    return Path(places[0]) / "files"


def _missing() -> NoFont:
    words = _("The font package %(package)s is not installed, so no PDF can be made. Take another format.")
    return NoFont(words % {"package": PACKAGE.replace("_", "-")})


@cache
def _face(style: str) -> Path:
    path = _folder() / f"SourceSansPro-{FACES[style]}.ttf"
    if not path.is_file():
        raise _missing()
    return path


@cache
def _drawn() -> frozenset[int]:
    """The characters that every face can draw."""
    from fontTools.ttLib import TTFont

    return frozenset.intersection(*(frozenset(TTFont(_face(style)).getBestCmap()) for style in FACES))


class _Sheet(FPDF):
    def __init__(self, paper: Paper) -> None:
        super().__init__(format="A4")
        self.paper, self.lost = paper, dict[str, None]()
        for style in FACES:
            self.add_font(FAMILY, style, _face(style))
        self.set_margins(MARGIN, MARGIN + 4, MARGIN)
        self.set_auto_page_break(True, MARGIN + 4)
        self.set_title(f"{paper.reference} {paper.title}")
        self.set_author(paper.author)
        self.set_subject(paper.lead)
        self.set_lang(paper.language)
        self.set_creation_date(paper.made_at)
        self.set_display_mode("default")
        self.viewer_preferences = _shows_title()
        self.alias_nb_pages()

    def header(self) -> None:
        self.set_y(10)
        self._face("", SMALL, GRAY)
        left = self.legible(shortened(f"{self.paper.reference} · {self.paper.title}", 90))
        self.cell(self.epw - 40, LINE, left)
        self._face("B", SMALL, GRAY)
        self.cell(40, LINE, self.legible(self.paper.marked), align="R")
        self.set_y(MARGIN + 2)

    def footer(self) -> None:
        self.set_y(-14)
        self._face("", SMALL, GRAY)
        self.cell(self.epw - 40, LINE, self.legible(f"{self.paper.author} · {said(self.paper.made_at)}"))
        page = _("Page %(page)d of %(pages)s") % {"page": self.page_no(), "pages": "{nb}"}
        self.cell(40, LINE, self.legible(page), align="R")

    def legible(self, text: str) -> str:
        """`text` as the font can draw it; what it cannot is kept in `lost`."""
        found = []
        for sign in unicodedata.normalize("NFC", text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n")):
            if sign == "\n" or ord(sign) in _drawn():
                found.append(sign)
            elif unicodedata.category(sign) in ("Cc", "Cf", "Mn", "Me"):
                continue  # draws nothing, or only together with a sign before it
            else:
                self.lost[sign] = None
                found.append(UNKNOWN)
        return "".join(found)

    def _face(self, style: str = "", size: float = BODY, gray: int = 0) -> None:
        self.set_font(FAMILY, style, size)
        self.set_text_color(gray)

    def _say(self, text: str, *, style: str = "", size: float = BODY, gray: int = 0, indent: float = 0) -> None:
        """A paragraph over the whole width."""
        self._face(style, size, gray)
        self.set_x(self.l_margin + indent)
        height = LINE * size / BODY
        self.multi_cell(self.epw - indent, height, self.legible(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def write_paper(self) -> None:
        paper = self.paper
        self.add_page()
        self._say(paper.title, style="B", size=TITLE)
        self._say(f"{paper.reference} · {paper.marked} · {said(paper.made_at)}", size=SMALL, gray=GRAY)
        self.ln(2)
        self._say(paper.lead)
        for section in paper.sections:
            self._section(section)
        self._name_lost()

    def _section(self, section: Section) -> None:
        self.ln(4)
        if self.will_page_break(4 * LINE):
            self.add_page()
        self.start_section(self.legible(section.title))
        self._say(section.title, style="B", size=HEADING)
        self.ln(1)
        for block in section.blocks:
            self._block(block)
            self.ln(1.5)

    def _block(self, block: Block) -> None:
        match block:
            case Text():
                for part in filter(str.strip, re.split(r"\n\s*\n", block.text)):
                    self._say(part.strip(), gray=GRAY if block.is_quiet else 0)
                    self.ln(1)
            case Facts():
                for name, value in block.rows:
                    self._fact(name, said(value))
            case Points():
                for line in block.lines:
                    self._say(f"•  {' '.join(line.split())}", indent=2)
                if not block.lines:
                    self._say(block.empty, gray=GRAY)
            case Table():
                self._table(block)
            case Course():
                for happened in block.lines:
                    if self.will_page_break(3 * LINE):
                        self.add_page()  # a moment does not stand alone at the end of a page
                    self._say(said(happened.at), size=SMALL, gray=GRAY)
                    self._say(happened.text, indent=4)
                    if happened.detail.strip():
                        self._say(happened.detail.strip(), size=SMALL, gray=GRAY, indent=4)
                if not block.lines:
                    self._say(block.empty, gray=GRAY)

    def _fact(self, name: str, value: str) -> None:
        """The name at the left where the value is short, else above it."""
        self._face("", BODY, GRAY)
        is_long = "\n" in value or _is_one_word(value, 50) or self._width(value) > 2 * (self.epw - NAMES)
        if is_long or self._width(name) > NAMES - 2:
            self._say(name, style="B", size=SMALL, gray=GRAY)
            self._say(value, indent=4)
            return
        if self.will_page_break(3 * LINE):
            self.add_page()
        self.cell(NAMES, LINE, self.legible(name))
        self._face()
        self.multi_cell(self.epw - NAMES, LINE, self.legible(value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _width(self, text: str) -> float:
        """Millimetres that `text` takes in the face that holds."""
        return float(self.get_string_width(self.legible(text)))

    def _table(self, block: Table) -> None:
        if block.title:
            if self.will_page_break(4 * LINE):
                self.add_page()
            self._say(block.title, style="B")
        if not block.rows:
            self._say(block.empty, gray=GRAY)
            return
        cells = [[said(value) for value in row] for row in block.rows]
        widths = _widths(block.head, cells)
        if self._is_too_high(cells, widths):
            for row in cells:
                for name, value in zip(block.head, row, strict=True):
                    self._fact(name, value)
                self.ln(1)
            return
        self._face("", SMALL)
        self.set_draw_color(200)
        with self.table(
            col_widths=widths,
            text_align="LEFT",
            line_height=LINE * SMALL / BODY,
            padding=0.8,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", fill_color=TINT),
        ) as table:
            for row in [list(block.head), *cells]:
                table.row([self.legible(cell) for cell in row])

    def _is_too_high(self, rows: list[list[str]], widths: tuple[int, ...]) -> bool:
        signs = [max(1, int(self.epw * width / sum(widths) / NARROW)) for width in widths]
        return any(
            sum(-(-max(1, len(line)) // fit) for line in cell.split("\n")) > HIGHEST
            for row in rows
            for cell, fit in zip(row, signs, strict=True)
        )

    def _name_lost(self) -> None:
        """Which characters the font lacks, by their names."""
        if not self.lost:
            return
        signs = list(self.lost)
        named = [f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".strip() for sign in signs[:NAMED]]
        more = ", …" if len(signs) > NAMED else ""
        self.ln(3)
        words = _("Printed here as “?”, since the font of this file lacks them: %(signs)s. The page has them.")
        self._say(words % {"signs": ", ".join(named) + more}, size=SMALL, gray=GRAY)


def _is_one_word(text: str, length: int) -> bool:
    return len(text) > length and " " not in text


def _widths(head: tuple[str, ...], rows: list[list[str]]) -> tuple[int, ...]:
    """Tenths of a millimetre: room for the longest usual word in each, and the rest where more is said."""
    needs, weights = [], []
    for place, name in enumerate(head):
        column = [name, *(row[place] for row in rows[:200])]
        usual = sum(len(text) for text in column) // len(column)
        longest = max((len(word) for text in column for word in text.split()), default=1)
        needs.append(min(longest, WORD) * NARROW + 2)
        weights.append(max(8, min(60, max(usual, longest))))
    left = max(0.0, WIDTH - sum(needs))
    return tuple(round(10 * (need + left * part / sum(weights))) for need, part in zip(needs, weights, strict=True))


def _shows_title() -> Any:
    from fpdf.prefs import ViewerPreferences

    return ViewerPreferences(display_doc_title=True)
