"""The demo company's documents can be imported and published as they are."""

from __future__ import annotations

import pytest

from governance.documents import base, demo
from tests.governance.documents import world


@pytest.mark.parametrize(("kind", "name"), demo.DOCUMENTS)
def test_a_demo_document_imports_and_has_no_blocking_finding(kind, name):
    assert [finding for finding in base.check(kind, world.content(name), world.facts()) if finding.blocking] == []


@pytest.mark.parametrize(("kind", "name"), demo.DOCUMENTS)
def test_a_demo_document_survives_export_and_import(kind, name):
    content = world.content(name)
    assert base.from_yaml(base.to_yaml(content, world.Directory()), world.Directory()) == (content, [])
