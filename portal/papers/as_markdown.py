"""A paper as Markdown (CommonMark with tables), in which nothing that somebody typed means anything."""

import re
from collections.abc import Iterator

from portal.papers.tree import Block, Course, Facts, Line, Paper, Points, Table, Text, Value, said

ANYWHERE = re.compile(r"([\\`*_\[\]<>|~&])")
FIRST = re.compile(r"^([#+\-=>:]|\d{1,9}(?=[.)]))")
"""Characters that can mean something, anywhere or at the begin of a line; each may be escaped (CommonMark, 2.4)."""


def as_markdown(paper: Paper) -> str:
    """`paper` as text, its lines parted by ``\\n``."""
    parts = [f"# {_line(paper.title)}", _line(f"{paper.reference} · {paper.marked} · {said(paper.made_at)}")]
    parts.append(_line(paper.lead))
    for section in paper.sections:
        parts.append(f"## {_line(section.title)}")
        parts += [part for block in section.blocks for part in _block(block)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text():
            yield from (
                "  \n".join(map(_line, filter(str.strip, part.split("\n")))) for part in _paragraphs(block.text)
            )
        case Facts():
            yield "\n".join(f"- **{_line(name)}**: {_line(said(value))}" for name, value in block.rows)
        case Points():
            yield "\n".join(f"- {_line(line)}" for line in block.lines) or _line(block.empty)
        case Table():
            if block.title:
                yield f"### {_line(block.title)}"
            yield _table(block) if block.rows else _line(block.empty)
        case Course():
            yield "\n".join(map(_happened, block.lines)) or _line(block.empty)


def _happened(line: Line) -> str:
    detail = f"  \n  {_line(line.detail)}" if line.detail.strip() else ""
    return f"- **{_line(said(line.at))}** {_line(line.text)}{detail}"


def _table(table: Table) -> str:
    rows = [_row(table.head), "|" + " --- |" * len(table.head), *map(_row, table.rows)]
    return "\n".join(rows)


def _row(cells: tuple[Value, ...]) -> str:
    return "| " + " | ".join(_line(said(cell)) for cell in cells) + " |"


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")) if part.strip()]


def _line(text: str) -> str:
    """`text` in one line, in which no character means anything."""
    return FIRST.sub(_first, ANYWHERE.sub(r"\\\1", " ".join(text.split())))


def _first(found: re.Match[str]) -> str:
    sign = found[0]
    return f"{sign}\\" if sign.isdigit() else f"\\{sign}"
