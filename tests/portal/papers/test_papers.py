"""One paper as Markdown, JSON and PDF: nothing is lost, nothing that somebody typed means anything."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pypdf import PdfReader

from portal import papers
from portal.papers import Course, Facts, Line, Paper, Points, Section, Table, Text
from portal.papers.as_pdf import as_pdf

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NASTY = [
    "<script>alert(1)</script>",
    "| a | b |",
    "# no heading",
    "1. no list",
    "`code` *bold* _it_ [x](y)",
    "a\nb",
    "- no item",
    "> no quote",
    "=== no title",
    "&amp; ![x](y)",
    "2) no",
    "--- | :--",
]


def make(*blocks: papers.Block, title: str = "What happened", marked: str = "Internal") -> Paper:
    section = Section("what", "What was found", blocks)
    return Paper(
        "incident", "INC-2026-0001", title, "In one sentence.", "internal", marked, AT, "Portal", "en", (section,)
    )


def every(text: str) -> Paper:
    """`text` in every place that takes one."""
    return make(
        Text(text),
        Facts(((text, text), ("Since", AT), ("Count", 3), ("Nothing", ""))),
        Points((text, "Second")),
        Table(text, ("Name", text), ((text, 1), ("b", None))),
        Course((Line(AT, text, text, "bad"), Line("5 min", "Then"))),
        title=text or "T",
    )


def squeezed(text: str) -> str:
    return "".join(text.split())


def pages(paper: Paper) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(as_pdf(paper))).pages]


def markdown(paper: Paper) -> tuple[str, set[str]]:
    """What a reader of Markdown sees, and the kinds of inline things and blocks in it."""
    tokens = MarkdownIt("commonmark").enable("table").parse(papers.as_markdown(paper))
    inner = [child for token in tokens for child in token.children or ()]
    text = "".join(child.content for child in inner if child.type == "text")
    return text, {token.type for token in [*tokens, *inner]}


@pytest.mark.parametrize("text", NASTY)
def test_markdown_says_what_was_typed_and_it_means_nothing(text: str) -> None:
    said, kinds = markdown(every(text))
    assert squeezed(said).count(squeezed(text)) == 10
    assert not kinds & {"html_block", "html_inline", "em_open", "link_open", "code_inline", "ordered_list_open"}
    assert sum(line.startswith("#") for line in papers.as_markdown(every(text)).splitlines()) == 3


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Zs"]), min_size=1))
def test_markdown_gives_back_every_text(text: str) -> None:
    said, _kinds = markdown(make(Points((text,)), Table("", ("A",), ((text,),))))
    assert squeezed(said).count(squeezed(text)) >= 2


def test_json_keeps_each_value_with_its_kind() -> None:
    found = json.loads(json.dumps(papers.as_json(every("ä"))))
    assert (found["format"], found["kind"], found["made_at"]) == ("paper/1", "incident", AT.isoformat())
    blocks = found["sections"][0]["blocks"]
    assert [block["type"] for block in blocks] == ["text", "facts", "points", "table", "course"]
    assert blocks[1]["rows"][1:3] == [{"name": "Since", "value": AT.isoformat()}, {"name": "Count", "value": 3}]
    assert blocks[3]["rows"] == [["ä", 1], ["b", None]]
    assert blocks[4]["lines"][0] == {"at": AT.isoformat(), "text": "ä", "detail": "ä", "kind": "bad"}


@pytest.mark.parametrize("text", ["Überfällig", "Ελλάδα", "Київ → 5", "“so” ≥ …"])
def test_a_pdf_is_read_back_with_everything_in_it(text: str) -> None:
    paper = every(text)
    whole = squeezed(" ".join(pages(paper)))
    assert [text for text in papers.words(paper) if squeezed(text) not in whole] == []


def test_a_pdf_says_what_it_is() -> None:
    read = PdfReader(io.BytesIO(as_pdf(make(Text("x"), title="Ä <b>"))))
    meta: Any = read.metadata
    assert (meta.title, meta.author, meta.subject) == ("INC-2026-0001 Ä <b>", "Portal", "In one sentence.")
    assert read.trailer["/Root"]["/Lang"] == "en"
    assert [entry.title for entry in read.outline] == ["What was found"]
    assert as_pdf(make(Text("x"))) == as_pdf(make(Text("x")))


def test_each_page_has_its_number_reference_and_class() -> None:
    rows = tuple((f"Row {number}", "word " * 30) for number in range(120))
    found = pages(make(Table("Many", ("Name", "What"), rows), marked="Confidential"))
    assert len(found) > 3
    for number, text in enumerate(found, start=1):
        assert f"Page {number} of {len(found)}" in text
        assert "INC-2026-0001" in text and "Confidential" in text
        assert "Name" in text and "What" in text  # the head of the table stands on each
    whole = " ".join(found)
    assert all(whole.count(f"Row {number} ") + whole.count(f"Row {number}\n") == 1 for number in range(120))


def edges(paper: Paper) -> list[tuple[float, float]]:
    """(x, y) of every piece of text, in points."""
    found: list[tuple[float, float]] = []
    for page in PdfReader(io.BytesIO(as_pdf(paper))).pages:
        page.extract_text(
            visitor_text=lambda text, _cm, tm, _font, _size: found.append((tm[4], tm[5])) if text.strip() else None
        )
    return found


@pytest.mark.parametrize("text", ["x" * 3000, "W" * 500, "long words " * 900, "line\n" * 300])
def test_nothing_runs_out_of_the_page(text: str) -> None:
    paper = make(
        Text(text), Facts((("Name", text), (text[:60], "v"))), Table("T", ("A", "B", "C"), ((text, "1", text),))
    )
    whole = squeezed(" ".join(pages(paper)))
    assert len(whole) >= 4 * len(squeezed(text))
    assert all(0 < x < 595 and 0 < y < 842 for x, y in edges(paper))


def test_a_word_is_not_cut_beside_columns_that_say_much() -> None:
    much = "Somebody has looked at this for a long time and wrote all of it down. " * 2
    text = "\n".join(pages(make(Table("", ("A", "B", "C", "Verdict"), ((much, much, much, "widerlegt"),)))))
    assert "widerlegt" in text and "Verdict" in text


def test_a_moment_does_not_stand_alone_at_the_end_of_a_page() -> None:
    for above in range(1, 8):
        course = Course(tuple(Line(f"after {number} min", f"Event {number}") for number in range(200)))
        for page in pages(make(Text("x\n" * above), course)):
            said = [line for line in page.splitlines() if line.startswith(("after ", "Event "))]
            assert said[0].startswith("after ") and said[-1].startswith("Event ")


def test_a_character_that_the_font_lacks_is_named() -> None:
    found = " ".join(pages(make(Text("Fine 🙂 שלום"))))
    assert "Fine ? ????" in found
    assert "U+1F642 SLIGHTLY SMILING FACE" in found and "U+05E9 HEBREW LETTER SHIN" in found
    assert "lacks" not in " ".join(pages(make(Text("Fine"))))


@pytest.mark.parametrize(
    ("text", "length", "kept"),
    [
        ("short", 10, "short"),
        ("one two three four", 12, "one two…"),
        ("x" * 20, 10, "x" * 9 + "…"),
        ("a\n b", 9, "a b"),
    ],
)
def test_a_text_is_cut_at_a_word(text: str, length: int, kept: str) -> None:
    assert papers.shortened(text, length) == kept
    assert len(kept) <= length
