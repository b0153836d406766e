"""What a content names outside itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from governance.documents import base, links
from governance.documents.interchange import reference_kind
from tests.governance.documents import contents, world
from tests.governance.documents.judged import UNKNOWN


def test_references_name_everything_outside_with_its_place():
    content, _ = base.parse("matrix", world.content("payments-matrix"))
    found = {(reference.kind, reference.path) for reference in base.spec("matrix").references(content)}
    assert ("team", "/scope/team") in found
    assert ("person", "/rows/payments-on-call/alternates/0/person") in found
    assert ("workflow", "/rows/capture-containment/scope/workflow") in found


@pytest.mark.parametrize("kind", contents.KINDS)
def test_every_id_is_found_by_what_it_names_and_where(kind: str) -> None:
    """Against a walk over the JSON, which knows nothing of the schema but the names of fields."""

    def walk(value: Any, path: str) -> Iterator[tuple[str, str, str]]:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from walk(item, f"{path}/{item.get('key', index) if isinstance(item, dict) else index}")
        for name, item in value.items() if isinstance(value, dict) else ():
            kind_ = reference_kind(name)
            if isinstance(item, str) and kind_ and len(item) == 36:
                yield kind_, item, f"{path}/{name}"
            else:
                yield from walk(item, f"{path}/{name}")

    @given(contents.CONTENTS[kind])
    def holds(content) -> None:
        typed = base.parse(kind, content)[0]
        found = [(item.kind, str(item.id), item.path) for item in links.found_in(typed)]
        assert sorted(found) == sorted(walk(content, ""))

    holds()


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("person", "This person does not exist."),
        ("team", "This team does not exist."),
        ("workflow", "This workflow does not exist."),
        ("department", "This department does not exist."),
        ("schedule", "This on-call schedule does not exist or is no longer used."),
        ("board", "This board does not exist or is no longer used."),
    ],
)
def test_what_does_not_exist_is_said_by_what_it_would_be(field: str, words: str) -> None:
    named: dict[str, Any] = {"scope": {field: UNKNOWN}}
    if field not in base.Scope.model_fields or field == "team":
        named = {"fallback": [{field: UNKNOWN}]}
    content = base.parse("escalation", {"title": "P"} | named)[0]
    [finding] = links.unknown(content, world.facts())
    assert (finding.blocking, str(finding.message)) == (True, words)
    assert finding.path == (f"/scope/{field}" if "scope" in named else f"/fallback/0/{field}")


def test_who_has_left_is_named_at_every_place() -> None:
    gone = str(world.ident("auditor"))
    content = base.parse("escalation", {"title": "P", "fallback": [{"person": gone}, {"person": gone}]})[0]
    found = links.unknown(content, world.facts(auditor=world.person("auditor", active=False)))
    sentence = "auditor is no longer active and cannot hold a duty."
    assert [(item.path, str(item.message)) for item in found] == [
        ("/fallback/0/person", sentence),
        ("/fallback/1/person", sentence),
    ]
    assert links.unknown(content, world.facts()) == []
