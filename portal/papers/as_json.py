"""A paper for programs. Keys are never renamed or removed under the same ``format``; moments are ISO 8601."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from portal.papers.tree import Block, Course, Facts, Paper, Table

FORMAT = "paper/1"


def as_json(paper: Paper) -> dict[str, Any]:
    """`paper` as values of JSON."""
    found: dict[str, Any] = {"format": FORMAT}
    found |= {name: value for name, value in vars(paper).items() if name != "sections"}
    found["sections"] = [
        {"key": section.key, "title": section.title, "blocks": [_block(block) for block in section.blocks]}
        for section in paper.sections
    ]
    return _plain(found)  # type: ignore[no-any-return]


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Facts):
        return {"type": block.type, "rows": [{"name": name, "value": value} for name, value in block.rows]}
    if isinstance(block, Table | Course):
        return {name: value for name, value in asdict(block).items() if name != "empty"}
    return asdict(block)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
