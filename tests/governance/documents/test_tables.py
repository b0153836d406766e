"""Tables as files: cells out and in, headings, and what is no table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents import tables
from governance.documents.tables import NotASheet

HEADINGS = {"key": "key", "decide_minutes": "decide minutes"}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
def test_no_text_leaves_as_a_formula_and_each_comes_back(text):
    out = tables.escape(text)
    assert not out.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert tables.unescape(out) == text


CELLS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6), min_size=1)


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_a_file_comes_back_cell_by_cell_with_the_numbers_of_its_rows(rows) -> None:
    escaped = [[tables.escape(cell) for cell in row] for row in rows]
    filled = [(number, row) for number, row in enumerate(rows, 1) if any(tables.escape(cell).strip() for cell in row)]
    data = tables.to_csv([["key", ",", ","], *escaped])
    found = tables.read_csv(data)
    assert [(number - 1, [tables.unescape(cell) for cell in row]) for number, row in found.rows] == filled
    assert found.headings == ("key", ",", ",") and found.wrong == ()


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_codings_that_programs_save(coding: str) -> None:
    found = tables.read_csv("Schlüssel;Wert\r\n\r\nä;=1+1\r\n".encode(coding))
    assert (found.headings, found.rows) == (("schlüssel", "wert"), ((3, ("ä", "=1+1")),))
    assert found.wrong == ((3, 1, tables.FORMULA),)


def test_what_is_no_table_is_refused_in_words() -> None:
    for data, why in (
        (b"\r\n , \r\n", "The sheet is empty."),
        ("a\nb\nü".encode("latin-1"), "Row 3 is not UTF-8 text"),
        (b'a,"b', "This is no CSV file that can be read"),
        (b"x" * (tables.MAX_BYTES + 1), "The file is larger than 4 MB."),
        (b"x\n" * (tables.MAX_ROWS + 2), "The sheet holds more than 10000 rows."),
    ):
        with pytest.raises(NotASheet, match=why):
            tables.read_csv(data)
    assert len(tables.read_csv(b"x\n" * (tables.MAX_ROWS + 1)).rows) == tables.MAX_ROWS


def test_columns_are_named_as_in_a_spreadsheet() -> None:
    assert [tables.letter(index) for index in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


@pytest.mark.parametrize("text", ["Decide minutes", " decide_minutes ", '"DECIDE-MINUTES"', "decide \n minutes"])
def test_headings_are_compared_by_their_words(text: str) -> None:
    assert tables.heading(text) == "decide_minutes"


def understood(*headings: str, spoken=None) -> tuple[tuple[str, ...], list[tuple[int | None, str]]]:
    table = tables.table([(1, headings)])
    found, findings = tables.understood(table, HEADINGS, spoken or {})
    return found.headings, [(finding.line, str(finding.message)) for finding in findings]


def test_headings_are_understood_in_any_order_and_language() -> None:
    assert understood("Decide minutes", "", "key") == (("decide_minutes", "", "key"), [])
    assert understood("Schlüssel", "Minuten", spoken={"Schlüssel": "key", "Minuten": "decide_minutes"}) == (
        ("key", "decide_minutes"),
        [],
    )


def test_headings_that_lack_are_unknown_or_stand_twice_are_named() -> None:
    assert understood("key")[1] == [(1, "The first row must name the columns; missing: decide minutes.")]
    assert understood("key", "decide minutes", "key", "the colour")[1] == [
        (1, "Column C: the heading “key” is there twice."),
        (1, "Column D: the heading “the colour” is not known."),
    ]
