"""A schema as sections and fields that people fill in (D1, D3, D7, D11)."""

from __future__ import annotations

from governance.documents import base, sections
from governance.documents.sections import Field
from tests.governance.documents.filled_in import (
    KINDS,
    section,
)


def test_every_kind_is_served_by_its_schema_alone() -> None:
    for kind in KINDS:
        found = sections.sections(kind, is_company=True)
        edited = {name for item in found for name in item.names}
        assert edited == set(base.spec(kind).schema.model_fields) - set(sections.FIXED)
        for field in sections.walk(tuple(field for item in found for field in item.fields)):
            assert field.widget != "thing" or field.refers
            assert field.widget != "pointer" or field.refers, field
            assert all(value in field.words for value in field.choices), (kind, field.name)


def test_the_parts_of_a_matrix_are_described_as_people_fill_them_in() -> None:
    def widgets(fields: tuple[Field, ...]) -> dict[str, str]:
        return {field.name: field.widget for field in fields}

    assert [item.key for item in sections.sections("matrix", is_company=True)] == [
        *("basics", "responsibilities", "roles", "rows", "decisions", "conflict")
    ]
    (roles,) = section("matrix", "roles").fields
    assert widgets(roles.fields) == {
        **{"title": "text", "holders": "rows", "limits": "rows"},
        **{"artefacts": "lines", "handoff": "lines", "hours": "number", "training": "rows"},
    }
    limits = next(field for field in roles.fields if field.name == "limits")
    assert widgets(limits.fields) == {"action": "text", "severity": "choice", "risk": "choice"}
    (duties,) = section("matrix", "responsibilities").fields
    assert widgets(duties.fields) == {"title": "text", "stages": "choices", "description": "long", "training": "rows"}
    assert section("matrix", "rows").elsewhere == "grid"
    assert "triage_team" not in section("matrix", "basics", is_company=False).names
