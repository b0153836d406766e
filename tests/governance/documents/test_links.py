"""What a content names outside itself."""

from __future__ import annotations

from governance.documents import base
from tests.governance.documents import world


def test_references_name_everything_outside_with_its_place():
    content, _ = base.parse("matrix", world.content("payments-matrix"))
    found = {(reference.kind, reference.path) for reference in base.spec("matrix").references(content)}
    assert ("team", "/scope/team") in found
    assert ("person", "/rows/payments-on-call/alternates/0/person") in found
    assert ("workflow", "/rows/capture-containment/scope/workflow") in found
