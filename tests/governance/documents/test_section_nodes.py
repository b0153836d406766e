"""A section as a page draws it."""

from __future__ import annotations

from governance.documents import section_forms, section_nodes, section_orders, sections
from governance.documents.facts import Finding
from tests.governance.documents.filled_in import (
    NAMES,
    matrix,
    read,
    section,
)


def test_rows_that_are_always_there_cannot_be_removed() -> None:
    part, content = section("matrix", "responsibilities"), matrix()
    kept = sections.kept("matrix", is_company=True)
    texts = section_forms.opened(part, content, NAMES)
    assert section_orders.arranged(part, texts, "remove:responsibilities.1", kept) is None
    assert len(texts["responsibilities"]) == 2
    assert section_orders.arranged(part, texts, "up:responsibilities.1", kept) is None
    drawn = section_nodes.drawn(part, texts, [], NAMES, kept=kept)
    assert [bool(row.kept) for row in drawn.nodes[0].rows] == [False, True]
    assert not sections.kept("matrix", is_company=False)


def test_findings_stand_beside_the_field_that_they_concern() -> None:
    part, content = section("matrix", "responsibilities"), matrix()
    texts = section_forms.opened(part, content, NAMES)
    section_orders.arranged(part, texts, "add:responsibilities")
    texts["responsibilities"][2]["title"] = "Tell customers"
    read(part, texts, content)
    field = Finding("blocking", "/responsibilities/tell-customers/stages", "say when")
    row, whole = Finding("advisory", "/responsibilities/on_call", "a"), Finding("blocking", "/responsibilities", "b")
    other = Finding("blocking", "/rows/x/holder", "c")
    drawn = section_nodes.drawn(part, texts, [field, row, whole, other], NAMES, before=texts)
    rows = drawn.nodes[0].rows
    stages = next(node for node in rows[2].fields if node.of.name == "stages")
    assert stages.findings == [field] and rows[2].blocking == 1
    assert rows[0].findings == [row] and rows[0].advisory == 1
    assert drawn.findings == [whole] and drawn.elsewhere == [other]
