"""What a paper is made of: sections of texts, facts, lists, tables and courses of events. Pure values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from portal import moments

Value = str | int | float | datetime | None
"""What a fact or a cell says; None and an empty text say nothing."""
NOTHING = "–"


@dataclass(frozen=True)
class Text:
    """Paragraphs, parted by blank lines; `is_quiet` stands back."""

    text: str
    is_quiet: bool = False
    type: str = field(default="text", init=False)


@dataclass(frozen=True)
class Facts:
    """Names and what they say."""

    rows: tuple[tuple[str, Value], ...]
    type: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Points:
    """A list; `empty` is said where there is nothing."""

    lines: tuple[str, ...]
    empty: str = ""
    type: str = field(default="points", init=False)


@dataclass(frozen=True)
class Table:
    """Rows below `head`, as many cells in each; `empty` is said where there is none."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    empty: str = ""
    type: str = field(default="table", init=False)


@dataclass(frozen=True)
class Line:
    """Something that happened; `at` is a moment, or how long it was since the start. `kind` as on timelines."""

    at: Value
    text: str
    detail: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Course:
    """What happened, in order."""

    lines: tuple[Line, ...]
    empty: str = ""
    type: str = field(default="course", init=False)


Block = Text | Facts | Points | Table | Course


@dataclass(frozen=True)
class Section:
    """`key` names it for programs."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Paper:
    """`kind` names it for programs; `lead` says in a sentence what it is; `data_class` is a key, `marked` its word."""

    kind: str
    reference: str
    title: str
    lead: str
    data_class: str
    marked: str
    made_at: datetime
    author: str
    language: str
    sections: tuple[Section, ...]


def said(value: Value) -> str:
    """`value` in words, a moment in the zone and the language that hold."""
    if isinstance(value, datetime):
        return moments.with_year(value)
    if isinstance(value, float):
        return f"{value:g}"
    return NOTHING if value is None or value == "" else str(value)


def shortened(text: str, length: int) -> str:
    """`text` in one line of at most `length` characters, cut at a word where there is one near."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > length // 2 else cut).rstrip(" .,;:") + "…"


def words(paper: Paper) -> Iterator[str]:
    """Every text of `paper` in the order in which it is read."""
    yield from (paper.title, paper.lead)
    for section in paper.sections:
        yield section.title
        for block in section.blocks:
            yield from _words(block)


def _words(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield block.text
        case Facts():
            for name, value in block.rows:
                yield from (name, said(value))
        case Points():
            yield from block.lines or (block.empty,)
        case Table():
            yield block.title
            yield from block.head if block.rows else (block.empty,)
            for row in block.rows:
                yield from map(said, row)
        case Course():
            for line in block.lines:
                yield from (said(line.at), line.text, line.detail)
            if not block.lines:
                yield block.empty
